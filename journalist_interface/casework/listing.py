"""The cases of a board as lists have them: parts of one case together, what is due of each, how near its end is.

Judged from the cards alone, without I/O. What follows from a card is worked out anew for what changed alone.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from journalist_interface.case_card import Card
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.deadlines import Due, Rules, Urgency, dues_of, dues_together, urgency_of
from journalist_interface.casework.related import one_by_one
from journalist_interface.casework.retention import Fate, Periods, fate_of
from journalist_interface.casework.work import Work
from keys.statuses import Status


@dataclass(frozen=True, slots=True)
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
class Measures:
    """What cases are measured by: the day (YYYY-MM-DD), the deadlines, and days of warning before a case's end."""

    day: str
    rules: Rules
    warn_days: int = Periods().warn_days


@dataclass(frozen=True, eq=False)
class Listing:
    """All cases of a board on one day, the newest change first; `open` are those that are not closed.

    `tags` and `assignees` are those in use among them. `counts` is for whoever counts, `lists` for whoever looks at the
    same lists again and again, as long as nothing changes.
    """

    measures: Measures
    cases: tuple[ListedCase, ...]
    open: tuple[ListedCase, ...]
    counts: dict[Hashable, int] = field(default_factory=dict)
    lists: dict[Hashable, tuple[ListedCase, ...]] = field(default_factory=dict)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Return every tag, by name."""
        return tuple(sorted({tag for each in self.cases for tag in each.work.tags}))

    @cached_property
    def assignees(self) -> tuple[str, ...]:
        """Return everybody who works on one, by name."""
        return tuple(sorted({each.work.assignee for each in self.cases} - {""}))


def list_all(measures: Measures, cases: Mapping[str, BoardCase], tied: Set[str]) -> Listing:
    """Return the listing of all these cases. `tied` are the ids of those that have links."""
    return _listing(measures, (), one_by_one(cases, [cases[each] for each in sorted(tied) if each in cases]))


def list_anew(before: Listing, cases: Mapping[str, BoardCase], changed: Set[str], tied: Set[str]) -> Listing:
    """Return the listing after some cases changed. `tied` are the ids of all that have links, before or now.

    What is merged is put together anew whatever changed: one part can change how the others are shown.
    """
    doubtful = changed | {case_id for case_id in tied if case_id not in cases or cases[case_id].is_merged}
    kept = [each for each in before.cases if not each.case.members and each.case.id not in doubtful]
    there = {case_id: cases[case_id] for case_id in sorted(doubtful) if case_id in cases}
    return _listing(before.measures, kept, one_by_one(there, there.values()))


def with_dues(cases: Iterable[BoardCase], measures: Measures) -> list[ListedCase]:
    """Return each case with what is due of it, and of its parts, and how near it is to its end."""
    return [ListedCase(case, _dues(case, measures), _fate(case, measures)) for case in cases]


def by_change(listed: ListedCase) -> tuple[int, str]:
    """Sort cases by this: the newest change first, and what changed in one second by its id."""
    return -listed.case.changed_at, listed.case.id


def _listing(measures: Measures, kept: Sequence[ListedCase], changed: Iterable[BoardCase]) -> Listing:
    # What is sorted but for its end is quickly sorted again.
    listed = sorted([*kept, *with_dues(changed, measures)], key=by_change)
    closed = Status.CLOSED.value
    return Listing(measures, tuple(listed), tuple(each for each in listed if each.case.status != closed))


def _fate(case: BoardCase, measures: Measures) -> Fate:
    """Return how near the end is; a hold on a part, or a part that is open, holds up its main case as well."""
    fates = [fate_of(each.work, measures.warn_days, measures.day) for each in case.members or (case,)]
    return next((fate for fate in (Fate.HELD, Fate.OPEN) if fate in fates), fates[0])


def _dues(case: BoardCase, measures: Measures) -> tuple[Due, ...]:
    return dues_together(
        dues_of(each.work, is_one_way=each.is_one_way, rules=measures.rules, today=measures.day)
        for each in case.members or (case,)
    )
