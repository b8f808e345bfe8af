"""In the place of Tor, in a rehearsal: what the courier says over SOCKS goes straight to the scratch door's socket.

There is no network in a rehearsal, and none of this leaves the machine: both ends are files of the scratch folder.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PIECE = 65536
_NAME_WANTED = b"\x05\x02"
_NAME_TAKEN = b"\x01\x00"
_CONNECTED = b"\x05\x00\x00\x01" + bytes(6)


@contextmanager
def pretended_tor(socks: Path, door: Path) -> Iterator[None]:
    """Take SOCKS connections at `socks`, and bring each to `door`, for as long as the context lasts."""
    socks.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socks))
        listener.listen()
        threading.Thread(target=_take_all, args=(listener, door), daemon=True).start()
        try:
            yield
        finally:
            # Wakes the thread that waits in accept(2); closing alone does not.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            socks.unlink(missing_ok=True)


def _take_all(listener: socket.socket, door: Path) -> None:
    with suppress(OSError):
        while True:
            taken, _where = listener.accept()
            threading.Thread(target=_bring, args=(taken, door), daemon=True).start()


def _bring(taken: socket.socket, door: Path) -> None:
    with taken, socket.socket(socket.AF_UNIX) as inside, suppress(OSError):
        _greet(taken)
        inside.connect(str(door))
        taken.sendall(_CONNECTED)
        other = threading.Thread(target=_pass_on, args=(inside, taken), daemon=True)
        other.start()
        _pass_on(taken, inside)
        other.join()


def _greet(taken: socket.socket) -> None:
    """Read the greeting, the name and the wish of RFC 1928 and 1929, whatever they hold: there is one place to go."""
    _read(taken, _read(taken, 2)[1])  # version, how many methods, the methods
    taken.sendall(_NAME_WANTED)
    _read(taken, _read(taken, 2)[1])  # version, length, the name of the road
    _read(taken, _read(taken, 1)[0])  # length, its password
    taken.sendall(_NAME_TAKEN)
    _read(taken, _read(taken, 5)[4] + 2)  # version, connect, nothing, a name, length, the name, the port


def _read(taken: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = taken.recv(count - len(found))
        if not piece:
            raise ConnectionError
        found += piece
    return found


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
