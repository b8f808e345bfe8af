"""What is said of a host: one line for one thing that was looked at, with a name that machines can rely on."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from posture.machine import Machine


class Grade(StrEnum):
    """How a thing stands. `UNSEEN`: nobody can tell from here, which is not the same as right."""

    RIGHT = "right"
    WARNING = "warning"
    FAULT = "fault"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Verdict:
    """What a judge says of what it was shown."""

    grade: Grade
    sentence: str


@dataclass(frozen=True)
class Look:
    """One thing to look at. `name`: stable, for machines. `see` may raise Unseen, and nothing else on purpose."""

    name: str
    group: str
    why: str
    how: str
    see: Callable[[Machine], Verdict]


@dataclass(frozen=True)
class Line:
    """What one look gave. `why` it matters, and `how` to mend it, are there whatever the grade is."""

    name: str
    group: str
    grade: Grade
    sentence: str
    why: str
    how: str


def right(sentence: str) -> Verdict:
    """It is as it should be."""
    return Verdict(Grade.RIGHT, sentence)


def warning(sentence: str) -> Verdict:
    """Somebody should do something about it; it holds meanwhile."""
    return Verdict(Grade.WARNING, sentence)


def fault(sentence: str) -> Verdict:
    """A wall that the installer put up does not stand."""
    return Verdict(Grade.FAULT, sentence)
