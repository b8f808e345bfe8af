"""Counting cases by what stands in clear of them: statuses, ages, deadlines that have passed. Judged without I/O."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from journalist_interface.casework.deadlines import Rules, deadlines_of
from keys.statuses import SET_BY_THE_DESK, Status
from store.desk.clocks import Counted

AGES = (1, 7, 30, 90)  # days since anybody changed a case: fewer than each, and more than all


@dataclass(frozen=True)
class Figures:
    """Counts of cases: by status; those not closed by age, as many as in AGES have changed within it, and the rest.

    `oldest` is the earliest deadline that has passed (YYYY-MM-DD, or empty); `unknown` are cases of before, of which
    nobody has noted what is due.
    """

    statuses: tuple[tuple[str, int], ...]
    ages: tuple[tuple[int | None, int], ...]
    open_cases: int
    overdue: int
    oldest: str
    unknown: int


def figures_of(counted: Collection[Counted], rules: Rules, day: str, day_number: int) -> Figures:
    """Return the figures of what was counted; `day_number` is `day` in whole days since 1970. Judged without I/O."""
    at_work = [each for each in counted if each.status != Status.CLOSED.value]
    statuses = Counter[str]()
    for each in counted:
        statuses[each.status] += each.cases
    late = [(by, each.cases) for each in at_work if (by := _first_deadline(each, rules)) and by < day]
    return Figures(
        statuses=tuple((each.value, statuses[each.value]) for each in Status if each in SET_BY_THE_DESK),
        ages=_ages(at_work, day_number),
        open_cases=total(at_work),
        overdue=sum(cases for _by, cases in late),
        oldest=min((by for by, _cases in late), default=""),
        unknown=sum(each.cases for each in at_work if _first_deadline(each, rules) is None),
    )


def _first_deadline(counted: Counted, rules: Rules) -> str | None:
    """Return the first day on which something is due, empty if nothing is; None if nobody has noted it."""
    if counted.answer_from is None or counted.feedback_from is None:
        return None
    try:
        for each in filter(None, (counted.answer_from, counted.feedback_from)):
            date.fromisoformat(each)
        return next(iter(deadlines_of(counted.answer_from, counted.feedback_from, rules)), "")
    except (ValueError, OverflowError):
        # Somebody wrote it into the database: what the card says, its readers see.
        return None


def _ages(at_work: Iterable[Counted], day_number: int) -> tuple[tuple[int | None, int], ...]:
    found = Counter[int | None]()
    for each in at_work:
        age = day_number - each.changed_day
        found[next((most for most in AGES if age < most), None)] += each.cases
    return tuple((most, found[most]) for most in (*AGES, None))


def total(counted: Iterable[Counted]) -> int:
    """Return how many cases there are in what was counted."""
    return sum(each.cases for each in counted)
