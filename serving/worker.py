"""A gunicorn thread worker for an onion service: slow clients hold a thread, never the site; and nobody is told of.

- A connection that sends nothing for `IDLE_SECONDS` is dropped (SO_RCVTIMEO outlives gunicorn's switching of blocking
  modes). Tor circuits do stall, so it is generous.
- A request's head must be whole after `HEAD_SECONDS`: gunicorn alone never times half a head out.
- What gunicorn itself would say of a bad request (its name, its version, the address) is said blandly, and logged
  nowhere.
"""

import contextlib
import socket
import struct
import time
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from serving.answers import OnionResponse
from serving.request_head import check_head

IDLE_SECONDS = 120
HEAD_SECONDS = 30
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 55\r\n\r\n"
    b"This request cannot be read. Please go back and retry.\n"
)


class OnionWorker(ThreadWorker):
    """gthread with a time limit on silence and on a request's head, and without a word about the client."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting_for_head: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Bound the silence on a connection, and queue it."""
        limit = struct.pack("ll", IDLE_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        if conn.sock.family != socket.AF_UNIX:
            # Without this the second write of a long answer waits 40 ms for the first's acknowledgement.
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Start the clock of a request: here, not in the queue, where it waits for others and not they for it."""
        self._waiting_for_head[conn] = time.monotonic() + HEAD_SECONDS
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Serve a request whose head is whole, if it can mean one thing only."""
        self._waiting_for_head.pop(conn, None)
        check_head(req.uri, req.version, req.headers)
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Forget the connection's clock."""
        self._waiting_for_head.pop(conn, None)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Cut the connections whose head is overdue; gunicorn calls this every second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in list(self._waiting_for_head.items()):
            # Whoever takes the clock away decides: a head that became whole just now is answered, never cut.
            if now > deadline and self._waiting_for_head.pop(conn, None) is not None:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        """Answer a request that is no HTTP with one bland page."""
        with contextlib.suppress(OSError):
            client.sendall(_BAD_REQUEST)


# gunicorn has no setting for it.
wsgi.Response = OnionResponse  # type: ignore[misc]
