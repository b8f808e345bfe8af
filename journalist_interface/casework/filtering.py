"""Which cases of a board a list shows, and in which order: from the words of a form or address, judged without I/O.

What does not read as a choice chooses nothing: an old bookmark shows a list, and says what it is a list of.

An address holds choices alone, the same for everybody. What somebody typed, a tag and a colleague's name are `Spoken`:
a browser keeps addresses and shows them to whoever sits down next, so they stand in none (kept_lists.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from urllib.parse import urlencode

from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.deadlines import Urgency
from journalist_interface.casework.kept_lists import Spoken
from journalist_interface.casework.listing import ListedCase, Listing
from journalist_interface.casework.retention import Fate
from journalist_interface.casework.work import Priority
from keys.letter import TOPICS
from keys.statuses import SET_BY_THE_DESK, Status

ME, NOBODY = "me", "nobody"
OPEN, ANY = "open", "any"
LONGEST = 200  # characters
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
_ANYBODYS = frozenset({"", ME, NOBODY})  # who works on it, as everybody may say it

Fits = Callable[[ListedCase], bool]


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; an empty field narrows nothing. `is_*`: only those that are.

    `since` and `until` are days of this host (YYYY-MM-DD) between which the first letter came, both included.
    """

    status: str = OPEN
    words: str = ""
    topic: str = ""
    assignee: str = ""
    tag: str = ""
    priority: str = ""
    due: str = ""
    since: str = ""
    until: str = ""
    is_danger: bool = False
    is_unread: bool = False
    is_unanswered: bool = False
    is_waiting: bool = False
    is_one_way: bool = False
    fate: str = ""
    is_reminder: bool = False  # of whoever looks: a day to look again that they set themselves
    sort: str = "change"

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> "Filter":
        """Return the filter that a form asks for."""
        return cls(
            words=untrusted.get("words", "").strip()[:LONGEST],
            assignee=untrusted.get("assignee", "")[:LONGEST],
            tag=untrusted.get("tag", "")[:LONGEST],
            status=_one_of(untrusted.get("status"), {OPEN, ANY, *SET_BY_THE_DESK}, OPEN),
            topic=_one_of(untrusted.get("topic"), TOPICS, ""),
            priority=_one_of(untrusted.get("priority"), set(Priority), ""),
            due=_one_of(untrusted.get("due"), _DUE, ""),
            since=_day(untrusted.get("since", "")),
            until=_day(untrusted.get("until", "")),
            is_danger=untrusted.get("is_danger") == "1",
            is_unread=untrusted.get("is_unread") == "1",
            is_unanswered=untrusted.get("is_unanswered") == "1",
            is_waiting=untrusted.get("is_waiting") == "1",
            is_one_way=untrusted.get("is_one_way") == "1",
            fate=_one_of(untrusted.get("fate"), FATES, ""),
            is_reminder=untrusted.get("is_reminder") == "1",
            sort=_one_of(untrusted.get("sort"), SORTS, "change"),
        )

    @classmethod
    def read_address(cls, untrusted: Mapping[str, str], spoken: Spoken) -> "Filter":
        """Return the filter of an address, and what its session keeps of it."""
        chosen = cls.read(untrusted)
        anybodys = chosen.assignee if chosen.assignee in _ANYBODYS else ""
        return replace(chosen, words=spoken.words, tag=spoken.tag, assignee=spoken.assignee or anybodys)

    @property
    def spoken(self) -> Spoken:
        """What of it must not stand in an address."""
        return Spoken(self.words, self.tag, "" if self.assignee in _ANYBODYS else self.assignee)

    def query(self, **other: object) -> str:
        """Return the query of an address without what is spoken or as usual; `other` in the place of its own."""
        left_out = {name for name, value in vars(self.spoken).items() if value} | {"words", "tag"}
        chosen = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in left_out} | other
        usual = {each.name: each.default for each in fields(self)} | {"page": 1, "list": ""}
        said = {name: "1" if value is True else value for name, value in chosen.items() if value != usual.get(name)}
        return urlencode(said)

    @property
    def narrows(self) -> bool:
        """Whether it chooses anything but the cases that are open."""
        return replace(self, sort="change") != Filter()

    def tests(self, username: str) -> Iterable[Fits]:
        """Yield what a case must fit to belong into the list of this reviewer; all but the first for one that opens."""
        status, wanted = self.status, {ME: username, NOBODY: ""}.get(self.assignee, self.assignee)
        yield lambda each: _has_status(each.case.status, status)
        if replace(self, status=OPEN).narrows:
            # A case that does not open must not hide: it stands in every list that is narrowed by its status alone.
            yield lambda each: each.case.card is not None
        if self.topic:
            yield lambda each: each.card is not None and self.topic in each.card.topics
        if self.assignee:
            yield lambda each: each.work.assignee == wanted
        if self.tag:
            yield lambda each: self.tag in each.work.tags
        if self.priority:
            yield lambda each: each.work.priority == self.priority
        if self.since:
            yield lambda each: each.work.received >= self.since
        if self.until:
            yield lambda each: "" < each.work.received <= self.until
        if self.due:
            yield lambda each: each.urgency is _DUE[self.due]
        if self.fate:
            yield lambda each: each.fate in FATES[self.fate]
        if self.is_reminder:
            yield lambda each: bool(each.work.look_again) and each.work.look_again_by == username
        yield from self._flags()
        if self.words:
            words = self.words.casefold().split()
            yield lambda each: _mentions(each.case, words)

    def _flags(self) -> Iterable[Fits]:
        if self.is_danger:
            yield is_in_danger
        if self.is_unread:
            yield lambda each: each.card is not None and each.card.unread > 0
        if self.is_unanswered:
            yield lambda each: bool(each.work.unanswered)
        if self.is_waiting:
            yield lambda each: bool(each.work.waiting)
        if self.is_one_way:
            yield lambda each: each.case.is_one_way


EVERY_STATUS = Filter(status=ANY)


def is_in_danger(listed: ListedCase) -> bool:
    """Tell whether a list of cases in danger has it."""
    return listed.card is not None and listed.card.danger is True


def begin_with(listing: Listing, chosen: Filter) -> Sequence[ListedCase]:
    """Return the cases among which all that a filter holds are: four in five are closed, and seldom asked for."""
    return listing.cases if chosen.status in (ANY, Status.CLOSED.value) else listing.open


def count_listed(listing: Listing, chosen: Filter, username: str) -> int:
    """Return how many cases a filter holds. Counted once, as long as nothing changes."""
    if chosen not in listing.counts:
        listing.counts[chosen] = len(narrow(begin_with(listing, chosen), chosen, username))
    return listing.counts[chosen]


def list_once(listing: Listing, chosen: Filter, username: str) -> tuple[ListedCase, ...]:
    """Return the cases of a list in its order, put together once as long as nothing changes. For a few fixed lists."""
    if chosen not in listing.lists:
        listing.lists[chosen] = tuple(list_board(begin_with(listing, chosen), chosen, username))
    return listing.lists[chosen]


def narrow(cases: Iterable[ListedCase], chosen: Filter, username: str) -> Sequence[ListedCase]:
    """Return the cases that a filter holds, in the order they came in."""
    found = list(cases)
    for fits in chosen.tests(username):
        found = [each for each in found if fits(each)]
    return found


def list_board(cases: Iterable[ListedCase], chosen: Filter, username: str) -> list[ListedCase]:
    """Return the cases of a list in its order. They come the newest change first, as a board has them."""
    found = list(narrow(cases, chosen, username))
    # Sorting is stable: what is equal stands by its last change.
    if chosen.sort != "change":
        found.sort(key=SORTS[chosen.sort])
    return found


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


def _mentions(case: BoardCase, words: Iterable[str]) -> bool:
    if case.card is None:
        return False
    names = [each.card.name for each in case.members or (case,) if each.card is not None]
    references = [each.reference for each in case.members or (case,)]
    text = " ".join((*names, *references, *case.work.tags)).casefold()
    return all(word in text for word in words)


def _one_of(untrusted: str | None, choices: Iterable[str], usual: str) -> str:
    return untrusted if untrusted is not None and untrusted in {str(each) for each in choices} else usual


def _day(untrusted: str) -> str:
    try:
        return date.fromisoformat(untrusted.strip()).isoformat()
    except ValueError:
        return ""
