"""The board: the cards of all cases that one signed-in reviewer is cleared for, opened once and kept while they work.

Sorting, filtering, deadlines and searching need every card; opening five thousand anew for each page takes half a
second. So:
- A board belongs to one session. It is made with the session's first list, and forgotten when the session ends, for
  whatever cause (`Boards.sweep`), or the process does. Nothing of it is ever written.
- Each look brings it up to date: what changed since is opened, and a case that its reviewer is not cleared for any more
  is gone before anything is shown (store.desk.stamps).
- What follows from the cards, what is due and in which order they stand, is worked out anew for what changed alone.
- Case keys stand in it, for searching. It tells nobody more than the cookie of its session would, and that is needed to
  get at it.
"""

import threading
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from journalist_interface.case_access import with_key
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.kept_lists import KeptLists
from journalist_interface.casework.listing import Listing, Measures, list_all, list_anew
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from store.desk.cases import CaseRow, case_ids_of, cases_since, count_cases

_BEFORE_ALL = -1  # stamps count from nought


class Board:
    """The cards of one session's reviewer, and in `lists` what they look for and the order they go through it in."""

    def __init__(self) -> None:
        self._cases: dict[str, BoardCase] = {}
        self._listing: Listing | None = None
        self._unlisted: set[str] = set()  # what changed since `_listing` was made
        self._tied: set[str] = set()  # what has links or claims
        self._stamp = _BEFORE_ALL
        self._at_work = threading.Lock()
        self.lists = KeptLists()

    def look(self, desk: Desk, signed_in: SignedIn) -> Mapping[str, BoardCase]:
        """Return the cases by id, as they are now. The mapping is the caller's own."""
        # One look after the other, each at its own moment: an older one would take what is new for what was taken away.
        with self._at_work, desk.database.reading() as connection:
            self._bring_up_to_date(connection, signed_in)
            return dict(self._cases)

    def look_at_tied(self, desk: Desk, signed_in: SignedIn) -> tuple[Mapping[str, BoardCase], list[BoardCase]]:
        """Return the cases as `look` does, and those of them that have links or claims: few, however many cases."""
        cases = self.look(desk, signed_in)
        return cases, [cases[case_id] for case_id in tuple(self._tied) if case_id in cases]

    def listing(self, desk: Desk, signed_in: SignedIn) -> Listing:
        """Return all cases as they are now, with what is due of each."""
        with self._at_work, desk.database.reading() as connection:
            self._bring_up_to_date(connection, signed_in)
            measures = Measures(today(), read_rules(connection), read_periods(connection).warn_days)
            listing = self._listing
            if listing is None or listing.measures != measures:
                listing = list_all(measures, self._cases, self._tied)
            elif self._unlisted:
                listing = list_anew(listing, self._cases, self._unlisted, self._tied)
            self._listing, self._unlisted = listing, set()
            return listing

    def _bring_up_to_date(self, connection: Connection, signed_in: SignedIn) -> None:
        for stamp, row in cases_since(connection, signed_in.username, self._stamp):
            self._cases[row.id] = case = _opened(connection, signed_in, row)
            (self._tied.add if case.work.links or case.work.claims else self._tied.discard)(case.id)
            self._stamp = max(self._stamp, stamp)
            self._unlisted.add(row.id)
        # Whoever was let in has a new stamp, and stands here; so a difference can only be one who was kept out.
        if len(self._cases) != count_cases(connection, signed_in.username):
            cleared = case_ids_of(connection, signed_in.username)
            # The listing too: it holds what is not theirs any more, and the key of it.
            self._listing = None
            self._cases = {case_id: case for case_id, case in self._cases.items() if case_id in cleared}


class Boards:
    """The boards of all sessions, by the hash by which a session is found."""

    def __init__(self) -> None:
        self._boards: dict[bytes, Board] = {}
        self._changing = threading.Lock()

    def of(self, signed_in: SignedIn) -> Board:
        """Return the board of a session, empty if this is its first look."""
        with self._changing:
            return self._boards.setdefault(signed_in.token.lookup_hash(), Board())

    def forget(self, lookup_hash: bytes) -> None:
        """Forget the board of a session that has ended."""
        with self._changing:
            self._boards.pop(lookup_hash, None)

    def sweep(self, is_alive: Callable[[bytes], bool]) -> None:
        """Forget the boards of all sessions that have ended."""
        with self._changing:
            known = list(self._boards)
        for lookup_hash in known:
            if not is_alive(lookup_hash):
                self.forget(lookup_hash)

    def __len__(self) -> int:
        return len(self._boards)


def _opened(connection: Connection, signed_in: SignedIn, row: CaseRow) -> BoardCase:
    try:
        case = with_key(connection, signed_in, row)
    except SealBroken:
        is_one_way = row.address is None or row.reply_key is None
        return BoardCase(row.id, row.reference, row.status, row.changed_at, is_one_way, None, None)
    return BoardCase(row.id, row.reference, row.status, row.changed_at, case.is_one_way, case.card, case.key)
