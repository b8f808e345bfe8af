"""What a note on somebody's safety says besides its words: one step of looking after somebody who may be in danger.

Each step is a note of the timeline like any other, with this sealed in it: nothing in clear tells a case in which
somebody may be in danger from one in which a colleague was told of a parking space (docs/adr/0044).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from keys.strict_json import Fields

LONGEST_WORD = 1_000  # characters of what is said at one point, or of a way
_MOST_SECONDS = 1 << 40


class Step(StrEnum):
    """What somebody did."""

    RAISE = "raise"
    ANSWER = "answer"
    TELL = "tell"
    LOOK_AGAIN = "look-again"
    STAND_DOWN = "stand-down"


class Point(StrEnum):
    """The points of the checklist, in their order."""

    REACH = "reach"
    WHO = "who"
    SIGNS = "signs"
    HELP = "help"
    SOURCE = "source"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"
    AGAIN = "again"


class Said(StrEnum):
    """What was said at a point."""

    DONE = "done"
    DOES_NOT_APPLY = "does-not-apply"


class Whom(StrEnum):
    """Who was told."""

    EMERGENCY = "emergency"
    ABUSE_SERVICE = "abuse-service"
    OTHER_FORCE = "other-force"
    IOPC = "iopc"
    SAFEGUARDING = "safeguarding"
    OTHER = "other"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"

    @property
    def point(self) -> Point:
        """The point of the checklist that telling them answers."""
        return {Whom.COLLEAGUE: Point.COLLEAGUE, Whom.SUPERVISOR: Point.SUPERVISOR}.get(self, Point.HELP)


@dataclass(frozen=True)
class PointAnswer:
    """What was said at one point, and the word to it."""

    point: Point
    said: Said
    words: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"point": self.point.value, "said": self.said.value, "words": self.words}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the answer in a JSON object. Raises Malformed."""
        fields = Fields(value, "answer")
        answer = cls(
            Point(fields.one_of("point", frozenset(Point))),
            Said(fields.one_of("said", frozenset(Said))),
            fields.text("words", LONGEST_WORD),
        )
        fields.end()
        return answer


@dataclass(frozen=True)
class Telling:
    """Who was told, by which reviewer, and when (Unix seconds). The way stands in the note's words."""

    whom: Whom
    by: str
    at: int

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"whom": self.whom.value, "by": self.by, "at": self.at}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return what is in a JSON object. Raises Malformed."""
        fields = Fields(value, "telling")
        telling = cls(
            Whom(fields.one_of("whom", frozenset(Whom))), fields.text("by", 64), fields.integer("at", _MOST_SECONDS)
        )
        fields.end()
        return telling


@dataclass(frozen=True)
class SafetyNote:
    """One step. `answers` of ANSWER, `telling` of TELL; `day` (YYYY-MM-DD, or empty: none any more) of LOOK_AGAIN."""

    step: Step
    answers: tuple[PointAnswer, ...] = ()
    telling: Telling | None = None
    day: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "step": self.step.value,
            "answers": [answer.to_json() for answer in self.answers],
            "telling": None if self.telling is None else self.telling.to_json(),
            "day": self.day,
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the step in a JSON object. Raises Malformed."""
        fields = Fields(value, "safety")
        step = Step(fields.one_of("step", frozenset(Step)))
        answers = fields.list_of("answers", len(Point), PointAnswer.from_json)
        telling = fields.value("telling")
        note = cls(step, answers, None if telling is None else Telling.from_json(telling), fields.day_or_empty("day"))
        fields.end()
        return note
