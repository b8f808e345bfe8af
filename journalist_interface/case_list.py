"""The list of cases: one page of those this reviewer is cleared for and asked for, in the order they asked for.

The cards are those of the session's board, so that a page costs the same however many cases there are. A case that does
not open has its row all the same, which says so: it must hide neither itself nor the others.
"""

from dataclasses import dataclass, replace

from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter, begin_with, list_board
from journalist_interface.casework.kept_lists import Walk
from journalist_interface.casework.listing import ListedCase
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn

CASES_A_PAGE = 50


@dataclass(frozen=True)
class CaseListPage:
    """One page. `number` and `pages` count from 1; `found` is how many cases the filter holds, of `total` cleared for.

    `tags` and `assignees` are those in use among them: what can be chosen. `walk` is the whole list in its order.
    """

    cases: tuple[ListedCase, ...]
    chosen: Filter
    number: int
    pages: int
    found: int
    total: int
    tags: tuple[str, ...]
    assignees: tuple[str, ...]
    walk: Walk


def read_case_list(desk: Desk, board: Board, signed_in: SignedIn, chosen: Filter, number: int) -> CaseListPage:
    """Return a page of the list; a number past the end gives the last page."""
    listing = board.listing(desk, signed_in)
    found = list_board(begin_with(listing, chosen), chosen, signed_in.username)
    pages = max(1, -(-len(found) // CASES_A_PAGE))
    number = min(max(1, number), pages)
    return CaseListPage(
        cases=tuple(found[(number - 1) * CASES_A_PAGE : number * CASES_A_PAGE]),
        chosen=chosen,
        number=number,
        pages=pages,
        found=len(found),
        total=len(listing.cases),
        tags=listing.tags,
        assignees=listing.assignees,
        walk=board.lists.begin("cases", query_of(board, chosen), tuple(each.case.id for each in found)),
    )


def query_of(board: Board, chosen: Filter, **other: object) -> str:
    """Return the query of a list's address: its choices, and in the place of its words their number in this session."""
    return chosen.query(list=board.lists.number(chosen.spoken), **other)


def query_of_tag(board: Board, chosen: Filter, tag: str) -> str:
    """Return the query of the address of a list that is narrowed to a tag besides."""
    return query_of(board, replace(chosen, tag=tag))
