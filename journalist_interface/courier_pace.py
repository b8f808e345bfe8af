"""The pace of a run: so many bytes a second at most over all its roads together, so that a collection is no flood."""

import time
from collections.abc import Callable
from threading import Event, Lock


class Pace:
    """Lets bytes through at `rate` a second; 0 lets everything through. Several roads ask at once.

    It waits before something is asked for, never in the middle of it: a door must not take us for one that trickles.
    """

    def __init__(self, rate: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._free_at = clock()
        self._lock = Lock()

    @property
    def is_set(self) -> bool:
        """Tell whether there is a pace to keep."""
        return self._rate > 0

    def before(self, size: int, cut: Event) -> None:
        """Wait until `size` bytes may be exchanged, or until the road is cut."""
        if self._rate:
            cut.wait(self.take(size))

    def take(self, size: int) -> float:
        """Book `size` bytes and return in how many seconds it is their turn."""
        with self._lock:
            now = self._clock()
            begins = max(now, self._free_at)
            self._free_at = begins + size / self._rate
        return begins - now
