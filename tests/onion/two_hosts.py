"""Both hosts as the guide sets them up, each with the Tor that Candour runs and watches, in the private network.

Every step is the command that an administrator types; `--beside` says which network it is, as it would say which
bridges.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from onion.control import Control, open_control
from onion.health import HealthUnknown, read_health
from onion.layout import TorFolder
from source_interface.drop_folder import DropFolder
from store.desk.outbox import waiting_deliveries
from store.desk.parcels import read_parcel, waiting_submissions
from tests.conftest import IntakeSecret
from tests.desk_office import Office
from tests.onion.cutting import cut_circuits
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
    stack: ExitStack = field(repr=False)
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict, repr=False)

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

    def cut(self, tor: TorFolder) -> None:
        """Break every visit to an onion service that goes on at one of the two; there is at least one."""
        with self.control(tor) as control:
            assert cut_circuits(control) > 0

    def collect(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run the courier once, through Tor, and return what it said."""
        return subprocess.run(self._courier(options), capture_output=True, text=True, check=False, timeout=300)

    def start_collecting(self, *options: str) -> "subprocess.Popen[str]":
        """Start such a run, and return it while it goes on."""
        return subprocess.Popen(self._courier(options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def start(self, name: str, command: Sequence[object]) -> None:
        """Have a process of either host run to the end, as `name`."""
        self.processes[name] = self.stack.enter_context(running(command))

    def start_tor(self, name: str, program: Path, folder: Path, tor: TorFolder) -> None:
        """Have a host's Tor run as `name`, in the network."""
        tor.health.unlink(missing_ok=True)  # what the watch of one before it saw is not what this one sees
        command = [program, "onion", "run", "--data", folder, "--beside", self.network.beside]
        self.start(name, self.network.namespace.command([*map(str, command)]))

    def start_desk_tor(self) -> None:
        """Start the reviewer host's Tor."""
        self.start_tor("desk's Tor", DESK, self.office.folder, self.desk_tor)

    def stop_desk_tor(self) -> None:
        """Stop it, as systemd would."""
        self.processes["desk's Tor"].terminate()
        self.processes["desk's Tor"].wait(_STOP_SECONDS)

    def _courier(self, options: Sequence[str]) -> list[str]:
        return [str(DESK), "collect", "--data", str(self.office.folder), *options]

    def wait_until_collected(self, *options: str) -> None:
        """Run the courier until it gets through: Tor takes some seconds to publish an address again."""
        self.network.wait_until(lambda: self.collect(*options).returncode == 0, "the courier gets through")

    def waits_for_the_courier(self) -> int:
        """How many deliveries wait at the desk."""
        with self.office.desk.database.reading() as connection:
            return len(waiting_deliveries(connection, 100, ()))

    def empty_the_drop(self) -> None:
        """Bring what others have left at the source host to the desk."""
        if not any((self.drop.blobs / "sealed").iterdir()):
            return
        done = self.collect("--least", "0", "--at-most", "0")
        assert done.returncode == 0, done.stderr

    def in_post(self) -> frozenset[str]:
        """The ids of all submissions that have come to the desk, and are not opened."""
        with self.office.desk.database.reading() as connection:
            return waiting_submissions(connection)

    @property
    def intake_secret(self) -> IntakeSecret:
        """The desk's intake key with both halves."""
        paths = self.office.desk.paths
        return IntakeSecret(paths.gnupg, self.office.passphrase(), "", paths.intake_key)

    def open_attachments(self, submission: str) -> list[bytes]:
        """The files of a submission that has come to the desk, opened; each padded."""
        with self.office.desk.database.reading() as connection:
            parts = read_parcel(connection, submission).parts
        post = self.office.desk.post
        return [self.intake_secret.open(post.path(part.blob)) for part in parts if part.kind == "attachment"]

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
    site, door = [(tor.service(name) / "hostname").read_text("ascii").strip() for name in ("site", "door")]
    with ExitStack() as stack:
        hosts = TwoHosts(network, folder, office, site, door, stack)
        hosts.start("site", [DROP, "serve", *drop, "--bind", f"unix:{made.site_socket}", "--from-tor"])
        hosts.start("door", [DROP, "door", *drop, "--bind", f"unix:{made.door_socket}"])
        hosts.start_tor("drop's Tor", DROP, made.root, tor)
        hosts.start_desk_tor()
        for name, socket in (("site", made.site_socket), ("door", made.door_socket)):
            network.wait_until(partial(answers, socket, hosts.processes[name]), f"{name} answers")
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
