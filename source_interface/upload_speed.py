"""How long an upload still takes, from how much came in the last minute: Tor's circuits are fast and slow by turns."""

from collections import deque

_WINDOW_SECONDS = 60.0
_SAMPLE_SECONDS = 1.0
_LEAST_SECONDS = 3.0  # before that any number would be a guess


class Speed:
    """Samples of how many bytes had come by when. Pure: it is told the time."""

    def __init__(self, now: float) -> None:
        self._samples: deque[tuple[float, int]] = deque([(now, 0)])

    def note(self, now: float, received: int) -> None:
        """Take a sample, at most one a second; those older than a minute go."""
        if now - self._samples[-1][0] < _SAMPLE_SECONDS:
            return
        self._samples.append((now, received))
        while now - self._samples[0][0] > _WINDOW_SECONDS and len(self._samples) > 2:
            self._samples.popleft()

    def seconds_left(self, total: int) -> int | None:
        """Return how many seconds `total` bytes still take at this speed, or None if that cannot be told yet."""
        (began, before), (ended, received) = self._samples[0], self._samples[-1]
        if ended - began < _LEAST_SECONDS or received <= before:
            return None
        return max(0, round((total - received) * (ended - began) / (received - before)))
