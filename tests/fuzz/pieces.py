"""The bytes a fuzzer made, taken apart in order: choices first, then what is left as raw bytes."""

from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")


class Pieces:
    """Hands out an input from its beginning. Past its end everything is zero or empty: any bytes are an input."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Return the next byte."""
        return (self.take(1) or b"\x00")[0]

    def choose(self, choices: Sequence[Choice]) -> Choice:
        """Return one of `choices`, by the next byte."""
        return choices[self.byte() % len(choices)]

    def take(self, most: int) -> bytes:
        """Return the next bytes, at most so many."""
        taken = self._data[self._at : self._at + most]
        self._at += len(taken)
        return taken

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data))

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self._at < len(self._data)


class AwkwardBody:
    """A request body that comes in pieces of awkward sizes, whatever is asked for. It may break before its end."""

    def __init__(self, content: bytes, sizes: Sequence[int], breaks_at: int | None = None) -> None:
        """Give pieces of at most `sizes` bytes, in turn and again; raise OSError at byte `breaks_at`."""
        self._content = content
        self._sizes = sizes
        self._breaks_at = breaks_at
        self._at = 0
        self._turn = 0

    def read(self, most: int = -1) -> bytes:
        """Return the next piece, or nothing at the end."""
        if self._breaks_at is not None and self._at >= self._breaks_at:
            raise OSError("the connection was reset")
        size = self._sizes[self._turn % len(self._sizes)]
        self._turn += 1
        end = self._at + (size if most < 0 else min(size, most))
        if self._breaks_at is not None:
            end = min(end, self._breaks_at)
        piece = self._content[self._at : end]
        self._at += len(piece)
        return piece


SIZES: tuple[tuple[int, ...], ...] = ((65_536,), (1,), (7, 1, 64), (2, 3), (13,), (4_096, 1), (31, 32, 33), (3,))
