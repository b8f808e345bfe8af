"""A gunicorn thread worker for an onion service: slow clients cost it little, and nobody is told of.

- A connection has no thread until its request is here: whole, or but for a long body (`serving.waiting_room`).
- A connection that sends nothing for `IDLE_SECONDS` is dropped (SO_RCVTIMEO outlives gunicorn's switching of blocking
  modes). Tor circuits do stall, so it is generous.
- A request's head must be whole after `HEAD_SECONDS`: gunicorn alone never times half a head out.
- Where connections come from Tor, each begins with Tor's line on its circuit; one that does not is closed unanswered.
  gunicorn's own `proxy_protocol` reads it in a thread, and would make an address of the number, to be printed.
- A body must keep the least pace (`serving.pace`), whatever part of the application reads it.
- What gunicorn itself would say of a bad request (its name, its version, the address) is said blandly, and logged
  nowhere.
"""

import contextlib
import socket
import struct
import time
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from serving.answers import OnionResponse, pad_head
from serving.headers import COMMON_HEADERS
from serving.pace import Pace, PaceWatch
from serving.request_head import check_head
from serving.told_circuits import ToldCircuits
from serving.waiting_room import WaitingRoom

IDLE_SECONDS = 120
HEAD_SECONDS = 30
# How long a thread waits for what is left of a body that the application did not want.
_DRAIN_SECONDS = 0.2
_SWEEP_SECONDS = 0.5
_DAMAGED = b"Something your browser sent was damaged. Nothing was kept.\n"


def _bad_request() -> bytes:
    fields = {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(_DAMAGED)),
        **COMMON_HEADERS,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return pad_head(f"HTTP/1.1 400 Bad Request\r\n{lines}") + _DAMAGED


BAD_REQUEST = _bad_request()


class PacedUnreader(SocketUnreader):
    """Reads from a connection, and raises TooSlow when it comes more slowly than the least pace."""

    def __init__(self, sock: socket.socket, pace: Pace, begun: bytes) -> None:
        """`begun` has been read from it already."""
        super().__init__(sock)
        self._watch = PaceWatch(pace)
        self.unread(begun)

    def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:  # noqa: ARG002
        """Return the next `size` bytes, or whatever is here.

        Without reading ahead: gunicorn copies all that was read ahead once more for every piece that is asked for.
        """
        found: bytes = super().read(size)
        return found

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next piece."""
        before = time.monotonic()
        piece = super().chunk(size_hint)  # type: ignore[call-arg]  # the stubs are older than this gunicorn
        self._watch.arrived(len(piece), time.monotonic() - before)
        return piece


class OnionWorker(ThreadWorker):
    """gthread with limits on silence, on a request's head and on trickling, and without a word about the client."""

    pace = Pace()
    from_tor = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting_for_head: dict[TConn, float] = {}
        self._begun: dict[TConn, bytes] = {}
        self._next_sweep = 0.0
        self._circuits = ToldCircuits()
        self._room: WaitingRoom

    def run(self) -> None:
        """Serve until the end."""
        self._room = WaitingRoom(self.poller, self.pace, IDLE_SECONDS, self._give_thread, self._refuse, self._gone)
        super().run()

    def load_wsgi(self) -> None:
        """Load the application, as one that is told of circuits where Tor tells of them."""
        super().load_wsgi()
        if self.from_tor:
            self.wsgi = self._circuits.telling(self.wsgi)

    def enqueue_req(self, conn: TConn) -> None:
        """Bound the silence on a connection, and wait for its next request."""
        limit = struct.pack("ll", IDLE_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        if conn.sock.family != socket.AF_UNIX:
            # Without this the second write of a long answer waits 40 ms for the first's acknowledgement.
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        read_ahead = b"" if conn.parser is None else _parser(conn).unreader.take_buffered()
        first = self.from_tor and not self._circuits.knows(conn.sock)
        self._room.gather(conn, read_ahead, HEAD_SECONDS, tells_circuit=first)

    def _give_thread(self, conn: TConn, begun: bytes, circuit: int | None) -> None:
        if circuit is not None:
            self._circuits.note(conn.sock, circuit)
        self._begun[conn] = begun
        # It has been waited for already.
        conn.data_ready = True
        super().enqueue_req(conn)

    def _refuse(self, conn: TConn) -> None:
        self.handle_error(None, conn.sock, None, ValueError("not a request"))
        self._room.linger(conn)

    def _gone(self) -> None:
        self.nr_conns -= 1

    def handle(self, conn: TConn) -> Any:
        """Start the clock of a request and hand over what has come of it."""
        self._waiting_for_head[conn] = time.monotonic() + HEAD_SECONDS
        begun = self._begun.pop(conn, b"")
        try:
            conn.sock.setblocking(True)
            conn.init()
            _parser(conn).unreader = PacedUnreader(conn.sock, self.pace, begun)
        except OSError:
            return False
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Serve a request whose head is whole, if it can mean one thing only."""
        self._waiting_for_head.pop(conn, None)
        check_head(req.uri, req.version, req.headers)
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Tell whether the connection can be used again; gunicorn would hold the thread for five seconds to see."""
        if not keepalive:
            return False
        return bool(_parser(conn).finish_body(deadline=time.monotonic() + _DRAIN_SECONDS))

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Forget the connection's clock, and wait for its next request or close it, without holding anybody up."""
        self._waiting_for_head.pop(conn, None)
        self._begun.pop(conn, None)
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._room.linger(conn)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Cut what is overdue, make room for the next connection; gunicorn calls this after every round of events."""
        super().murder_pending()
        if self.nr_conns >= self.worker_connections and not self._room.give_way() and self.keepalived_conns:
            # Its browser opens another one when it needs it.
            self.keepalived_conns[0].timeout = 0
            self.murder_keepalived()
        if not self.alive:
            self._room.drop_silent()
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        self._room.sweep()
        for conn, deadline in list(self._waiting_for_head.items()):
            # Whoever takes the clock away decides: a head that became whole just now is answered, never cut.
            if now > deadline and self._waiting_for_head.pop(conn, None) is not None:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        """Answer a request that is no HTTP with one bland page."""
        with contextlib.suppress(OSError):
            client.sendall(BAD_REQUEST)


def _parser(conn: TConn) -> Any:
    # Typed as any of gunicorn's protocols; only HTTP/1 is ever switched on here.
    return conn.parser


# gunicorn has no setting for it.
wsgi.Response = OnionResponse  # type: ignore[misc]
