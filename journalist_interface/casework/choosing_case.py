"""Finding the other case to link one with: among those on one's own board, by name, reference or tag."""

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.case_links import Stand
from journalist_interface.casework.filtering import ANY, Filter, list_board
from journalist_interface.casework.listing import ListedCase, by_change
from journalist_interface.casework.related import Related
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn

MOST_CHOICES = 12


def look_for_other(
    desk: Desk, board: Board, signed_in: SignedIn, reference: str, untrusted_words: str
) -> tuple[OpenCase, tuple[BoardCase, ...], int]:
    """Return the case, those that it can be linked with, the last change first, and how many more there are.

    Raises Missing if it is not this reviewer's.
    """
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
    cases, tied = board.look_at_tied(desk, signed_in)
    own = cases.get(case.row.id)
    partners = Related(cases, tied).partners(own) if own is not None else []
    linked = {case.row.id, *(each.case.id for each in partners if each.link.stand is not Stand.ENDED)}
    others = (ListedCase(each, ()) for each in cases.values() if each.id not in linked and each.card is not None)
    chosen_by = Filter.read({"words": untrusted_words, "status": ANY})
    found = list_board(sorted(others, key=by_change), chosen_by, signed_in.username)
    chosen = tuple(each.case for each in found[:MOST_CHOICES])
    return case, chosen, len(found) - len(chosen)
