"""Today: what needs whoever is signed in, the most urgent first. Every count is that of the list it leads to.

A case may stand in several sections: one that tells of danger and is overdue is both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from journalist_interface.casework.board import Board, ListedCase
from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.filtering import ME, NOBODY, Filter, list_board
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import oldest_in_post
from journalist_interface.sessions import SignedIn
from store.desk.roles import Role

SHOWN = 5  # cases of each section


class Need(StrEnum):
    """Why a case stands here, the most urgent first."""

    DANGER = "danger"
    OVERDUE = "overdue"
    SOON = "soon"
    UNREAD = "unread"
    ANSWER = "answer"
    MINE = "mine"
    NOBODYS = "nobodys"
    WAITING = "waiting"


LISTS = {
    Need.DANGER: Filter(is_danger=True, sort="due"),
    Need.OVERDUE: Filter(due="overdue", sort="due"),
    Need.SOON: Filter(due="soon", sort="due"),
    Need.UNREAD: Filter(is_unread=True),
    Need.ANSWER: Filter(is_unanswered=True, sort="due"),
    Need.MINE: Filter(assignee=ME, sort="due"),
    Need.NOBODYS: Filter(assignee=NOBODY, sort="received"),
    Need.WAITING: Filter(is_waiting=True, assignee=ME, sort="due"),
}


@dataclass(frozen=True)
class Section:
    """The first cases of a list, how many it has in all, and the number by which they are gone through."""

    need: Need
    chosen: Filter
    cases: tuple[ListedCase, ...]
    count: int
    walk: str


@dataclass(frozen=True)
class PostToday:
    """Since which day (YYYY-MM-DD) the oldest letter of the post waits, and whether that is too long."""

    oldest: str
    is_late: bool


@dataclass(frozen=True)
class Today:
    """What needs one reviewer. Sections without a case are left out. `open_cases` counts those not closed."""

    day: str
    sections: tuple[Section, ...]
    open_cases: int
    post: PostToday | None


def look_at_today(desk: Desk, lock: IntakeLock, board: Board, signed_in: SignedIn) -> Today:
    """Return what needs this reviewer now."""
    listing = board.listing(desk, signed_in)
    day, rules = listing.day, listing.rules
    oldest = oldest_in_post(desk, lock, signed_in) if Role.INTAKE_OFFICER in signed_in.roles else ""
    is_late = bool(oldest) and day > add_working_days(oldest, rules.acknowledge_days, rules.nation)
    # An altered case stands in the list of cases, which says so; here it would stand in every section.
    listed = [each for each in listing.open if each.card is not None]
    sections = (_section(board, need, chosen, listed, signed_in.username) for need, chosen in LISTS.items())
    return Today(
        day,
        tuple(each for each in sections if each.count),
        len(listing.open),
        PostToday(oldest, is_late) if oldest else None,
    )


def _section(board: Board, need: Need, chosen: Filter, listed: Sequence[ListedCase], username: str) -> Section:
    found = list_board(listed, chosen, username)
    walk = board.lists.begin("cases", chosen.query(), tuple(each.case.id for each in found)) if found else None
    return Section(need, chosen, tuple(found[:SHOWN]), len(found), walk.number if walk else "")
