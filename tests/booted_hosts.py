"""Both hosts installed on Debians that are booted, set up by the guide's commands, with their services under systemd.

They share one network name space with a private Tor network, and with nothing else: between them there is Tor alone.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp

from bench.source_client import SourceClient
from deploy.hosts.units import BACKUPS, DATA, PROGRAMS, UNITS
from journalist_interface.tor_paths import desk_socket
from tests.booted import Booted, booted, in_reach, installer, wait_until
from tests.desk_routes import form_to
from tests.onion.network import Network
from tests.onion.running_tor import RunningTor
from tests.onion.socks import Refused, source_through
from tests.test_quiet_servers import Unix

PASSWORD = "seven quiet otters sing"
_BESIDE = "/etc/candour-test-network"
_PROFILES = "/sys/kernel/security/apparmor/profiles"
_UNIT = "[Service]\nExecStart=/usr/bin/sleep infinity\n"
# The kernel is this machine's, without AppArmor, and not a container's to set; the two share one port of Debian's own
# Tor, behind which there is nothing that it could reach.
STAND_INS = {
    "usr/local/sbin/sysctl": "#!/bin/sh\nprintf '%s\\n' \"$@\"\n",
    "usr/local/sbin/apparmor_parser": f"""#!/bin/sh -e
# -r FILE loads a profile, -R FILE takes it out again.
name="$(sed -n 's/^profile \\([^ ]*\\).*/\\1/p' "$2")"
mountpoint -q /sys/kernel/security || mount -t tmpfs tmpfs /sys/kernel/security
mkdir -p {Path(_PROFILES).parent}
touch {_PROFILES}
sed -i "/^$name (/d" {_PROFILES}
test "$1" != -r || echo "$name (enforce)" >>{_PROFILES}
""",
    "etc/systemd/system/tor.service": _UNIT,
    "etc/systemd/system/tor@default.service": _UNIT,
}


@dataclass
class Hosts:
    """Two machines that run, what was made when they were set up, and what is on paper."""

    network: Network
    drop: Booted
    desk: Booted
    made: dict[str, Any] = field(default_factory=dict, repr=False)
    site: str = ""

    def machine(self, plan: str) -> Booted:
        """One of the two."""
        return self.drop if plan == "drop" else self.desk

    def command(self, plan: str, *words: str, typed: str = "") -> str:
        """Type a command of Candour's as an administrator does, which must succeed; return what it said."""
        verb = words[:2] if words[0] == "onion" else words[:1]
        needs_data = () if words[0] == "backup-code" else ("--data", DATA)
        return self.machine(plan).run(f"candour-{plan}", *verb, *needs_data, *words[len(verb) :], typed=typed)

    def carry(self, there: str, here: str, name: str, other_name: str = "") -> None:
        """Bring a file from the data folder of one host to the other's."""
        content = self.machine(there).path(f"{DATA}/{name}").read_text("ascii")
        words = ["-m", "600", "-o", "candour", "-g", "candour", "/dev/stdin", f"{DATA}/{other_name or name}"]
        self.machine(here).run("install", *words, typed=content)

    def set_up(self) -> None:
        """Do what docs/guide-onion.md says, from step 1 to step 6."""
        made = self.command("desk", "init", "--username", "amina", "--password-stdin", "--json", typed=f"{PASSWORD}\n")
        self.made = json.loads(made)
        self.command("desk", "onion", "set-up", "--courier-key", "reviewer-host.auth")
        self.carry("desk", "drop", "reviewer-host.auth")
        self.carry("desk", "drop", "intake-key.asc", "desk-intake-key.asc")
        self.command("drop", "init", "--intake-key", "desk-intake-key.asc", "--pairing", "pairing.json")
        said = self.command(
            "drop", "onion", "set-up", "--courier-key", "reviewer-host.auth", "--pairing", "pairing.json"
        )
        self.site = re.findall(r"The site for sources: (\S+\.onion)", said)[0]
        self.machine("drop").path(f"{DATA}/reviewer-host.auth").unlink()
        self._carry_pairing()

    def pair_anew(self) -> None:
        """Do what the guide says of a source host that was restored."""
        self.command("drop", "pairing", "--pairing", "pairing.json")
        self._carry_pairing()

    def _carry_pairing(self) -> None:
        self.carry("drop", "desk", "pairing.json", "carried.json")
        self.command("desk", "pair", "--pairing", "carried.json")
        for plan, name in (("drop", "pairing.json"), ("desk", "carried.json")):
            self.machine(plan).path(f"{DATA}/{name}").unlink()

    def start(self, plan: str) -> None:
        """Have a host's services run, with the one line that says which Tor network there is."""
        machine = self.machine(plan)
        machine.path(_BESIDE).write_text(self.network.beside.read_text())
        added = machine.path("/etc/systemd/system/candour-tor.service.d/network.conf")
        added.parent.mkdir(exist_ok=True)
        command = f"{PROGRAMS}/candour-{plan} onion run --data {DATA} --beside {_BESIDE}"
        added.write_text(f"[Service]\nExecStart=\nExecStart={command}\n")
        machine.run("systemctl", "daemon-reload")
        names = [unit.name for unit in UNITS[plan] if not unit.nightly]
        machine.run("systemctl", "restart", *names)
        wait_until(
            lambda: all(machine.show(name, "ActiveState")["ActiveState"] == "active" for name in names),
            f"{plan} serves",
        )

    def wait_until_well(self, plan: str) -> None:
        """Wait until a host's check finds no fault in what it keeps; its Tor and its onion services belong to that."""
        wait_until(lambda: "FAULT" not in self.kept(plan), f"{plan} is well")

    def kept(self, plan: str) -> str:
        """Return what a host's check says of what it keeps: all before the machine under it."""
        told = self.machine(plan).ask(f"candour-{plan}", "check", "--data", DATA)
        assert told.stderr == ""
        return told.stdout.split("\nHost\n", 1)[0]

    def machine_faults(self, plan: str) -> dict[str, str]:
        """Return what root's check of the machine finds that is not right: grade and sentence by name."""
        # The two share one network: in force there are the rules of whoever loaded them last, with the numbers of that
        # machine's users.
        self.machine(plan).run("systemctl", "restart", "nftables")
        command = (f"{PROGRAMS}/candour-{plan}", "check", "--machine", "--json", "--data", DATA)
        done = self.machine(plan).ask(*command)
        assert done.stderr == ""
        found = json.loads(done.stdout)["findings"]
        return {each["id"]: f"{each['grade']}: {each['sentence']}" for each in found if each["grade"] != "right"}

    def source(self, client: RunningTor, who: str) -> SourceClient:
        """A source at Tor Browser, on a circuit of their own."""
        assert client.socks is not None
        return source_through(client.socks, self.site, who)

    def wait_for_the_site(self, client: RunningTor) -> None:
        """Wait until sources get through."""
        tries = iter(range(10_000))

        def is_there() -> bool:
            with closing(self.source(client, f"try{next(tries)}")) as source:
                try:
                    return source.get("/").status == 200
                except (Refused, OSError):
                    return False

        wait_until(is_there, "the site is found through Tor")

    @contextmanager
    def reviewer(self) -> Iterator["Reviewer"]:
        """Have Amina at her browser, signed in."""
        with closing(SourceClient("http://localhost", Unix(self.desk.path(str(desk_socket(Path(DATA))))))) as browser:
            yield Reviewer(browser, str(self.made["totp_secret"]))

    def give_disk(self, plan: str, folder: Path) -> None:
        """Have another disk mounted where backups go, with what is in a folder, and do what the guide says then."""
        self.machine(plan).run("mount", "-t", "tmpfs", "tmpfs", BACKUPS)
        self.machine(plan).installer("install", plan)
        for kept in folder.glob("candour-*.backup"):
            self.machine(plan).path(f"{BACKUPS}/{kept.name}").write_bytes(kept.read_bytes())
            self.machine(plan).run("chown", "candour:", f"{BACKUPS}/{kept.name}")


class Reviewer:
    """Somebody signed in at the desk, by the socket that Tor would bring them to."""

    def __init__(self, browser: SourceClient, totp_secret: str) -> None:
        self._http = browser
        typed = {"username": "amina", "password": PASSWORD, "code": pyotp.TOTP(totp_secret).now()}
        self.send("/sign-in", "/sign-in", **typed)

    def get(self, address: str) -> str:
        """A page."""
        # On a connection of its own: the desk ends one on which nothing was asked for a while.
        self._http.close()
        answer = self._http.get(address)
        assert answer.status == 200, answer.text
        return answer.text

    def send(self, page: str, address: str, **changes: str) -> None:
        """Send the form to this address as it stands on a page, with these fields filled in."""
        answer = self._http.post(address, form_to(self.get(page), address).data(**changes))
        assert answer.status == 303, answer.text

    def collect(self) -> None:
        """Press “Collect now”, and wait until the courier was there and is back."""
        wait_until(self._courier_waits, "the courier waits")
        self.send("/post", "/post/collect")
        wait_until(self._courier_waits, "the courier is back")

    def _courier_waits(self) -> bool:
        return re.search(r"<button(?![^>]* disabled)[^>]*>Collect now<", self.get("/post")) is not None

    def open_the_only_letter(self) -> str:
        """Unlock the intake key, open the letter that waits; return the address of its case."""
        self.send("/post", "/post/unlock")
        self.send("/post", "/post/open")
        return str(re.findall(r'href="(/case/[0-9A-Z-]+)', self.get("/"))[0])


@contextmanager
def booted_hosts(network: Network, roots: dict[str, Path]) -> Iterator[Hosts]:
    """Boot both in the network's name space."""
    [enter] = [each for each in network.namespace.enter if each.startswith("--net=")]
    with ExitStack() as stack:
        machines = {
            plan: stack.enter_context(booted(root, enter.removeprefix("--net="))) for plan, root in roots.items()
        }
        yield Hosts(network, machines["drop"], machines["desk"])


def install_both(roots: dict[str, Path]) -> None:
    """Install both, while they still reach the network: a machine without one cannot fetch packages."""
    for plan, root in roots.items():
        with in_reach(root):
            installer("install", plan, root)
        stand_in(root)


def stand_in(root: Path) -> None:
    """Put into a Debian what stands in for that which it cannot have here: see STAND_INS."""
    for name, text in STAND_INS.items():
        (root / name).write_text(text)
        (root / name).chmod(0o755 if text.startswith("#!") else 0o644)
