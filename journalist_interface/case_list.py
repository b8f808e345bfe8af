"""The list of cases: one page of those this reviewer is cleared for and asked for, in the order they asked for.

The cards are those of the session's board, so that a page costs the same however many cases there are. A case that does
not open has its row all the same, which says so: it must hide neither itself nor the others.
"""

from collections import Counter
from dataclasses import dataclass

from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter, ListedCase, list_board, with_dues
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.related import one_by_one
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn

CASES_A_PAGE = 50


@dataclass(frozen=True)
class CaseListPage:
    """One page. `number` and `pages` count from 1; `found` is how many cases the filter holds, of `total` cleared for.

    `tags` and `assignees` are those in use among them, each with how many cases: what can be chosen.
    """

    cases: tuple[ListedCase, ...]
    chosen: Filter
    number: int
    pages: int
    found: int
    total: int
    tags: tuple[str, ...]
    assignees: tuple[str, ...]


def read_case_list(desk: Desk, board: Board, signed_in: SignedIn, chosen: Filter, number: int) -> CaseListPage:
    """Return a page of the list; a number past the end gives the last page."""
    with desk.database.reading() as connection:
        rules, warn_days = read_rules(connection), read_periods(connection).warn_days
    cases = one_by_one(board.look(desk, signed_in))
    found = list_board(with_dues(cases, rules, today(), warn_days), chosen, signed_in.username)
    pages = max(1, -(-len(found) // CASES_A_PAGE))
    number = min(max(1, number), pages)
    tags = Counter(tag for case in cases for tag in case.work.tags)
    return CaseListPage(
        cases=tuple(found[(number - 1) * CASES_A_PAGE : number * CASES_A_PAGE]),
        chosen=chosen,
        number=number,
        pages=pages,
        found=len(found),
        total=len(cases),
        tags=tuple(sorted(tags)),
        assignees=tuple(sorted({case.work.assignee for case in cases if case.work.assignee})),
    )
