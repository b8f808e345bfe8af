"""How a case stands with somebody's safety: read from its timeline, judged without I/O.

Rules:
- Danger begins when a letter tells of it, or a reviewer raises it; it ends when a reviewer stands it down, and begins
  anew with the next letter that tells of it.
- With each beginning the checklist begins anew: what was done before may not be enough for what is told now. What was
  said before stands there still, and is said again with one choice.
- A letter that does not open counts as one that tells of danger: nobody can say that it does not.
- Where a letter told of danger, it is stood down only when every point has an answer. What a reviewer raised by hand is
  stood down with a reason alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from journalist_interface.case_documents import Document, LetterDocument, NoteDocument
from journalist_interface.casework.safety_note import Point, PointAnswer, Said, Step, Telling
from journalist_interface.letter_opening import Danger, danger_in
from store.desk.items import ItemKind

# Points that telling somebody answers, or a day: there is nothing to tick, there is something to do.
ANSWERED_BY_DOING = frozenset({Point.HELP, Point.COLLEAGUE, Point.SUPERVISOR, Point.AGAIN})


@dataclass(frozen=True)
class Happened:
    """One item of the timeline. `document` is None if it does not open."""

    kind: str
    made_at: int
    document: Document | None


@dataclass(frozen=True)
class Deed:
    """What somebody did with a word of why: raised danger, or stood it down. `at` in Unix seconds."""

    author: str
    at: int
    words: str = field(repr=False)


@dataclass(frozen=True)
class Answered:
    """What stands at a point: who said it and when (Unix seconds), and at which place of the timeline.

    `is_earlier`: danger began anew since, so that it is to be said again.
    """

    answer: PointAnswer
    author: str
    at: int
    place: int
    is_earlier: bool


@dataclass(frozen=True)
class Told:
    """Who was told, with the way; `author` noted it. `is_earlier` as above."""

    telling: Telling
    way: str = field(repr=False)
    author: str
    is_earlier: bool


@dataclass(frozen=True)
class Safety:
    """How a case stands. `told` is the greatest danger that a letter of it told of since danger was stood down last.

    `raised` and `stood_down` are None unless that is how it stands. `is_told`: a letter told of danger this time.
    """

    told: Danger = Danger.NONE
    is_told: bool = False
    raised: Deed | None = None
    stood_down: Deed | None = None
    answers: dict[Point, Answered] = field(default_factory=dict)
    tellings: tuple[Told, ...] = ()

    @property
    def open_points(self) -> tuple[Point, ...]:
        """The points without an answer since danger began last."""
        return tuple(point for point in Point if point not in self.answers or self.answers[point].is_earlier)

    @property
    def was_begun(self) -> bool:
        """Whether there is anything to show of a checklist."""
        return bool(self.answers or self.tellings)


def safety_of(timeline: Iterable[Happened]) -> Safety:
    """Return how a case stands, from its items in their order."""
    reading = _Reading()
    for place, happened in enumerate(timeline, start=1):
        reading.read(place, happened)
    begun = reading.begun_at
    return Safety(
        told=reading.told,
        is_told=reading.is_told,
        raised=reading.raised,
        stood_down=reading.stood_down,
        answers={
            point: Answered(answer, author, at, place, place < begun)
            for point, (answer, author, at, place) in reading.answers.items()
        },
        tellings=tuple(Told(telling, way, author, place < begun) for telling, way, author, place in reading.tellings),
    )


class _Reading:
    """What was read of a timeline so far."""

    def __init__(self) -> None:
        self.begun_at = 0
        self.told = Danger.NONE
        self.is_told = False
        self.raised: Deed | None = None
        self.stood_down: Deed | None = None
        self.answers: dict[Point, tuple[PointAnswer, str, int, int]] = {}
        self.tellings: list[tuple[Telling, str, str, int]] = []

    def read(self, place: int, happened: Happened) -> None:
        document = happened.document
        if document is None and happened.kind == ItemKind.LETTER.value:
            self._begin(place, Danger.NONE)
        elif isinstance(document, LetterDocument):
            danger = danger_in(document)
            if danger is not Danger.NONE:
                self._begin(place, danger)
        elif isinstance(document, NoteDocument) and document.safety is not None:
            self._step(place, happened.made_at, document)

    def _begin(self, place: int, danger: Danger) -> None:
        self.begun_at, self.is_told, self.stood_down = place, True, None
        self.told = max(self.told, danger)

    def _step(self, place: int, at: int, note: NoteDocument) -> None:
        step = note.safety
        if step is None:
            return
        match step.step:
            case Step.RAISE:
                self.begun_at, self.raised, self.stood_down = place, Deed(note.author, at, note.text), None
            case Step.STAND_DOWN:
                self.told, self.is_told, self.raised = Danger.NONE, False, None
                self.stood_down = Deed(note.author, at, note.text)
            case Step.LOOK_AGAIN:
                self._answer(place, at, note.author, PointAnswer(Point.AGAIN, Said.DONE, step.day))
            case Step.TELL if step.telling is not None:
                self.tellings.append((step.telling, note.text, note.author, place))
                self._answer(place, at, note.author, PointAnswer(step.telling.whom.point, Said.DONE))
            case _:
                for answer in step.answers:
                    self._answer(place, at, note.author, answer)

    def _answer(self, place: int, at: int, author: str, answer: PointAnswer) -> None:
        if answer.point is Point.AGAIN and answer.said is Said.DONE and not answer.words:
            # The day was taken away: there is no plan any more.
            self.answers.pop(Point.AGAIN, None)
            return
        self.answers[answer.point] = (answer, author, at, place)
