"""Who has a case before them just now: so that two people do not answer one source at once, each unaware of the other.

In memory, for a quarter of an hour, and nowhere else. What is known is when somebody was last shown the page, and
whether they have begun to write: they looked at a reply before sending it, put a template in, or were told that it
cannot be sent.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

RECENT_SECONDS = 15 * 60
_MOST_REMEMBERED = 10_000  # people in cases; the oldest is forgotten first


@dataclass(frozen=True)
class Seen:
    """Somebody who had the page, when (Unix seconds), and whether they write."""

    username: str
    at: int
    writes: bool


class Presence:
    """Who was shown which case."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], Seen] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, reference: str, username: str, moment: int, *, writes: bool) -> None:
        """Note that somebody has a case before them (Unix seconds). Who began to write goes on writing."""
        with self._lock:
            before = self._seen.pop((reference, username), None)
            goes_on = before is not None and before.writes and moment - before.at <= RECENT_SECONDS
            self._seen[reference, username] = Seen(username, moment, writes or goes_on)
            while len(self._seen) > _MOST_REMEMBERED:
                self._seen.popitem(last=False)

    def done(self, reference: str, username: str) -> None:
        """Note that somebody writes no more in a case: it is sent, kept or thrown away."""
        with self._lock:
            self._seen.pop((reference, username), None)

    def others(self, reference: str, username: str, among: Collection[str], moment: int) -> list[Seen]:
        """Return who else of these people had a case before them lately, the latest first."""
        with self._lock:
            held = [each for (case, _name), each in self._seen.items() if case == reference]
        return sorted(
            (
                each
                for each in held
                if each.username != username and each.username in among and moment - each.at <= RECENT_SECONDS
            ),
            key=lambda each: -each.at,
        )
