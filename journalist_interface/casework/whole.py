"""The whole, for supervisors: how many cases stand where, what is late, what nobody can read. Counts, and no case.

Rules (docs/adr/0045):
- It is counted from what stands in clear. No name, reference, topic, tag, reader or danger is in it, and no case that a
  number could be followed to. Only whoever is cleared finds a case, in their own lists.
- Whoever reads cases themselves could take their own number from the whole, and learn that there is one from which they
  are kept out. So where fewer than five cases are not theirs, they get the figures of their own cases, with the same
  sentence whether there are four others or none.
- What nobody at work can read is told to every supervisor: there is nobody else who would see that it waits.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.deadlines import Rules, deadlines_of
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import count_post, oldest_in_post
from journalist_interface.sessions import SignedIn
from keys.statuses import SET_BY_THE_DESK, Status
from store.desk.clocks import Counted, count_cases_of, count_every_case, count_unreadable
from store.desk.roles import Role, roles_of

FEW = 5  # cases; as many others must there be before their number is told to somebody who reads cases
AGES = (1, 7, 30, 90)  # days since anybody changed a case: fewer than each, and more than all
_SECONDS_A_DAY = 86_400


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


@dataclass(frozen=True)
class Whole:
    """What a supervisor sees. `is_partial`: the figures are of their own cases only.

    `post_since` is a day, or empty if no letter waits; `unreadable` counts cases that nobody at work can read.
    """

    figures: Figures
    is_partial: bool
    unreadable: int
    post: int
    post_since: str
    is_post_late: bool


def look_at_whole(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> Whole:
    """Return what this supervisor may know of the whole."""
    with desk.database.reading() as connection:
        rules = read_rules(connection)
        every, own = count_every_case(connection), count_cases_of(connection, signed_in.username)
        reads_cases = bool(own) or Role.REVIEWER in roles_of(connection, signed_in.username)
        unreadable = count_unreadable(connection)
    is_partial = reads_cases and _total(every) - _total(own) < FEW
    since, day = oldest_in_post(desk, lock, signed_in), today()
    return Whole(
        figures=figures_of(own if is_partial else every, rules, day, now() // _SECONDS_A_DAY),
        is_partial=is_partial,
        unreadable=unreadable,
        post=count_post(desk, lock, signed_in),
        post_since=since,
        is_post_late=bool(since) and day > add_working_days(since, rules.acknowledge_days, rules.nation),
    )


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
        open_cases=_total(at_work),
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


def _total(counted: Iterable[Counted]) -> int:
    return sum(each.cases for each in counted)
