"""Both hosts as the guide sets them up, each with the Tor that Candour runs and watches, in the private network.

Every step is the command that an administrator types; `--beside` says which network it is, as it would say which
bridges.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from onion.control import Control, open_control
from onion.health import HealthUnknown, read_health
from onion.layout import TorFolder
from source_interface.drop_folder import DropFolder
from store.desk.outbox import waiting_deliveries
from tests.desk_office import Office
from tests.onion.network import Network
from tests.onion.onion_site import answers

DROP = Path(sys.executable).with_name("candour-drop")
DESK = Path(sys.executable).with_name("candour-desk")
_STOP_SECONDS = 30


@dataclass
class TwoHosts:
    """The source host's folder, the desk, and the addresses of both onion services."""

    network: Network
    folder: Path
    office: Office
    site: str
    door: str

    @property
    def drop(self) -> DropFolder:
        """The source host's folder."""
        return DropFolder(self.folder / "drop")

    @property
    def drop_tor(self) -> TorFolder:
        """The source host's Tor."""
        return TorFolder(self.drop.tor)

    @property
    def desk_tor(self) -> TorFolder:
        """The reviewer host's Tor."""
        return TorFolder(self.office.folder / "tor")

    @contextmanager
    def control(self, tor: TorFolder) -> Iterator[Control]:
        """Open the control socket of one of the two."""
        with open_control(tor.control_socket, tor.cookie) as control:
            yield control

    def collect(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run the courier once, through Tor, and return what it said."""
        command = [str(DESK), "collect", "--data", str(self.office.folder), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    def wait_until_collected(self, *options: str) -> None:
        """Run the courier until it gets through: Tor takes some seconds to publish an address again."""
        self.network.wait_until(lambda: self.collect(*options).returncode == 0, "the courier gets through")

    def waits_for_the_courier(self) -> int:
        """How many deliveries wait at the desk."""
        with self.office.desk.database.reading() as connection:
            return len(waiting_deliveries(connection, 100, ()))

    def wait_until_published(self, tor: TorFolder, names: Sequence[str]) -> None:
        """Wait until the watch has written that these services are published."""
        self.network.wait_until(lambda: _published(tor, names), f"{', '.join(names)} published")


@contextmanager
def two_hosts(network: Network, office: Office, folder: Path) -> Iterator[TwoHosts]:
    """Set both hosts up, start everything that runs on them, and wait until the courier can get through."""
    drop, desk = ["--data", str(folder / "drop")], ["--data", str(office.folder)]
    key, pairing = folder / "reviewer-host.auth", folder / "pairing.json"
    intake = office.folder / "intake-key.asc"
    run([DESK, "onion", "set-up", *desk, "--courier-key", key])
    run([DROP, "init", *drop, "--intake-key", intake, "--pairing", pairing])
    run([DROP, "onion", "set-up", *drop, "--courier-key", key, "--pairing", pairing])
    run([DESK, "pair", *desk, "--pairing", pairing])
    made = DropFolder(folder / "drop")
    tor = TorFolder(made.tor)
    addresses = [(tor.service(name) / "hostname").read_text("ascii").strip() for name in ("site", "door")]
    hosts = TwoHosts(network, folder, office, *addresses)
    with ExitStack() as stack:
        site, door = f"unix:{made.site_socket}", f"unix:{made.door_socket}"
        servers = [
            stack.enter_context(running([DROP, "serve", *drop, "--bind", site, "--from-tor"])),
            stack.enter_context(running([DROP, "door", *drop, "--bind", door])),
        ]
        for command in ([DROP, "onion", "run", *drop], [DESK, "onion", "run", *desk]):
            inside = network.namespace.command([*map(str, command), "--beside", str(network.beside)])
            stack.enter_context(running(inside))
        for socket, server in zip((made.site_socket, made.door_socket), servers, strict=True):
            network.wait_until(partial(answers, socket, server), f"{socket.name} answers")
        hosts.wait_until_published(tor, ("site", "door"))
        yield hosts


def run(command: Sequence[object]) -> str:
    """Run a command that must succeed, and return what it said."""
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(command: Sequence[object]) -> Iterator["subprocess.Popen[bytes]"]:
    """Have a command run, and stop it as systemd would. It says nothing of anybody all the while."""
    process = subprocess.Popen([str(each) for each in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            said, _nothing = process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _nothing = process.communicate()
            said += b"\nand did not end when it was asked to"
    assert said == b"", said.decode("utf-8", "replace")


def pairing_of(folder: Path) -> dict[str, str]:
    """What the pairing file says."""
    found: dict[str, str] = json.loads((folder / "pairing.json").read_text())
    return found


def _published(tor: TorFolder, names: Sequence[str]) -> bool:
    try:
        health = read_health(tor.health)
    except HealthUnknown:
        return False
    return health.is_well and health.published.keys() == set(names)
