"""One connection to the site on which answers are timed as they arrive, byte for byte: no client library in between."""

import re
import socket
import time
from urllib.parse import urlencode, urlsplit

from bench.source_client import SourceClient

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")
_PATIENCE_SECONDS = 60


class TimedLine:
    """Sends requests that were composed before, one after another, and says how long each answer took."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), _PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def time(self, request: bytes, status: int) -> int:
        """Return the nanoseconds from the first byte of a request to the last of its answer."""
        began = time.perf_counter_ns()
        self._socket.sendall(request)
        answer = self._socket.recv(65_536)
        while not _is_whole(answer):
            answer += self._socket.recv(65_536)
        took = time.perf_counter_ns() - began
        if not answer.startswith(b"HTTP/1.1 %d " % status):
            raise RuntimeError(f"{answer[:40]!r} and not {status}")
        return took


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(found and length and len(body) == int(length[1]))


def compose(client: SourceClient, method: str, path: str, values: dict[str, str] | None = None) -> bytes:
    """Return a request with the cookies that this source has now, as it goes over the wire."""
    body = urlencode(values or {}).encode("ascii")
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Cookie: visit={client.cookies['visit']}"]
    if values is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
