"""The least pace at which a request's body must come: whoever trickles more slowly is cut off, whoever stalls is not.

Rules:
- Only the time spent waiting for the other side counts. Our own slowness (a disk, gpg) is nobody's fault.
- It is an average over a generous window of such waiting: Tor circuits stall, and then bring more at once.
- The watch judges and is told; it opens no socket and asks no clock.
"""

import errno
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """At least `bytes_per_second` on average over every `window_seconds` of waiting."""

    bytes_per_second: int = 500
    window_seconds: int = 300


class TooSlow(OSError):
    """The body comes more slowly than the least pace: treat the connection as broken."""

    def __init__(self) -> None:
        # The number of a connection that was reset: to whoever reads the body it is one.
        super().__init__(errno.ECONNRESET, "the body comes too slowly")


class PaceWatch:
    """Watches one connection. Its first window begins with the first piece."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._bytes = 0
        self._waited = 0.0

    def arrived(self, size: int, waited_seconds: float) -> None:
        """Count a piece of `size` bytes that was waited for so long. Raises TooSlow at the end of a poor window."""
        self._bytes += size
        self._waited += waited_seconds
        if self._waited < self._pace.window_seconds:
            return
        if self._bytes < self._pace.bytes_per_second * self._waited:
            raise TooSlow
        self._bytes, self._waited = 0, 0.0
