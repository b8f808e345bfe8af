"""Cover: what a run must weigh so that nobody at the line can tell whether anything waited. Decided without I/O.

A run over a line that somebody may watch consists of exchanges of few sizes, each padded to its size:

- *small posts* (confirmations, announcements) of 4 KiB, *large posts* (deliveries, files) in units of 64 KiB;
- *small answers* of 64 KiB, one for each letter, and *pieces* of 512 KiB, in which everything larger comes.

How many there are of each kind is a class as well: a least number, doubled until everything fits. What is missing to
the class is made up with exchanges that carry nothing. An observer learns the class, and that it was reached.
"""

from dataclasses import dataclass, field
from enum import Enum
from threading import Lock

LIST_ANSWER = 16 * 1024  # bytes: a list of nothing, or of some forty submissions
WORD_ANSWER = 4 * 1024  # bytes
# A day with four letters looks like one with none.
LEAST_SMALL = 4


class Exchange(Enum):
    """A kind of exchange, as whoever counts bytes on the line tells them apart: which way, and how many bytes."""

    SMALL_POST = ("up", 4 * 1024)
    LARGE_POST = ("up", 64 * 1024)
    SMALL_ANSWER = ("down", 64 * 1024)
    PIECE = ("down", 512 * 1024)

    @property
    def is_post(self) -> bool:
        """Tell whether its bytes go to the source host."""
        return self.value[0] == "up"

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.value[1]


@dataclass
class Cover:
    """Counts one run. `least` is how many bytes the pieces weigh at least; 0 means that there is no cover.

    Several roads count at once. `is_known` turns false when the door turns out to be too old for padding.
    """

    least: int = 0
    is_known: bool = True
    _counts: dict[Exchange, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def is_lacking(self) -> bool:
        """Tell whether this run was to be covered, and the door could not."""
        return self.least > 0 and not self.is_known

    @property
    def is_on(self) -> bool:
        """Tell whether this run is covered."""
        return self.least > 0 and self.is_known

    def note(self, kind: Exchange, times: int = 1) -> None:
        """Count what is about to be exchanged."""
        with self._lock:
            self._counts[kind] = self._counts.get(kind, 0) + times

    def count(self, kind: Exchange) -> int:
        """Return how many exchanges of a kind there were so far."""
        with self._lock:
            return self._counts.get(kind, 0)

    def missing(self, kind: Exchange) -> int:
        """Return how many exchanges of a kind are missing to the class of this run; none without cover."""
        if not self.is_on:
            return 0
        count = self.count(kind)
        return size_class(count, self._least_of(kind)) - count

    def posted(self, document: bytes, kind: Exchange) -> bytes:
        """Count a document, and return it with spaces to the next multiple of its kind; as it is without cover."""
        size = rounded(len(document), kind.size)
        self.note(kind, size // kind.size)
        return document.ljust(size, b" ") if self.is_on else document

    def _least_of(self, kind: Exchange) -> int:
        if kind is Exchange.PIECE:
            return rounded(self.least, kind.size) // kind.size
        return 1 if kind is Exchange.LARGE_POST else LEAST_SMALL


def answer_for(size: int) -> Exchange:
    """Return in what kind of answers a blob of `size` bytes comes."""
    return Exchange.SMALL_ANSWER if size <= Exchange.SMALL_ANSWER.size else Exchange.PIECE


def size_class(count: int, least: int) -> int:
    """Return the first of `least`, twice, four times … as much that is not below `count`."""
    found = least
    while found < count:
        found *= 2
    return found


def rounded(size: int, unit: int) -> int:
    """Return the next multiple of `unit`; of nothing, one unit."""
    return max(1, -(-size // unit)) * unit
