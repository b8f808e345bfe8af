"""The source's site as a really running process on a unix socket, and the onion service before it."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.source_client import SourceClient
from source_interface.drop_folder import DropFolder
from tests.onion.network import Network, check_socket
from tests.onion.running_tor import RunningTor
from tests.onion.socks import source_through
from tests.source_site import CANDOUR_DROP


@dataclass(frozen=True)
class OnionSite:
    """The site, the Tor that offers it, and a client of a source."""

    folder: DropFolder
    socket: Path
    tor: RunningTor
    address: str
    client: RunningTor

    @property
    def url(self) -> str:
        """The address as a browser has it."""
        return f"http://{self.address}"

    def source(self, who: str) -> SourceClient:
        """Return a source on a circuit of its own, if nobody else is called `who`."""
        assert self.client.socks is not None
        return source_through(self.client.socks, self.address, who)


@contextmanager
def onion_site(
    network: Network,
    name: str,
    folder: DropFolder,
    client: RunningTor | None = None,
    serve: Sequence[str] = (str(CANDOUR_DROP), "serve"),
) -> Iterator[OnionSite]:
    """Serve the source host in `folder` behind an onion service, and wait until a client gets through to it.

    The client is a new one if none is given.
    """
    target = check_socket(network.place(name) / "site")
    with _served(network, [*serve, "--data", str(folder.root), "--bind", f"unix:{target}"], target):
        tor, address = network.onion(name, target)
        client = client or network.client(f"{name}-client")
        network.wait_until_reachable(client, address)
        yield OnionSite(folder, target, tor, address, client)
        tor.stop()


@contextmanager
def _served(network: Network, command: Sequence[str], target: Path) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        network.wait_until(lambda: answers(target, process), "the site answers")
        yield
    finally:
        process.terminate()
        said, _nothing = process.communicate(timeout=20)
    # It says nothing at all while it runs: there is nobody it may talk about.
    assert said == b"", said.decode("utf-8", "replace")


def answers(target: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Tell whether somebody listens on a socket; the process that should must not have ended."""
    assert process.poll() is None, f"the site stopped with {process.returncode}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(target))
        except OSError:
            return False
    return True
