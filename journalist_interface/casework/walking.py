"""Going through a list case by case: which one comes before and after, and where in its list one is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn


@dataclass(frozen=True)
class Way:
    """Where a case stands in the list it was come to by: `position` of `total`, the references of its neighbours (empty
    at an end), the walk's number and kind, and the query of the list's address at the page that has it."""

    number: str
    kind: str
    position: int
    total: int
    before: str
    after: str
    back: str


def way_through(
    desk: Desk, board: Board, signed_in: SignedIn, case_id: str, untrusted_number: str, a_page: int
) -> Way | None:
    """Return the way on from a case; None if it was come to by no list. `a_page`: how many cases its page has."""
    walk = board.lists.walk_to(case_id, untrusted_number)
    if walk is None or case_id not in walk.order:
        return None
    at = walk.order.index(case_id)
    cases = board.look(desk, signed_in)
    page = at // a_page + 1
    back = "&".join(part for part in (walk.query, f"page={page}" if page > 1 else "") if part)
    return Way(
        number=walk.number,
        kind=walk.kind,
        position=at + 1,
        total=len(walk.order),
        before=_first(reversed(walk.order[:at]), cases),
        after=_first(walk.order[at + 1 :], cases),
        back=back,
    )


def _first(order: Iterable[str], cases: Mapping[str, BoardCase]) -> str:
    """Return the reference of the first case that is still there for this reviewer, and opens."""
    return next((cases[each].reference for each in order if each in cases and cases[each].card is not None), "")
