"""Has a source taken the report back? Judged from the days of the letters alone, without I/O.

A source who withdrew and writes again has it read again; so the last letter counts. Letters are opened in any order and
carry a day and no time: of two of one day nobody knows which came last, and the withdrawal counts until a later one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Dated(Protocol):
    """What is looked at of a letter."""

    @property
    def day(self) -> str:
        """The day it was sent, YYYY-MM-DD."""

    @property
    def withdraws(self) -> bool:
        """Whether it takes the report back."""


@dataclass(frozen=True)
class Withdrawn:
    """The report was withdrawn on `day`; `beside_others`: another letter of that very day stands in the case."""

    day: str
    beside_others: bool


def withdrawal_in(letters: Iterable[Dated]) -> Withdrawn | None:
    """Return the withdrawal that holds, or None."""
    found = tuple(letters)
    day = max((letter.day for letter in found if letter.withdraws), default="")
    others = {letter.day for letter in found if not letter.withdraws}
    if not day or max(others, default="") > day:
        return None
    return Withdrawn(day, beside_others=day in others)
