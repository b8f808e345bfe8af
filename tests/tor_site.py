"""The source's site as Tor reaches it: the real command on a unix socket, and Tor's line before each connection.

What Tor itself writes is in the tests of `serving.proxy_line`, spelt out.
"""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.source_client import SourceClient
from store.folder import write_private_file
from tests.source_site import CANDOUR_DROP

PATIENCE_SECONDS = 60


def line_of(circuit: int) -> bytes:
    """The line that Tor sends before the first byte of a client's on this circuit."""
    high, low = circuit >> 16, circuit & 0xFFFF
    return f"PROXY TCP6 fc00:dead:beef:4dad::{high:x}:{low:x} ::1 {low} 80\r\n".encode("ascii")


class _CircuitConnection(http.client.HTTPConnection):
    """HTTP over a unix socket, on a circuit; each connection says so anew."""

    def __init__(self, path: Path, circuit: int, name: str) -> None:
        super().__init__(name, timeout=PATIENCE_SECONDS)
        self._path = path
        self._circuit = circuit

    def connect(self) -> None:
        """Connect, and say on which circuit."""
        self.sock = _connected(self._path)
        self.sock.sendall(line_of(self._circuit))


@dataclass(frozen=True)
class TorSite:
    """A site behind Tor: where it listens, its process, and (once it has ended) what it said."""

    path: Path
    process: "subprocess.Popen[bytes]"
    said: bytearray = field(default_factory=bytearray)

    def on(self, circuit: int) -> AbstractContextManager[SourceClient]:
        """A source's browser, on this circuit."""
        return on_circuit(self.path, circuit)

    def connect(self) -> socket.socket:
        """A connection that has said nothing yet."""
        return _connected(self.path)


@contextmanager
def on_circuit(path: Path, circuit: int, name: str = "onion") -> Iterator[SourceClient]:
    """A source's browser, on this circuit, at the site that listens there, which it calls by this name."""
    client = SourceClient("http://onion")
    client._http = _CircuitConnection(path, circuit, name)
    try:
        yield client
    finally:
        client.close()


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_SECONDS)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


@contextmanager
def running_tor_site(
    folder: Path, *, command: tuple[str, ...] = (str(CANDOUR_DROP),), **settings: int | str
) -> Iterator[TorSite]:
    """Serve the source host in `folder` with `candour-drop serve --from-tor`; at its end it must have said nothing."""
    if settings:
        write_private_file(folder / "settings.json", json.dumps(settings).encode("utf-8"))
    path = folder.parent / "site.sock"
    process = subprocess.Popen(
        [*command, "serve", "--from-tor", "--data", str(folder), "--bind", f"unix:{path}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    site = TorSite(path, process)
    try:
        _wait(site)
        yield site
    finally:
        process.terminate()
        site.said.extend(process.communicate(timeout=PATIENCE_SECONDS)[0])
    assert site.said == b"", site.said.decode("utf-8", "replace")


def _wait(site: TorSite) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert site.process.poll() is None, "the site stopped"
        try:
            with site.on(1) as source:
                source.get("/left")
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the site does not answer")
