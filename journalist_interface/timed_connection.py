"""A connection on which every request has a deadline, however the other side spends the time, and that can be cut.

The usual time limit is one of silence: a hostile server that sends a byte a minute, in the middle of a header, could
hold the courier for ever. Here each read also ends when the whole request should have ended. And somebody else's
thread can end it at once: whoever stops the courier must not wait for the network.
"""

import socket
import time
from contextlib import suppress
from threading import Event, Lock
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool


class Deadline:
    """When the request of the moment must be over, and how long the other side may be silent within it, in seconds.

    `fresh`: how long a connection may rest before it is not used again. One thread asks, any thread may cut.
    """

    def __init__(self, silence: float, fresh: float) -> None:
        self._silence = silence
        self._fresh = fresh
        self._used_at = 0.0
        self._ends = 0.0
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self.was_cut = Event()

    def start(self, seconds: float) -> None:
        """Begin a request that may take that long."""
        self._ends = time.monotonic() + seconds

    def patience(self) -> float:
        """Return how long to wait for the next bytes. Raises TimeoutError when the time is up, or it was cut."""
        self._used_at = time.monotonic()
        left = self._ends - self._used_at
        if left <= 0 or self.was_cut.is_set():
            raise TimeoutError("the request took too long")
        return min(left, self._silence)

    @property
    def is_fresh(self) -> bool:
        """Tell whether the connection was used a moment ago."""
        return time.monotonic() - self._used_at < self._fresh

    def hold(self, carrying: socket.socket) -> None:
        """Note what carries the request, so that it can be cut. Raises TimeoutError if that has happened already."""
        with self._lock:
            self._socket = carrying
        self.patience()

    def cut(self) -> None:
        """End the request of the moment, and any that comes before `mend`."""
        self.was_cut.set()
        with self._lock, suppress(OSError):  # it may be closed already, or not connected yet
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Allow requests again; none may be going on."""
        self.was_cut.clear()


class Timed(socket.socket):
    """What reads and writes no longer than `deadline` allows."""

    deadline: Deadline

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Read as usual, but not beyond the deadline."""
        self.settimeout(self.deadline.patience())
        return super().recv_into(*arguments, **options)

    def sendall(self, *arguments: Any, **options: Any) -> None:
        """Write as usual, but not beyond the deadline."""
        self.settimeout(self.deadline.patience())
        super().sendall(*arguments, **options)


def timed(plain: socket.socket, deadline: Deadline) -> Timed:
    """Return the connected socket with a deadline; `plain` is empty afterwards. Raises TimeoutError if it was cut."""
    family, kind, protocol = plain.family, plain.type, plain.proto
    made = Timed(family, kind, protocol, fileno=plain.detach())
    made.deadline = deadline
    try:
        deadline.hold(made)
    except TimeoutError:  # cut while it was connecting
        made.close()
        raise
    return made


class TimedConnection(HTTPConnection):
    """A connection straight to a host."""

    def __init__(self, *arguments: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.deadline = deadline

    @property
    def is_connected(self) -> bool:
        """Tell whether it can be used again. An old one may be closing at the other end at this very moment."""
        return self.deadline.is_fresh and super().is_connected

    def _new_conn(self) -> socket.socket:
        return timed(super()._new_conn(), self.deadline)


class TimedPool(HTTPConnectionPool):
    """One reusable connection to one host. Takes `deadline=Deadline(…)`."""

    ConnectionCls = TimedConnection
