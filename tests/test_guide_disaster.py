"""docs/guide-disaster.md, followed literally: for each disaster its commands, in its order, on two scratch hosts.

What only a machine of its own can do (services, the clock, the disk's passphrase) is named in IMITATED, and nothing
else: any other line of the guide is run for real.
"""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from bench.source_client import SourceClient
from deploy.hosts.units import UNITS
from journalist_interface.accounts import open_passphrase
from journalist_interface.case_page import read_case
from journalist_interface.courier_errors import DoorClosed
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import opened_desk
from journalist_interface.door_client import DoorClient
from keys.backup_head import About, BackupHead, HostKind, make_head
from keys.errors import KeysError
from keys.intake_key import load_intake_key
from keys.intake_secret import agent_running, open_bytes
from serving.server import CLOSE
from source_interface.commands import main as drop_main
from source_interface.drop_folder import DropFolder
from source_interface.peppers import read_peppers
from source_interface.site_address import read_site_address
from store.backup.own_keys import read_recovery_key, signer_of
from store.desk.account_tables import reviewers
from store.desk.reviewers import find_reviewer
from tests.copied_hosts import but_sockets_and_locks
from tests.custodians import shows
from tests.desk_office import PASSWORD
from tests.disaster_hosts import REPLY, Hosts, address_of, done, inbox, make_hosts, report, run, site
from tests.small_disk import fill, needs_root, small_disk
from tests.terminal import at_terminal
from tests.test_desk_guide_recovery import BIN, give, take_share, type_back
from tests.test_guide_onion import parse

CHECKOUT = Path(__file__).resolve().parent.parent
GUIDE = (CHECKOUT / "docs" / "guide-disaster.md").read_text("utf-8")
PLACEHOLDER_DAY, FIRST_DAY = "2026-11-29", "2026-11-25"
CASE = "7K3M-Q9TW"
NO_SUCH = "We know no report with this codename."
NEW_PASSWORD = "eleven patient herons wading"
# What a test must not do to the machine that it runs on: each is looked at (test_what_is_imitated_is_there).
IMITATED = {"systemctl", "passwd", "cryptsetup", "apt-get", "hwclock"}
RUN_FOR_REAL = {"rm", "mv", "df", "date"}
SECTIONS = re.findall(r"^## (.*)$", GUIDE, re.M)
PARTS = ("**Now", "**What it gives up.**", "**Tell.**", "**In the next days", "**Cannot be undone.**")


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


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    """Both hosts as they were on the evening before."""
    place = tmp_path_factory.mktemp("d")
    (place / "stick").mkdir()
    (place / "h").mkdir()
    return make_hosts(place / "h", place / "stick")


@pytest.fixture
def night(lived: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Copies of them, with a stick that is another disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as stick:
        yield Night(lived.copy(tmp_path_factory.mktemp("n"), Path(stick)))


def trail_verifies(hosts: Hosts) -> bool:
    """Whether the trail of the desk is whole."""
    return run(["candour-desk", "audit", "verify", "--data", str(hosts.desk)]).exit_code == 0


def is_shut_out(hosts: Hosts, token: str) -> bool:
    """Whether a token opens nothing at the real door."""
    with hosts.door() as url, closing(DoorClient(url, token)) as client:
        try:
            client.list_waiting("")
        except DoorClosed:
            return True
    return False


def letters_are_read(hosts: Hosts) -> bool:
    """Collect, and open what is in the post: whether that is the letter that waited."""
    assert hosts.collect().problems == []
    return hosts.read_post("amina") == [hosts.reference]


def is_closed(root: Path, why: str) -> bool:
    """Whether the site takes nothing, and says why before anybody has written."""
    with site(root) as url, closing(SourceClient(url)) as source:
        page = source.get("/codename")
    return page.status == 507 and why in page.text


def landing_page(hosts: Hosts) -> str:
    """What the charity puts on its own website now."""
    return "".join(path.read_text("utf-8") for path in (hosts.stick / "landing-anew").rglob("*.html"))


def is_told_to_web_servers(hosts: Hosts) -> bool:
    """Whether what the web server must know of the new address lies beside the page: without it, it logs readers."""
    kit = hosts.stick / "landing-anew"
    told = [path.read_text("utf-8") for path in (kit / "servers").iterdir()]
    there = any(address_of(hosts.drop) in text for text in told)
    return there and "Do not put index.html anywhere" not in (kit / "README.txt").read_text("utf-8")


# --- what every disaster has -----------------------------------------------------------------------------------


def test_the_first_screen_leads_to_each_disaster() -> None:
    """Before anything else; and no disaster is without its line there."""
    first = GUIDE.split("\n## ", 1)[0]
    led = re.findall(r"\]\(#([a-z0-9-]+)\)", first)
    assert sorted(led) == sorted(title.lower().replace(" ", "-") for title in SECTIONS)
    assert first.index("999") < first.index("| which of these happened? |")
    assert len(first.splitlines()) < 40


@pytest.mark.parametrize("title", SECTIONS)
def test_each_says_the_five_things_in_their_order_on_a_page(title: str) -> None:
    """What to do now, what is given up, who is told what (sources first), the next days, what nobody undoes."""
    text = section(title)
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    told = text.split("**Tell.**", 1)[1].split("**In the next days", 1)[0]
    assert told.strip().startswith("*Sources*") or told.strip().startswith("*The source*")
    # A page of paper: some sixty lines of ninety-five signs.
    assert sum(1 + len(line) // 95 for line in text.splitlines()) < 75, title


@pytest.mark.parametrize("title", SECTIONS)
def test_every_line_is_one_that_can_be_typed(title: str, tmp_path: Path) -> None:
    """A command of ours with all that it requires, or a program of Debian's."""
    found = lines(title)
    assert found
    for line in found:
        if line.startswith("candour-"):
            for name in re.findall(r"\$STICK/(\w+\.auth)", line):
                (tmp_path / name).touch()
            parse(line.replace("$STICK", str(tmp_path)))
        else:
            assert line.split()[0] in IMITATED | RUN_FOR_REAL, line


# --- each disaster, end to end ---------------------------------------------------------------------------------


def test_the_site_is_silent_and_comes_back_elsewhere(night: Night) -> None:
    """No key is left on the machine; on another one the source finds the answer, at the same address."""
    hosts, before = night.hosts, address_of(night.hosts.drop)
    key = (hosts.drop / "tor" / "site" / "hs_ed25519_secret_key").read_bytes()
    pepper = (hosts.drop / "pepper").read_bytes()
    night.follow("The site must go silent at once")
    taken = hosts.place / "taken-drop"
    held = b"".join(path.read_bytes() for path in taken.rglob("*") if path.is_file())
    assert key[-64:] not in held
    assert pepper not in held
    assert f"With the backup of {hosts.backed_up} the site comes back" in night.said["silence"]
    assert address_of(hosts.drop) == before == read_site_address(DropFolder(hosts.drop))
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert letters_are_read(hosts)


def test_a_source_host_is_taken(night: Night) -> None:
    """Sources come back at another address; nothing that the thief has opens anything of the new host."""
    hosts, thief = night.hosts, night.hosts.token()
    night.follow("The source host was taken", until="candour-desk pair")
    assert is_shut_out(hosts, thief)
    night.follow("The source host was taken")
    taken = hosts.place / "taken-drop"
    assert address_of(hosts.drop) != address_of(taken)
    assert read_site_address(DropFolder(hosts.drop)) == address_of(hosts.drop)
    keys = {path.read_bytes()[-64:] for path in hosts.drop.rglob("hs_ed25519_secret_key")}
    assert len(keys) == 2
    assert not keys & {path.read_bytes()[-64:] for path in taken.rglob("hs_ed25519_secret_key")}
    assert read_peppers(hosts.drop / "pepper").newest != read_peppers(taken / "pepper").newest
    assert signer_of(hosts.drop).spoken != signer_of(taken).spoken
    told = inbox(hosts.drop, hosts.codename)
    assert REPLY in told
    assert "Did you type your codename at our old address" in told
    assert hosts.read_post("amina") == [hosts.reference]
    assert trail_verifies(hosts)
    assert address_of(hosts.drop) in landing_page(hosts)
    assert is_told_to_web_servers(hosts)


def test_a_desk_is_taken(night: Night) -> None:
    """The thief's token and key open nothing; the site is shut, then open; answers come back; a new letter is read
    at the new desk and not at the old one.
    """
    hosts, thief = night.hosts, night.hosts.token()
    night.follow("The desk was taken", until="candour-desk restore")
    assert is_shut_out(hosts, thief)
    assert is_closed(hosts.drop, "We have to change our locks first.")
    told = inbox(hosts.drop, hosts.codename)
    assert "Please read this first" in told
    assert REPLY not in told
    night.follow("The desk was taken", until="candour-drop after-revoking")
    assert hosts.read_post("amina") == [hosts.reference]
    status, codename = report(hosts.drop, "canary-after-the-theft")
    assert status == 200
    night.follow("The desk was taken", until='candour-drop after-revoking answers --data "$DROP" --remove')
    assert REPLY in inbox(hosts.drop, hosts.codename)
    night.follow("The desk was taken")
    assert "Please read this first" not in inbox(hosts.drop, codename)
    assert hosts.collect().problems == []
    [sealed] = list((hosts.desk / "post" / "sealed").iterdir())
    assert opens_at(hosts, hosts.desk, sealed)
    assert not opens_at(hosts, hosts.place / "taken-desk", sealed)
    assert len(hosts.read_post("amina")) == 1
    # What the thief signs is no backup by the paper of now.
    assert signer_of(hosts.desk).spoken != signer_of(hosts.place / "taken-desk").spoken
    assert trail_verifies(hosts)


def opens_at(hosts: Hosts, folder: Path, sealed: Path) -> bool:
    """Whether a sealed letter opens with all that an officer can unlock in the folder of a desk."""
    with opened_desk(folder) as desk, agent_running(desk.paths.gnupg), sealed.open("rb") as letter:
        with desk.database.reading() as connection:
            officer = find_reviewer(connection, "amina")
        passphrase = open_passphrase(officer, hosts.signed_in("amina").key)
        try:
            return bool(open_bytes(desk.paths.gnupg, passphrase, letter, 1_000_000))
        except KeysError:
            return False


def test_an_administrator_is_gone(night: Night) -> None:
    """Another one is made, who shuts the old account; what they had opens nothing; the letter is read."""
    hosts, thief = night.hosts, night.hosts.token()
    night.name = "nadia"
    night.follow("The administrator is gone", until="passwd")
    secret = re.search(r"Secret for typing: ([A-Z2-7 ]+)", night.said["reviewer add"])
    assert secret
    app = create_desk(hosts.desk)
    browser = app.test_client()
    code = pyotp.TOTP(secret[1].replace(" ", "")).now()
    form = {"username": "nadia", "password": NEW_PASSWORD, "code": code}
    assert browser.post("/sign-in", data=form).status_code == 303
    page = browser.get("/people/dora").text
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[-1]
    assert browser.post("/people/dora/suspend", data={"csrf_token": token}).status_code == 303
    app.extensions[CLOSE]()
    with opened_desk(hosts.desk) as desk, desk.database.reading() as connection:
        assert find_reviewer(connection, "dora").suspended
    night.follow("The administrator is gone", until="candour-desk pair")
    assert is_shut_out(hosts, thief)
    night.follow("The administrator is gone")
    assert not night.stopped
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert hosts.read_post("amina") == [hosts.reference]
    assert trail_verifies(hosts)


def test_a_codename_is_known(night: Night) -> None:
    """Whoever found it is thrown out and can open nothing; who wrote anew is answered; the case is whole."""
    hosts = night.hosts
    status, anew = report(hosts.drop, "I lost my paper.")
    assert status == 200
    with site(hosts.drop) as url, closing(SourceClient(url)) as thief:
        assert REPLY in thief.come_back(hosts.codename).text
        night_inside(night)
        assert REPLY not in thief.get("/inbox").text
        again = thief.come_back(hosts.codename)
        assert (again.status, NO_SUCH in again.text) == (404, True)
        assert thief.come_back(anew).status == 200
    with opened_desk(hosts.desk) as desk:
        page = read_case(desk, hosts.signed_in("amina"), hosts.reference)
    assert "The paper was found." in " ".join(str(getattr(each.document, "text", "")) for each in page.timeline)
    assert trail_verifies(hosts)


def night_inside(night: Night) -> None:
    """Follow the guide while the site is served."""
    night.follow("A codename is known to somebody else")


def test_keys_are_lost(night: Night) -> None:
    """Nobody could unlock the post: somebody can. New cards open the cases, the old ones do not; pairing holds."""
    hosts = night.hosts
    night.name = "olga"
    add = f"ben\n{PASSWORD}\n{hosts.code('ben')}\n"
    # An account of the right kind, without the key: as after everybody's loss.
    done("candour-desk", "reviewer", "add", "olga", "--role", "intake-officer", "--role", "reviewer",
         "--data", hosts.desk, typed=f"{add}{NEW_PASSWORD}\n{NEW_PASSWORD}\n")  # fmt: skip
    with opened_desk(hosts.desk) as desk, desk.database.writing() as connection:
        connection.execute(reviewers.update().values(sealed_passphrase=None))
    night.follow("A key is lost")
    with opened_desk(hosts.desk) as desk, desk.database.reading() as connection:
        assert find_reviewer(connection, "olga").sealed_passphrase
    cards = night.cards
    # The stick has the backups: whoever finds it must not have what opens them.
    held = "".join(path.read_text("utf-8", "replace") for path in hosts.stick.rglob("*") if path.is_file())
    assert not any(shows(held, card) for card in cards)
    recover = ["candour-desk", "recover", "--data", str(hosts.desk), "--reviewer", "ben", "--all"]
    assert run(recover, "Lost.\n" + "".join(f"{share}\n" for share in hosts.shares[:2])).exit_code == 1
    assert "ben can read 1 case now" in done(*recover, typed="Lost.\n" + "\n".join(cards[:2]) + "\n")
    backup = hosts.stick / f"candour-drop-{hosts.backed_up}.backup"
    done("candour-desk", "backup-code", "--backup", backup, typed="\n".join([signed_by(backup), *cards[1:], ""]))
    assert hosts.collect().problems == []
    assert trail_verifies(hosts)


def test_an_address_is_burnt(night: Night) -> None:
    """Another one, of which nobody had the keys; the codename and the desk know no difference."""
    hosts, before = night.hosts, address_of(night.hosts.drop)
    night.follow("The address is burnt")
    now = address_of(hosts.drop)
    assert now != before
    assert read_site_address(DropFolder(hosts.drop)) == now
    assert not list(hosts.drop.rglob(f"*{before}*"))
    assert now in landing_page(hosts)
    assert is_told_to_web_servers(hosts)
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert letters_are_read(hosts)


@needs_root
def test_a_disk_is_full(night: Night, tmp_path: Path) -> None:
    """Nothing that was thanked for is lost; what the guide takes away makes room, and a source can write."""
    hosts = night.hosts
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(hosts.place, disk, dirs_exist_ok=True, ignore=but_sockets_and_locks)
        (disk / "drop" / "settings.json").write_text('{"free_bytes_for_text": 4000000}')
        (disk / "candour.old").mkdir()
        (disk / "candour.old" / "program").write_bytes(bytes(16_000_000))
        there = Night(Hosts(disk, hosts.stick, hosts.codename, hosts.reference, hosts.secrets, hosts.shares, ()))
        fill(disk)
        assert is_closed(disk / "drop", "There is no room here at the moment.")
        # The desk is another machine: its disk is not full.
        there.hosts.place.joinpath("desk").rename(disk / "desk-here")
        (disk / "desk").symlink_to(hosts.desk)
        there.follow("The disk is full")
        assert report(disk / "drop", "There is room.")[0] == 200
        assert REPLY in inbox(disk / "drop", hosts.codename)
    assert hosts.read_post("amina") == [hosts.reference]


def test_a_clock_was_wrong(night: Night) -> None:
    """The time is one that `date` takes; a backup of a day to come is out of the way; a recovery code lets in who has
    used a code of later.
    """
    hosts = night.hosts
    signer, sealed_for = signer_of(hosts.drop), read_recovery_key(hosts.drop / "recovery-key.pub")
    head, _key = make_head(About(HostKind.DROP, "0.1.0", "2031-01-01", "", signer.public), sealed_for, signer)
    (hosts.stick / "candour-drop-2031-01-01.backup").write_bytes(head)
    with opened_desk(hosts.desk) as desk, desk.database.writing() as connection:
        connection.execute(reviewers.update().values(last_totp_step=10**9))
    assert "still to come" in done("candour-drop", "backup", "--data", hosts.drop, "--out", hosts.stick)
    night.follow("The clock is wrong")
    assert "still to come" not in night.said["backup"]
    app = create_desk(hosts.desk)
    form = {"username": "amina", "password": PASSWORD}
    refused = app.test_client().post("/sign-in", data={**form, "code": hosts.code("amina", 1)})
    let_in = app.test_client().post("/sign-in", data={**form, "code": hosts.recovery_codes[0]})
    app.extensions[CLOSE]()
    assert (refused.status_code, let_in.status_code) == (401, 303)
    assert trail_verifies(hosts)


def test_what_is_imitated_is_there() -> None:
    """The programs of Debian that the guide calls are of packages that the installer has, or of every Debian."""
    of_debian = {"systemctl", "passwd", "apt-get", "hwclock", "cryptsetup"}
    assert of_debian == IMITATED
    assert drop_main.get_command is not None
