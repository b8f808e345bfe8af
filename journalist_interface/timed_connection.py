"""A connection on which every request has a deadline, however the other side spends the time.

The usual time limit is one of silence: a hostile server that sends a byte a minute, in the middle of a header, could
hold the courier for ever. Here each read also ends when the whole request should have ended.
"""

import socket
import time
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool


class Deadline:
    """When the request of the moment must be over, and how long the other side may be silent within it, in seconds."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._ends = 0.0

    def start(self, seconds: float) -> None:
        """Begin a request that may take that long."""
        self._ends = time.monotonic() + seconds

    def patience(self) -> float:
        """Return how long to wait for the next bytes. Raises TimeoutError when the time is up."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        return min(left, self._silence)


class _TimedSocket(socket.socket):
    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self._deadline = deadline

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Read as usual, but not beyond the deadline."""
        self.settimeout(self._deadline.patience())
        return super().recv_into(*arguments, **options)

    def sendall(self, *arguments: Any, **options: Any) -> None:
        """Write as usual, but not beyond the deadline."""
        self.settimeout(self._deadline.patience())
        super().sendall(*arguments, **options)


class _TimedConnection(HTTPConnection):
    def __init__(self, *arguments: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return _TimedSocket(super()._new_conn(), self._deadline)


class TimedPool(HTTPConnectionPool):
    """One reusable connection to one host. Takes `deadline=Deadline(…)`."""

    ConnectionCls = _TimedConnection
