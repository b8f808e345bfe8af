"""Which cases of a board a list shows, and in which order: from the words of an address, judged without I/O.

What does not read as a choice chooses nothing: an old bookmark shows a list, and says what it is a list of.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from journalist_interface.case_card import Card
from journalist_interface.casework.board import BoardCase
from journalist_interface.casework.deadlines import Due, Rules, Urgency, dues_of, dues_together, urgency_of
from journalist_interface.casework.retention import Fate, Periods, fate_of
from journalist_interface.casework.work import Priority, Work
from keys.letter import TOPICS
from keys.statuses import SET_BY_THE_DESK, Status

ME, NOBODY = "me", "nobody"
OPEN, ANY = "open", "any"
_LONGEST = 200  # characters
_LAST = "\U0010ffff"  # sorts after every word
_DUE = {"soon": Urgency.SOON, "overdue": Urgency.OVERDUE}
# What a list can be narrowed to: those whose end is near or over, that day alone, those without one, those held.
FATES = {
    "warned": (Fate.SOON, Fate.DUE),
    "due": (Fate.DUE,),
    "undated": (Fate.UNDATED,),
    "held": (Fate.HELD,),
}
_PRIORITIES = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}


@dataclass(frozen=True)
class ListedCase:
    """A case of a list, what is due of it, the earliest first, and how near it is to its end."""

    case: BoardCase
    dues: tuple[Due, ...]
    fate: Fate = Fate.OPEN

    @property
    def card(self) -> Card | None:
        """Its card, or None if it does not open."""
        return self.case.card

    @property
    def urgency(self) -> Urgency:
        """How near its nearest deadline is."""
        return urgency_of(self.dues)

    @property
    def work(self) -> Work:
        """How far the work on it is."""
        return self.case.work


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; an empty field narrows nothing. `is_*`: only those that are."""

    status: str = OPEN
    words: str = ""
    topic: str = ""
    assignee: str = ""
    tag: str = ""
    priority: str = ""
    due: str = ""
    is_danger: bool = False
    is_unread: bool = False
    is_unanswered: bool = False
    is_waiting: bool = False
    fate: str = ""
    is_reminder: bool = False  # of whoever looks: a day to look again that they set themselves
    sort: str = "change"

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> "Filter":
        """Return the filter that an address asks for."""
        return cls(
            words=untrusted.get("words", "").strip()[:_LONGEST],
            assignee=untrusted.get("assignee", "")[:_LONGEST],
            tag=untrusted.get("tag", "")[:_LONGEST],
            status=_one_of(untrusted.get("status"), {OPEN, ANY, *SET_BY_THE_DESK}, OPEN),
            topic=_one_of(untrusted.get("topic"), TOPICS, ""),
            priority=_one_of(untrusted.get("priority"), set(Priority), ""),
            due=_one_of(untrusted.get("due"), _DUE, ""),
            is_danger=untrusted.get("is_danger") == "1",
            is_unread=untrusted.get("is_unread") == "1",
            is_unanswered=untrusted.get("is_unanswered") == "1",
            is_waiting=untrusted.get("is_waiting") == "1",
            fate=_one_of(untrusted.get("fate"), FATES, ""),
            is_reminder=untrusted.get("is_reminder") == "1",
            sort=_one_of(untrusted.get("sort"), SORTS, "change"),
        )

    def query(self, **other: object) -> str:
        """Return this filter as the query of an address, without what is as usual; `other` in the place of its own."""
        chosen = {each.name: getattr(self, each.name) for each in fields(self)} | other
        usual = {each.name: each.default for each in fields(self)} | {"page": 1}
        said = {name: "1" if value is True else value for name, value in chosen.items() if value != usual.get(name)}
        return urlencode(said)

    @property
    def narrows(self) -> bool:
        """Whether it chooses anything but the cases that are open."""
        return replace(self, sort="change") != Filter()

    def holds(self, listed: ListedCase, username: str) -> bool:
        """Tell whether a case belongs into the list of this reviewer."""
        case, work = listed.case, listed.case.work
        card = case.card
        if card is None:
            # It must not hide: it stands in every list that its status belongs to and that is not narrowed further.
            return not replace(self, status=OPEN).narrows and _has_status(case.status, self.status)
        wanted = {ME: username, NOBODY: ""}.get(self.assignee, self.assignee)
        return (
            _has_status(case.status, self.status)
            and (not self.topic or self.topic in card.topics)
            and (not self.assignee or work.assignee == wanted)
            and (not self.tag or self.tag in work.tags)
            and (not self.priority or work.priority == self.priority)
            and (not self.due or listed.urgency is _DUE[self.due])
            and (not self.is_danger or card.danger is True)
            and (not self.is_unread or card.unread > 0)
            and (not self.is_unanswered or bool(work.unanswered))
            and (not self.is_waiting or bool(work.waiting))
            and (not self.fate or listed.fate in FATES[self.fate])
            and (not self.is_reminder or (bool(work.look_again) and work.look_again_by == username))
            and (not self.words or _mentions(case, self.words))
        )


def with_dues(
    cases: Iterable[BoardCase], rules: Rules, today: str, warn_days: int = Periods().warn_days
) -> list[ListedCase]:
    """Return each case with what is due of it, and of its parts; and how near it is to its end."""
    return [ListedCase(case, _dues(case, rules, today), fate_of(case.work, warn_days, today)) for case in cases]


def list_board(cases: Iterable[ListedCase], chosen: Filter, username: str) -> list[ListedCase]:
    """Return the cases of a list in its order."""
    found = [each for each in cases if chosen.holds(each, username)]
    # Sorting is stable: what is equal stands by its last change, and what changed in one second by its id.
    found.sort(key=lambda each: (-each.case.changed_at, each.case.id))
    if chosen.sort != "change":
        found.sort(key=SORTS[chosen.sort])
    return found


def _dues(case: BoardCase, rules: Rules, today: str) -> tuple[Due, ...]:
    if not case.members:
        return dues_of(case.work, is_one_way=case.is_one_way, rules=rules, today=today)
    return dues_together(
        dues_of(each.work, is_one_way=each.is_one_way, rules=rules, today=today) for each in case.members
    )


def _name(listed: ListedCase) -> str:
    return "" if listed.case.card is None else listed.case.card.name


def _last_if_empty(word: str) -> str:
    return word or _LAST


SORTS: dict[str, Callable[[ListedCase], int | str]] = {
    "change": lambda each: -each.case.changed_at,
    "due": lambda each: each.dues[0].day if each.dues else _last_if_empty(""),
    "end": lambda each: _last_if_empty(each.work.keep_until),
    "received": lambda each: _last_if_empty(each.work.received),
    "priority": lambda each: _PRIORITIES[each.work.priority],
    "name": _name,
    "assignee": lambda each: _last_if_empty(each.work.assignee),
}


def _has_status(status: str, wanted: str) -> bool:
    return wanted == ANY or (status != Status.CLOSED.value if wanted == OPEN else status == wanted)


def _mentions(case: BoardCase, words: str) -> bool:
    if case.card is None:
        return False
    names = [each.card.name for each in case.members or (case,) if each.card is not None]
    references = [each.reference for each in case.members or (case,)]
    text = " ".join((*names, *references, *case.work.tags)).casefold()
    return all(word in text for word in words.casefold().split())


def _one_of(untrusted: str | None, choices: Iterable[str], usual: str) -> str:
    return untrusted if untrusted is not None and untrusted in {str(each) for each in choices} else usual
