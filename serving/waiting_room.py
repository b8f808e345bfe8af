"""Connections that no thread is given to: those whose request is not here yet, and those that are being closed.

gunicorn gives a thread to a connection before it has said anything, and closes a connection in the very thread that
accepts all others, waiting up to two seconds for the other side. Here both wait in the poller, however many they are.

Rules:
- A head must be whole `head_seconds` after its connection, or its predecessor's answer, was there; so must Tor's line
  before it, where one is to come. A connection that begins otherwise is closed without a word.
- A short body may stall as long as any, and must keep the least pace (`serving.pace`).
- When there is no place for another connection, the one that has waited longest for its head gives way.
- All this runs in the one thread that accepts connections: nothing here may block.
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from functools import partial

from gunicorn.workers.gthread import TConn

from serving.gathering import Gathering, HeadRefused
from serving.pace import Pace, PaceWatch, TooSlow
from serving.proxy_line import LineRefused

_PIECE = 64 * 1024
LINGER_SECONDS = 5
_MOST_LINGERING_BYTES = 1024 * 1024


class _Waiting:
    """A connection whose request is being gathered."""

    def __init__(self, gathering: Gathering, head_deadline: float, now: float, pace: Pace) -> None:
        self.gathering = gathering
        self.watch = PaceWatch(pace)
        self.deadline = head_deadline
        self.looked = now


class WaitingRoom:
    """Gathers requests and closes connections.

    `ready` is told of a request that is here, with the circuit that Tor named before it, if it was to; `gone` of a
    connection that is closed.
    """

    def __init__(
        self,
        poller: selectors.BaseSelector,
        pace: Pace,
        idle_seconds: float,
        ready: Callable[[TConn, bytes, int | None], None],
        refuse: Callable[[TConn], None],
        gone: Callable[[], None],
    ) -> None:
        self._poller = poller
        self._pace = pace
        self._idle = idle_seconds
        self._ready = ready
        self._refuse = refuse
        self._gone = gone
        self._waiting: dict[TConn, _Waiting] = {}
        self._lingering: dict[TConn, tuple[float, int]] = {}

    def gather(self, conn: TConn, already: bytes, head_seconds: float, *, tells_circuit: bool = False) -> None:
        """Wait for a request of which `already` has come; `tells_circuit`: after a line of Tor's."""
        now = time.monotonic()
        gathering = Gathering(tells_circuit=tells_circuit)
        self._waiting[conn] = _Waiting(gathering, now + head_seconds, now, self._pace)
        conn.sock.setblocking(False)
        self._poller.register(conn.sock, selectors.EVENT_READ, partial(self._arrived, conn))
        if already:
            self._take(conn, already)

    def linger(self, conn: TConn) -> None:
        """Close a connection, but let the other side read our answer first, and finish what it was saying.

        Closed at once with something unread, the answer would be lost with it (RFC 9112, section 9.6).
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
            return
        self._lingering[conn] = (time.monotonic() + LINGER_SECONDS, _MOST_LINGERING_BYTES)

    def sweep(self) -> None:
        """Close what is overdue."""
        now = time.monotonic()
        for conn, waiting in list(self._waiting.items()):
            if now > waiting.deadline:
                self._drop(conn)
        for conn, (deadline, _left) in list(self._lingering.items()):
            if now > deadline:
                self._drop(conn)

    def give_way(self) -> bool:
        """Close a connection, and tell whether there was one: one that is being closed, or has no whole head, or else
        the one that was silent for longest.
        """
        for conn in self._lingering:
            self._drop(conn)
            return True
        for conn, waiting in self._waiting.items():
            if not waiting.gathering.head_is_whole:
                self._drop(conn)
                return True
        if self._waiting:
            self._drop(min(self._waiting, key=lambda conn: self._waiting[conn].looked))
            return True
        return False

    def drop_silent(self) -> None:
        """Close the connections that have said nothing: the server stops."""
        for conn, waiting in list(self._waiting.items()):
            if not waiting.gathering.begun:
                self._drop(conn)

    def _arrived(self, conn: TConn, _sock: object) -> None:
        # Another event of the same round may have closed it.
        if conn not in self._waiting:
            return
        try:
            piece = conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if piece:
            self._take(conn, piece)
        else:
            self._drop(conn)

    def _take(self, conn: TConn, piece: bytes) -> None:
        waiting = self._waiting[conn]
        now = time.monotonic()
        try:
            if waiting.gathering.head_is_whole:
                waiting.watch.arrived(len(piece), now - waiting.looked)
            waiting.gathering.add(piece)
        except (TooSlow, LineRefused):
            self._drop(conn)
            return
        except HeadRefused:
            self._leave(conn)
            self._refuse(conn)
            return
        waiting.looked = now
        if waiting.gathering.is_enough:
            self._leave(conn)
            self._ready(conn, waiting.gathering.take(), waiting.gathering.circuit)
        elif waiting.gathering.head_is_whole:
            waiting.deadline = now + self._idle

    def _drain(self, conn: TConn, _sock: object) -> None:
        if conn not in self._lingering:
            return
        deadline, left = self._lingering[conn]
        try:
            size = len(conn.sock.recv(_PIECE))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size and left > size:
            self._lingering[conn] = (deadline, left - size)
        else:
            self._drop(conn)

    def _leave(self, conn: TConn) -> None:
        self._waiting.pop(conn, None)
        self._lingering.pop(conn, None)
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._leave(conn)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        conn.close()
        self._gone()
