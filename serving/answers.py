"""How an answer is written: every head of one weight, and head and body in one piece.

- A head is padded to `HEAD_SIZE` bytes, or the next multiple of `HEAD_STEP`, by a field that means nothing. It is done
  here, where the head is written: nobody else knows its exact bytes. So "found", "not found", "refused" and "look over
  there" have one weight, and whoever makes a page pads the page alone (docs/adr/0014).
- No server name, and no date, whose skew could tell one host from another.
- The head leaves together with the first piece of the body. Two writes are two chances for Tor to fill a cell half, and
  the gap between them tells how busy the host is.
"""

from typing import Any

from gunicorn.http import wsgi

from serving.gathering import LARGEST_GATHERED_BODY

HEAD_SIZE = 2048  # bytes
HEAD_STEP = 512  # bytes
PADDING_FIELD = "X-Padding"


def pad_head(lines: str) -> bytes:
    """Return a whole head, with the empty line after it, from its status line and fields, each with its line end."""
    bare = lines.encode("latin-1")
    frame = f"{PADDING_FIELD}: \r\n\r\n".encode("ascii")
    size = HEAD_SIZE
    while size < len(bare) + len(frame):
        size += HEAD_STEP
    missing = size - len(bare) - len(frame)
    # Not spaces: the value's end is trimmed by whoever reads it.
    return bare + f"{PADDING_FIELD}: {'0' * missing}\r\n\r\n".encode("ascii")


class OnionResponse(wsgi.Response):
    """An answer of which nothing is sent before its head and the first piece of its body are both there."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = b""

    def default_headers(self) -> list[str]:
        """Return the lines that every head begins with."""
        if _unread_bytes(self.req) > LARGEST_GATHERED_BODY:
            # The rest will not be waited for, so this connection cannot be used again: the head must not promise it.
            self.force_close()
        major, minor = self.req.version or (1, 1)
        head = [
            f"HTTP/{major}.{minor} {self.status}\r\n",
            f"Connection: {'close' if self.should_close() else 'keep-alive'}\r\n",
        ]
        if self.chunked:
            head.append("Transfer-Encoding: chunked\r\n")
        return head

    def send_headers(self) -> None:
        """Keep the head until there is something to send with it."""
        if not self.headers_sent:
            fields = [f"{name}: {value}\r\n" for name, value in self.headers]
            self._head = pad_head("".join([*self.default_headers(), *fields]))
            self.headers_sent = True

    def sendfile(self, _answer: object) -> bool:
        """Never: the kernel would send the file without the head that is kept here."""
        return False

    def close(self) -> None:
        """End the answer; a head that had no body goes alone."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, piece: bytes) -> None:
        whole, self._head = self._head + piece, b""
        if whole:
            self.sock.sendall(whole)


def _unread_bytes(request: Any) -> int:
    """Return how many bytes of the body the application has left unread."""
    return int(getattr(request.body.reader, "length", 0))
