"""Today: what needs whoever is signed in, the most urgent first. Every count is that of the list it leads to.

A case may stand in several sections: one that tells of danger and is overdue is both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from journalist_interface.case_card import Card
from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.drafts import KeptDraft, drafts_of
from journalist_interface.casework.filtering import ANY, ME, NOBODY, Filter, list_once
from journalist_interface.casework.listing import ListedCase, Listing
from journalist_interface.casework.whole import Whole, look_at_whole
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
    REMINDER = "reminder"
    UNREAD = "unread"
    ANSWER = "answer"
    MINE = "mine"
    NOBODYS = "nobodys"
    WAITING = "waiting"
    END = "end"
    UNDATED = "undated"


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
    # Closed cases: to be destroyed soon, or kept without an end because nobody said what came of them.
    Need.END: Filter(status=ANY, fate="warned", sort="end"),
    Need.UNDATED: Filter(status=ANY, fate="undated"),
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
class TodaysDraft:
    """A draft that its writer kept and did not send, and the name of its case."""

    kept: KeptDraft
    name: str


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
    drafts: tuple[TodaysDraft, ...] = ()


def look_at_today(desk: Desk, lock: IntakeLock, board: Board, signed_in: SignedIn) -> Today:
    """Return what needs this reviewer now."""
    listing = board.listing(desk, signed_in)
    day, rules = listing.measures.day, listing.measures.rules
    oldest = oldest_in_post(desk, lock, signed_in) if Role.INTAKE_OFFICER in signed_in.roles else ""
    is_late = bool(oldest) and day > add_working_days(oldest, rules.acknowledge_days, rules.nation)
    with desk.database.reading() as connection:
        kept = drafts_of(connection, signed_in.username)
    mine = board.look(desk, signed_in) if kept else {}
    # An altered case stands in the list of cases, which says so, and in no section: each narrows by more than a status.
    sections = (_section(board, need, chosen, listing, signed_in.username) for need, chosen in LISTS.items())
    return Today(
        day=day,
        sections=tuple(each for each in sections if each.count),
        open_cases=len(listing.open),
        altered=sum(each.card is None for each in listing.open),
        post=PostToday(oldest, is_late) if oldest else None,
        rules=rules,
        whole=look_at_whole(desk, lock, signed_in) if Role.SUPERVISOR in signed_in.roles else None,
        drafts=tuple(TodaysDraft(each, card.name) for each in kept if (card := _card_of(mine, each)) is not None),
    )


def _card_of(mine: Mapping[str, BoardCase], kept: KeptDraft) -> Card | None:
    # Somebody may have been kept out between the two looks; an altered case says so in the list of cases.
    return mine[kept.case_id].card if kept.case_id in mine else None


def _section(board: Board, need: Need, chosen: Filter, listing: Listing, username: str) -> Section:
    found = list_once(listing, chosen, username)
    walk = board.lists.begin("cases", chosen.query(), tuple(each.case.id for each in found)) if found else None
    return Section(need, chosen, found[:SHOWN], len(found), walk.number if walk else "")
