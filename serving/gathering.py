"""How much of a request must have come before a thread is given to it. Judges bytes; reads no socket.

A thread that waits for somebody slow is a thread nobody else has. So a request waits without one until its head is
whole, and, if its body is short, until the body is too: a codename, a letter without files. Only a long body, which
must not be held in memory, is read by a thread as it comes.

What is looked for here decides *when* a thread begins, and nothing else: what the request means is for the HTTP parser
to say, which reads the same bytes again. The one exception is Tor's own line before the first request of a connection
(`serving.proxy_line`): it is no part of the request, and stays here.
"""

import re

from serving.proxy_line import LONGEST_LINE, read_line

LARGEST_HEAD = 32 * 1024
LARGEST_GATHERED_BODY = 48 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_BARE_END = b"\n\n"
# However it is spelt: what is short must be seen to be short, or its sender would be given a thread to wait in.
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)


class HeadRefused(Exception):
    """The head is longer than any that a browser sends to us, or ends in bare line feeds: refuse the request."""


class Gathering:
    """The beginning of one request, as it comes. `circuit` is what Tor's line before it said, if one was to come."""

    def __init__(self, *, tells_circuit: bool = False) -> None:
        """`tells_circuit`: before the request comes Tor's line."""
        self._bytes = bytearray()
        self._wanted: int | None = None
        self._waits_for_line = tells_circuit
        self.circuit: int | None = None

    @property
    def begun(self) -> bool:
        """Tell whether anything has come."""
        return bool(self._bytes)

    @property
    def head_is_whole(self) -> bool:
        """Tell whether all of the head has come."""
        return self._wanted is not None

    @property
    def is_enough(self) -> bool:
        """Tell whether a thread can begin without waiting for a head or a short body."""
        return self._wanted is not None and len(self._bytes) >= self._wanted

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises HeadRefused, or LineRefused."""
        # The end may have come in two pieces.
        searched = max(0, len(self._bytes) - len(_END_OF_HEAD))
        self._bytes += piece
        if self._waits_for_line:
            if not self._take_line():
                return
            searched = 0
        if self._wanted is None:
            end = self._bytes.find(_END_OF_HEAD, searched)
            if end > LARGEST_HEAD or (end < 0 and len(self._bytes) > LARGEST_HEAD):
                raise HeadRefused
            # What ends so for another reader has no end here: it would be waited for until its time was over.
            if self._bytes.find(_BARE_END, searched, None if end < 0 else end) >= 0:
                raise HeadRefused
            if end >= 0:
                self._wanted = end + len(_END_OF_HEAD) + _short_body(bytes(self._bytes[: end + 2]))

    def _take_line(self) -> bool:
        """Take Tor's line off the beginning, if it is whole; tell whether it was. Raises LineRefused."""
        line = read_line(bytes(self._bytes[:LONGEST_LINE]))
        if line is None:
            return False
        self.circuit, self._waits_for_line = line.circuit, False
        del self._bytes[: line.length]
        return True

    def take(self) -> bytes:
        """Return all that has come; nothing of it stays here."""
        taken = bytes(self._bytes)
        self._bytes = bytearray()
        return taken


def _short_body(head: bytes) -> int:
    """Return how many bytes of body to wait for: none if the body is long, or if nothing says how long it is."""
    found = _LENGTH.search(head)
    # Who asks for leave first (`Expect`) gets none for a short body, and sends it all the same (RFC 9110, 10.1.1).
    if found is None:
        return 0
    length = int(found[1])
    return length if length <= LARGEST_GATHERED_BODY else 0
