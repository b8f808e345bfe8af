"""A small real SOCKS5 server that stands for Tor where Tor itself is not needed, and counts what passes through it.

It knows one onion service, asks for a name as Tor does, and relays bytes. What it saw stands in `connections`.
Beside it: how a desk is paired with that service, and where it looks for its Tor.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from journalist_interface.courier_patience import Patience
from journalist_interface.door_address import read_socks
from journalist_interface.door_client import DoorClient
from journalist_interface.tor_road import TorRoad
from keys.strict_json import write_object
from store.folder import write_private_file
from tests.courier.ground import TOKEN, DeskGround

# Made from the public key of 32 zero bytes, with its checksum: an address like any other, of nobody.
ONION = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaam2dqd.onion"
DOOR = f"http://{ONION}"
_CHUNK = 65_536


@dataclass
class Carried:
    """One connection: the name it came under, where it wanted to go, runs of bytes up and down, when each began."""

    name: bytes
    password: bytes
    wanted: tuple[bytes, int]
    runs: list[tuple[str, int]] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)

    def exchanges(self) -> list[tuple[int, int]]:
        """Return the bytes up and down of each question and its answer."""
        sizes = [size for _way, size in self.runs]
        return list(zip(sizes[::2], sizes[1::2], strict=True))


@dataclass
class StandInTor:
    """Relays to `door` (its real address). `reply` is answered instead of success; `cut_after` breaks the first
    connection that has brought so many bytes down, once; `delay` is how long a byte travels each way, in seconds.
    """

    door: str
    reply: int = 0
    cut_after: int = 0
    delay: float = 0.0
    connections: list[Carried] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def serving(self, where: Path | None = None) -> Iterator[str]:
        """Serve at a unix socket, or on loopback; give its address as `candour-desk pair --socks` takes it."""
        if where is None:
            listening = socket.create_server(("127.0.0.1", 0))
            address = f"127.0.0.1:{listening.getsockname()[1]}"
        else:
            where.parent.mkdir(mode=0o700, exist_ok=True)
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(where))
            listening.listen()
            address = f"unix:{where}"
        thread = threading.Thread(target=self._accept, args=(listening,))
        thread.start()
        try:
            yield address
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            listening.close()
            if where is not None:
                where.unlink()

    def in_order(self) -> list[tuple[int, int]]:
        """Return the exchanges of all connections in the order in which they were begun."""
        found: list[tuple[float, tuple[int, int]]] = []
        for carried in self.connections:
            found += zip(carried.begun[::2], carried.exchanges(), strict=True)
        return [exchange for _begun, exchange in sorted(found)]

    def _accept(self, listening: socket.socket) -> None:
        threads = []
        with suppress(OSError):
            while True:
                client, _address = listening.accept()
                threads.append(threading.Thread(target=self._serve, args=(client,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            carried = self._shake_hands(client)
            client.sendall(bytes([5, self.reply, 0, 1]) + bytes(6))
            if self.reply == 0:
                parts = urlsplit(self.door)
                with socket.create_connection((parts.hostname or "", parts.port or 0)) as door:
                    self._relay(carried, client, door)

    def _shake_hands(self, client: socket.socket) -> Carried:
        _version, count = _exactly(client, 2)
        assert 2 in _exactly(client, count)
        client.sendall(b"\x05\x02")
        _version, length = _exactly(client, 2)
        name = _exactly(client, length)
        password = _exactly(client, _exactly(client, 1)[0])
        client.sendall(b"\x01\x00")
        _version, _command, _reserved, kind = _exactly(client, 4)
        # 3: a name, which nobody on this side has looked up.
        assert kind == 3
        host = _exactly(client, _exactly(client, 1)[0])
        (port,) = struct.unpack(">H", _exactly(client, 2))
        with self._lock:
            self.connections.append(Carried(name, password, (host, port)))
            return self.connections[-1]

    def _relay(self, carried: Carried, client: socket.socket, door: socket.socket) -> None:
        up = threading.Thread(target=self._carry, args=(carried, "up", client, door))
        up.start()
        self._carry(carried, "down", door, client)
        up.join()

    def _carry(self, carried: Carried, way: str, source: socket.socket, sink: socket.socket) -> None:
        came = 0
        with suppress(OSError):
            while piece := source.recv(_CHUNK):
                came += len(piece)
                with self._lock:
                    goes_on = bool(carried.runs) and carried.runs[-1][0] == way
                    before = carried.runs.pop()[1] if goes_on else 0
                    carried.runs.append((way, before + len(piece)))
                    if not goes_on:
                        carried.begun.append(time.monotonic())
                    cut = way == "down" and 0 < self.cut_after < came
                    if cut:
                        self.cut_after = 0
                if cut:
                    source.shutdown(socket.SHUT_RDWR)
                    break
                if self.delay:
                    threading.Event().wait(self.delay)
                sink.sendall(piece)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _exactly(client: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = client.recv(count - len(found))
        if not piece:
            raise ConnectionError
        found += piece
    return found


def pair_through(desk: DeskGround, socks: str | None = None) -> None:
    """Write the pairing with an onion service, as `candour-desk pair` does."""
    fields = {"candour_courier": 1, "door_url": DOOR, "token": TOKEN} | ({"socks": socks} if socks else {})
    write_private_file(desk.folder / "courier.json", write_object(fields))


def own_socks(desk: DeskGround) -> Path:
    """Where the Tor of this desk takes SOCKS if nothing else is said."""
    return desk.folder / "tor" / "socks.sock"


def through(socks: str, patience: Patience | None = None) -> DoorClient:
    """Return the first road of a run through the Tor at `socks`."""
    return DoorClient(DOOR, TOKEN, patience, road=TorRoad(read_socks(socks)))
