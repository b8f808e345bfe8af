"""A whole Tor network on loopback: three authorities that are relays too, three more relays, and whoever is added.

It is real Tor throughout; only the numbers are those of a test network (how often it votes, who may be its relays).
"""

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from tests.onion import torrc_lines
from tests.onion.authority_keys import make_authorities
from tests.onion.namespace import Namespace, private_namespace
from tests.onion.running_tor import RunningTor
from tests.onion.socks import Refused

AUTHORITIES = ("auth0", "auth1", "auth2")
RELAYS = ("relay0", "relay1", "relay2")
_PATIENCE_SECONDS = 120
# An introduction point that has not heard that its service started again takes a visit, and lets it wait for a minute.
_TRY_SECONDS = 15
_LONGEST_SOCKET_PATH = 107  # bytes: sockaddr_un(7)


class Network:
    """The running network. What it starts, it stops; and what is stopped by its `stop` may be started again."""

    def __init__(self, folder: Path, namespace: Namespace) -> None:
        self.folder = folder
        self.namespace = namespace
        self._authorities = make_authorities(folder, AUTHORITIES)
        self._defaults = folder / "defaults-torrc"
        self._defaults.write_text("\n".join([*self.common_lines(), ""]), "utf-8")
        # For a Tor that our own product configures: which network it is, and not a word of how it behaves.
        self.beside = folder / "beside"
        self.beside.write_text("\n".join([*torrc_lines.which_network(self._authorities), ""]), "utf-8")
        self._running: list[RunningTor] = []

    @property
    def running(self) -> tuple[RunningTor, ...]:
        """Every Tor that runs now."""
        return tuple(tor for tor in self._running if tor.process.poll() is None)

    def common_lines(self) -> list[str]:
        """Return what a Tor must be told to be in this network.

        `start` gives it as `--defaults-torrc`. Tor forgets that file with LOADCONF, so its text must have these too.
        """
        return torrc_lines.common(self._authorities)

    def service(self, name: str, lines: Sequence[str]) -> RunningTor:
        """Start another Tor with these lines, in a folder of its own. It is not waited for."""
        return self.start(self._write(name, lines))

    def client(self, name: str, lines: Sequence[str] = ()) -> RunningTor:
        """Start a client whose `socks` is a unix socket, and wait until it knows the network."""
        socks = self.place(name) / "socks"
        tor = self.start(self._write(name, [*torrc_lines.client(check_socket(socks)), *lines]), socks=socks)
        self.wait_until(lambda: tor.is_ready(len(AUTHORITIES) + len(RELAYS)), f"{name} knows the network")
        return tor

    def onion(self, name: str, target: Path, lines: Sequence[str] = ()) -> tuple[RunningTor, str]:
        """Start a Tor that offers the unix socket `target` as an onion service; return it and the address."""
        service = self.place(name) / "onion"
        tor = self.service(name, [*torrc_lines.onion_service(service, check_socket(target)), *lines])
        self.wait_until((service / "hostname").exists, f"{name} has an address")
        return tor, tor.hostname(service)

    def start(self, torrc: Path, socks: Path | None = None) -> RunningTor:
        """Start a Tor with this file, which says where its DataDirectory and its ControlSocket are."""
        with (torrc.parent / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                self.namespace.command(
                    ["tor", "-f", str(torrc), "--defaults-torrc", str(self._defaults), "--RunAsDaemon", "0"]
                ),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        tor = RunningTor(torrc.parent.name, torrc, process, socks)
        self._running.append(tor)
        return tor

    def place(self, name: str) -> Path:
        """Return a folder that only we can read, below the network's."""
        place = self.folder / name
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    def wait_until_reachable(self, client: RunningTor, address: str, port: int = 80) -> None:
        """Wait until this client gets through to this onion service; each try is on a circuit of its own."""
        tries = itertools.count()

        def is_reached() -> bool:
            try:
                client.connect(address, port, f"try{next(tries)}", _TRY_SECONDS).close()
            except (Refused, OSError):
                return False  # a missing descriptor is refused at once
            return True

        self.wait_until(is_reached, f"{client.name} reaches {address}")

    def wait_until(self, reached: Callable[[], bool], what: str) -> None:
        """Ask again and again until it is so."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not reached():
            assert time.monotonic() < deadline, f"in {_PATIENCE_SECONDS} seconds it did not come to this: {what}"
            time.sleep(0.1)

    def start_core(self) -> None:
        """Start authorities and relays and wait until each knows all of them.

        Whoever asks before hangs on circuits through relays that were not ready, for most of a minute.
        """
        core = []
        for number, name in enumerate((*AUTHORITIES, *RELAYS)):
            lines = torrc_lines.relay(name, number)
            core.append(self.service(name, lines + (torrc_lines.authority(number) if name in AUTHORITIES else [])))
        for tor in core:
            self.wait_until(partial(tor.is_ready, len(core)), f"{tor.name} knows the network")

    def stop(self) -> None:
        """Stop all of it."""
        for tor in self._running:
            tor.process.terminate()
        for tor in self._running:
            tor.stop()

    def _write(self, name: str, lines: Sequence[str]) -> Path:
        place = self.place(name)
        check_socket(place / "control")
        torrc = place / "torrc"
        torrc.write_text("\n".join([*torrc_lines.at_home(place), *lines, ""]), "utf-8")
        return torrc


def check_socket(path: Path) -> Path:
    """Return the path of a unix socket if the kernel takes one so long."""
    assert len(str(path).encode("utf-8")) <= _LONGEST_SOCKET_PATH, f"{path} is too long for a socket: set TMPDIR"
    return path


@contextmanager
def running_network() -> Iterator[Network]:
    """Have a whole network, up and ready for onion services and clients. Raises NoNamespace."""
    # Not pytest's own folder: its paths are too long for sockets.
    folder = Path(mkdtemp(prefix="onion-"))
    with ExitStack() as stack:
        stack.callback(rmtree, folder)
        network = Network(folder, stack.enter_context(private_namespace()))
        stack.callback(network.stop)
        network.start_core()
        yield network
