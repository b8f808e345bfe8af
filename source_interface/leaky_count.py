"""A count that runs out by itself: so many at once, and then as many more as time has gone. Asks no clock.

A bucket with a hole (ITU-T I.371, "generic cell rate algorithm"): two numbers, however much is counted, where a list of
times would grow with it, and would be a list of times.
"""


class LeakyCount:
    """Counts up to `most`, which run out evenly over `seconds`."""

    __slots__ = ("_at", "_level", "_most", "_seconds")

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._level = 0.0
        self._at = 0.0

    def add(self, now: float, count: int = 1) -> bool:
        """Count one more, or `count`, and tell whether there was room for it; without, nothing is counted.

        What counts for more than there can ever be finds room once nothing counts: nobody is shut out for good.
        """
        level = self._left(now)
        if level > max(0, self._most - count):
            return False
        self._level, self._at = level + count, now
        return True

    def take_back(self, now: float) -> None:
        """Uncount one."""
        self._level, self._at = max(0.0, self._left(now) - 1), now

    def _left(self, now: float) -> float:
        return max(0.0, self._level - (now - self._at) * self._most / self._seconds)
