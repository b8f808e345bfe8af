"""Somebody with docs/guide-disaster.md in their hand, who types its lines as they stand and answers what is asked.

What only a machine of its own can do (services, the clock, the disk's passphrase) is named in IMITATED, and nothing
else: any other line of the guide is run for real.
"""

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.hosts.units import UNITS
from keys.backup_head import BackupHead
from keys.intake_key import load_intake_key
from tests.custodians import give, take_share, type_back
from tests.desk_office import PASSWORD
from tests.disaster_hosts import Hosts, run
from tests.terminal import BIN, at_terminal

CHECKOUT = Path(__file__).resolve().parent.parent
GUIDE = (CHECKOUT / "docs" / "guide-disaster.md").read_text("utf-8")
PLACEHOLDER_DAY, FIRST_DAY = "2026-11-29", "2026-11-25"
CASE = "7K3M-Q9TW"
NEW_PASSWORD = "eleven patient herons wading"
# What a test must not do to the machine that it runs on: each is looked at (test_what_is_imitated_is_there).
IMITATED = {"systemctl", "passwd", "cryptsetup", "apt-get", "hwclock"}
RUN_FOR_REAL = {"rm", "mv", "df", "date"}


def section(title: str) -> str:
    """One disaster."""
    return GUIDE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def lines(title: str) -> list[str]:
    """Its commands, in their order."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", section(title), re.M | re.S)
    return [line.strip() for block in blocks for line in block.splitlines()]


def signed_by(backup: Path) -> str:
    """The groups that the custodians have on paper, of the host that made a backup."""
    with backup.open("rb") as file:
        return BackupHead.read(file).about.signed_by


def fingerprint_of(key: Path) -> str:
    """What stands on the paper that came from the desk."""
    return load_intake_key(key).fingerprint


@dataclass
class Night:
    """Somebody with the guide in their hand: types its lines, and answers what is asked."""

    hosts: Hosts
    name: str = "amina"
    said: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    code: str = ""
    bens_codes: int = 0
    typed_lines: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list, repr=False)

    def follow(self, title: str, until: str = "") -> None:
        """Type every line of a disaster that was not typed yet; or those before the first that begins so."""
        wanted = lines(title)[len(self.typed_lines) :]
        for line in wanted:
            if until and line.startswith(until):
                return
            self.typed_lines.append(line)
            self.type(line)

    def type(self, line: str) -> None:
        """Type one line, as it stands, with one's own names put in."""
        words = shlex.split(self.filled(line))
        if words[0] in IMITATED:
            self._imitate(words)
        elif words[0] in RUN_FOR_REAL:
            self._really(words)
        elif words[:2] == ["candour-desk", "collect"]:
            assert self.hosts.collect().problems == []
        else:
            self._candour(words)

    def filled(self, line: str) -> str:
        """The line with one's own names."""
        since = (datetime.now(UTC).date() - timedelta(days=4)).isoformat()
        for placeholder, own in {
            "$DROP": str(self.hosts.drop),
            "$DESK": str(self.hosts.desk),
            "$STICK": str(self.hosts.stick),
            "$NAME": self.name,
            "/opt/candour.old": str(self.hosts.place / "candour.old"),
            FIRST_DAY: since,
            CASE: self.hosts.reference,
            **self._new_key(line),
            **({} if line.startswith("date") else {PLACEHOLDER_DAY: self.hosts.backed_up}),
        }.items():
            line = line.replace(placeholder, own)
        return line

    def _new_key(self, line: str) -> dict[str, str]:
        return {"FINGERPRINT": fingerprint_of(self.hosts.desk / "intake-key.asc")} if "FINGERPRINT" in line else {}

    def _candour(self, words: list[str]) -> None:
        command = " ".join(word for word in words[1:4] if not word.startswith(("-", "/")))
        if words[:2] in (["candour-drop", "restore"], ["candour-desk", "restore"]):
            # Another machine: what was there is in somebody's hands, or silent.
            root = Path(words[words.index("--data") + 1])
            root.rename(root.with_name(f"taken-{root.name}"))
        if command == "pepper rotate":
            assert "candour-site" in self.stopped, "the site must stand still"
        if command == "recovery-shares renew":
            self._hand_out_cards(words)
            return
        paper = signed_by(Path(words[words.index("--backup") + 1])) if "--backup" in words else ""
        result = run(words, self._typed(command, paper))
        if command != "check":  # of the machine under the tests it says what it likes
            assert result.exit_code == 0, (words, result.output)
            assert "FAULT" not in result.output
        self.said[command] = result.output
        if codes := re.findall(r"^(?:[0-9A-Z]{4}-){13}[0-9A-Z]{4}$", result.output, re.M):
            [self.code] = codes

    def _hand_out_cards(self, words: list[str]) -> None:
        """At a terminal: two old cards, then three people who each copy theirs and type it back."""
        with at_terminal(f'"$BIN"/{shlex.join(words)}', {"BIN": BIN}) as terminal:
            for number, share in enumerate(self.hosts.shares[:2], 1):
                give(terminal, number, share)
            for number in (1, 2, 3):
                self.cards.append(take_share(terminal, number))
                type_back(terminal, number, self.cards[-1])
            assert terminal.end() == 0, terminal.everything

    def _typed(self, command: str, paper: str) -> str:
        shares = "".join(f"{share}\n" for share in self.hosts.shares[:2])
        ben = f"ben\n{PASSWORD}\n{self.hosts.code('ben', self.bens_codes)}\n"
        if command in ("intake-key renew", "reviewer add"):
            self.bens_codes += 1
        known = {
            "silence": "silence\n",
            "backup-code": f"{paper}\n{shares}",
            "restore": f"{paper}\n{self.code}\n" if self.code else f"{paper}\n{shares}",
            "intake-key renew": ben,
            "intake-key replace": "y\n",
            "reviewer add": f"{ben}{NEW_PASSWORD}\n{NEW_PASSWORD}\n",
            "recover-intake": f"All have left.\n{shares}",
            "shut-inbox": f"amina\n{PASSWORD}\n{self.hosts.code('amina', 1)}\nThe paper was found.\ny\n",
        }
        return next((typed for name, typed in known.items() if command.startswith(name)), "")

    def _imitate(self, words: list[str]) -> None:
        if words[0] != "systemctl":
            return
        units = [unit for plan in UNITS.values() for unit in plan]
        sockets = {f"{unit.name}.socket" for unit in units if unit.socket}
        known = {unit.name for unit in units} | sockets | {"tor@default", "candour-clock.timer"}
        assert set(words[2:]) <= known, words
        if words[1] == "stop":
            self.stopped |= set(words[2:])
            # A socket that is left there starts its service again, as soon as any open page asks for the next one.
            assert not [each for each in sockets if each.removesuffix(".socket") in words and each not in words], words
        else:
            assert words[1] in ("start", "restart"), words
            self.stopped -= set(words[2:])

    def _really(self, words: list[str]) -> None:
        if words[0] == "date":
            # What would be set, and nothing is.
            words = [word.replace("--set=", "--date=") for word in words]
        told = [word for word in words[1:] if word.startswith("/")]
        assert all(Path(word).is_relative_to(place) for word in told for place in [_root_of(word, self.hosts)])
        subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=60)


def _root_of(path: str, hosts: Hosts) -> Path:
    return hosts.stick if Path(path).is_relative_to(hosts.stick) else hosts.place
