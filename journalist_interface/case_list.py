"""The list of cases: one page of those this reviewer is cleared for, the newest change first.

Only the page's cards are opened, so that the cost does not grow with the number of cases. A case that does not open has
its row all the same, which says so: it must hide neither itself nor the others.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.case_access import ClosedCase, OpenCase, with_key
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from store.desk.cases import CaseRow, count_cases, list_cases

CASES_A_PAGE = 50


@dataclass(frozen=True)
class CaseListPage:
    """One page. `number` and `pages` count from 1; `total` is the number of cases this reviewer is cleared for."""

    cases: tuple[OpenCase | ClosedCase, ...]
    number: int
    pages: int
    total: int


def read_case_list(desk: Desk, signed_in: SignedIn, number: int) -> CaseListPage:
    """Return a page of the list; a number past the end gives the last page."""
    with desk.database.reading() as connection:
        total = count_cases(connection, signed_in.username)
        pages = max(1, -(-total // CASES_A_PAGE))
        number = min(max(1, number), pages)
        rows = list_cases(connection, signed_in.username, (number - 1) * CASES_A_PAGE, CASES_A_PAGE)
        listed = tuple(_listed(connection, signed_in, row) for row in rows)
    return CaseListPage(listed, number, pages, total)


def _listed(connection: Connection, signed_in: SignedIn, row: CaseRow) -> OpenCase | ClosedCase:
    try:
        return with_key(connection, signed_in, row)
    except SealBroken:
        return ClosedCase(row)
