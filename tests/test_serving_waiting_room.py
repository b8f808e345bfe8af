"""Who gives way when there is no place for another connection: real sockets in a real poller, one after the other."""

import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from serving.pace import Pace
from serving.waiting_room import WaitingRoom

HEAD = b"POST /return HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


@dataclass
class Hall:
    """A waiting room, and the far ends of the connections in it by name."""

    room: WaitingRoom
    far: dict[str, socket.socket] = field(default_factory=dict)
    near: dict[str, TConn] = field(default_factory=dict)

    def enter(self, name: str, said: bytes) -> None:
        """Let a connection wait that has said this much."""
        near, self.far[name] = socket.socketpair()
        self.near[name] = TConn(Config(), near, "", "")
        self.room.gather(self.near[name], said, head_seconds=60)

    def closed(self) -> list[str]:
        """The names of those whose connection was closed on them."""
        return [name for name, far in self.far.items() if _is_closed(far)]


def _is_closed(far: socket.socket) -> bool:
    far.setblocking(False)
    try:
        return far.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.fixture
def hall() -> Iterator[Hall]:
    """An empty one."""
    with selectors.DefaultSelector() as poller:
        room = WaitingRoom(poller, Pace(), 60, lambda *_: None, lambda *_: None, lambda: None)
        made = Hall(room)
        yield made
        for end in (*made.far.values(), *(conn.sock for conn in made.near.values())):
            end.close()


def test_who_is_being_closed_gives_way_first_then_who_has_no_head_then_who_is_silent_longest(hall: Hall) -> None:
    """A source in the middle of a form goes last of all, and nobody is asked twice."""
    hall.enter("silent in a body", HEAD + b"a")
    hall.enter("busy with a body", HEAD + b"a")
    hall.enter("half a head", HEAD[:20])
    hall.enter("answered", HEAD[:10])
    hall.room._leave(hall.near["answered"])
    hall.room.linger(hall.near["answered"])
    hall.far["answered"].recv(1)  # the end of what we said: it is being closed, and not closed yet
    gone = []
    while hall.room.give_way():
        gone += [name for name in hall.closed() if name not in gone]
    assert gone == ["answered", "half a head", "silent in a body", "busy with a body"]
    assert not hall.room.give_way()
