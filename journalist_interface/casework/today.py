"""Today: what needs whoever is signed in, the most urgent first. Every count is that of the list it leads to.

A case may stand in several sections: one that tells of danger and is overdue is both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from journalist_interface.casework.board import Board
from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.filtering import ME, NOBODY, Filter, ListedCase, list_board, with_dues
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.casework.whole import Whole, look_at_whole
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import oldest_in_post
from journalist_interface.sessions import SignedIn
from keys.statuses import Status
from store.desk.roles import Role

SHOWN = 5  # cases of each section


class Need(StrEnum):
    """Why a case stands here, the most urgent first."""

    DANGER = "danger"
    OVERDUE = "overdue"
    SOON = "soon"
    REMINDER = "reminder"
    UNREAD = "unread"
    ANSWER = "answer"
    MINE = "mine"
    NOBODYS = "nobodys"
    WAITING = "waiting"


LISTS = {
    Need.DANGER: Filter(is_danger=True, sort="due"),
    Need.OVERDUE: Filter(due="overdue", sort="due"),
    Need.SOON: Filter(due="soon", sort="due"),
    Need.REMINDER: Filter(is_reminder=True, sort="due"),
    Need.UNREAD: Filter(is_unread=True),
    Need.ANSWER: Filter(is_unanswered=True, sort="due"),
    Need.MINE: Filter(assignee=ME, sort="due"),
    Need.NOBODYS: Filter(assignee=NOBODY, sort="received"),
    Need.WAITING: Filter(is_waiting=True, assignee=ME, sort="due"),
}


@dataclass(frozen=True)
class Section:
    """The first cases of a list, and how many it has in all."""

    need: Need
    chosen: Filter
    cases: tuple[ListedCase, ...]
    count: int


@dataclass(frozen=True)
class PostToday:
    """Since which day (YYYY-MM-DD) the oldest letter of the post waits, and whether that is too long."""

    oldest: str
    is_late: bool


@dataclass(frozen=True)
class Today:
    """What needs one reviewer. Sections without a case are left out. `open_cases` counts those not closed.

    `altered` counts those of them that do not open; `rules` are the deadlines in force. `whole` is there for who is a
    supervisor too.
    """

    day: str
    sections: tuple[Section, ...]
    open_cases: int
    altered: int
    post: PostToday | None
    rules: Rules
    whole: Whole | None


def look_at_today(desk: Desk, lock: IntakeLock, board: Board, signed_in: SignedIn) -> Today:
    """Return what needs this reviewer now."""
    day = today()
    with desk.database.reading() as connection:
        rules = read_rules(connection)
    oldest = oldest_in_post(desk, lock, signed_in) if Role.INTAKE_OFFICER in signed_in.roles else ""
    is_late = bool(oldest) and day > add_working_days(oldest, rules.acknowledge_days, rules.nation)
    cases = [case for case in board.look(desk, signed_in).values() if case.status != Status.CLOSED.value]
    listed = with_dues(cases, rules, day)
    sections = (_section(need, chosen, listed, signed_in.username) for need, chosen in LISTS.items())
    return Today(
        day=day,
        sections=tuple(each for each in sections if each.count),
        open_cases=len(listed),
        altered=sum(each.card is None for each in listed),
        post=PostToday(oldest, is_late) if oldest else None,
        rules=rules,
        whole=look_at_whole(desk, lock, signed_in) if Role.SUPERVISOR in signed_in.roles else None,
    )


def _section(need: Need, chosen: Filter, listed: Sequence[ListedCase], username: str) -> Section:
    # An altered case stands in the list of cases, which says so; here it would stand in every section.
    found = list_board((each for each in listed if each.card is not None), chosen, username)
    return Section(need, replace(chosen), tuple(found[:SHOWN]), len(found))
