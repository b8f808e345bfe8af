"""What is due to be destroyed, as a list: looked at before, and destroyed or asked for one by one.

Each case is one transaction. What cannot be done with one of them is said, and holds up none of the others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from journalist_interface.casework.board import Board
from journalist_interface.casework.destruction import end_case
from journalist_interface.casework.filtering import ANY, Filter, list_board
from journalist_interface.casework.listing import ListedCase
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.retention import Fate
from journalist_interface.consenters import consenters
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from serving.language import gettext as _
from store.desk.case_requests import RequestKind, requests_by_readers
from store.errors import Missing

MOST_AT_ONCE = 50


@dataclass(frozen=True)
class DueCase:
    """A case of the list, and who was asked already to agree to its end, or nobody."""

    listed: ListedCase
    asked_of: str


@dataclass(frozen=True)
class DueList:
    """The cases whose time is over, the longest first, and those that follow within the days of warning.

    `asks`: whether a second person must agree, and `consenters` who may be asked.
    """

    due: tuple[DueCase, ...]
    soon: tuple[ListedCase, ...]
    asks: bool
    consenters: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """What became of the cases that were chosen: destroyed, asked for, and why nothing was done with the rest."""

    destroyed: tuple[str, ...]
    asked: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def look_at_due(desk: Desk, board: Board, signed_in: SignedIn) -> DueList:
    """Return the list for one reviewer."""
    with desk.database.reading() as connection:
        periods = read_periods(connection)
        asked = requests_by_readers(connection, signed_in.username, RequestKind.DESTROY)
        who = consenters(connection, but=(signed_in.username,))
    found = list_board(
        board.listing(desk, signed_in).cases, Filter(status=ANY, fate="warned", sort="end"), signed_in.username
    )
    due = tuple(DueCase(each, asked.get(each.case.id, "")) for each in found if each.fate is Fate.DUE)
    soon = tuple(each for each in found if each.fate is Fate.SOON)
    return DueList(due, soon, periods.consent, who)


def end_several(desk: Desk, signed_in: SignedIn, untrusted_references: Sequence[str], untrusted_whom: str) -> Ended:
    """Destroy the cases that were chosen, or ask for it. Raises WritingRefused if none was chosen, or too many."""
    chosen = _chosen(untrusted_references)
    destroyed: list[str] = []
    asked: list[str] = []
    refused: list[tuple[str, str]] = []
    for reference in chosen:
        try:
            done = end_case(desk, signed_in, reference, untrusted_whom)
        except WritingRefused as reason:
            refused.append((reference, reason.sentence))
        except (Missing, SealBroken):
            # Not theirs, gone by now, or altered: which of them is not said here.
            refused.append((_("a case"), _("It is not there for you, or was altered. Nothing was destroyed.")))
        else:
            (destroyed if done else asked).append(reference)
    return Ended(tuple(destroyed), tuple(asked), tuple(refused))


def _chosen(untrusted: Collection[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(untrusted))
    if not chosen:
        raise WritingRefused(_("Tick at least one case. Nothing was destroyed."))
    if len(chosen) > MOST_AT_ONCE:
        raise WritingRefused(_("Take at most {most} cases at once. Nothing was destroyed.").format(most=MOST_AT_ONCE))
    return chosen
