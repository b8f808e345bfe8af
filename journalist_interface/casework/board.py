"""The board: the cards of all cases that one signed-in reviewer is cleared for, opened once and kept while they work.

Sorting, filtering, deadlines and searching need every card; opening five thousand anew for each page takes half a
second. So:
- A board belongs to one session. It is made with the session's first list, and forgotten when the session ends, for
  whatever cause (`Boards.sweep`), or the process does. Nothing of it is ever written.
- Each look brings it up to date: what changed since is opened, and a case that its reviewer is not cleared for any more
  is gone before anything is shown (store.desk.stamps).
- Case keys stand in it, for searching. It tells nobody more than the cookie of its session would, and that is needed to
  get at it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import with_key
from journalist_interface.case_card import Card
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.errors import SealBroken
from store.desk.cases import CaseRow, case_ids_of, cases_since, count_cases

_BEFORE_ALL = -1  # stamps count from nought


@dataclass(frozen=True, slots=True)
class BoardCase:
    """One case on a board. Without a card it does not open: it was altered.

    `members` are the cases that this one stands for in a list, itself among them, if it has parts (related.py).
    """

    id: str
    reference: str
    status: str
    changed_at: int
    is_one_way: bool
    card: Card | None
    key: CaseKey | None = field(repr=False)
    members: tuple["BoardCase", ...] = field(default=(), repr=False)

    @property
    def work(self) -> Work:
        """How far the work on it is."""
        return NO_WORK if self.card is None else self.card.work or NO_WORK


class Board:
    """The cards of one session's reviewer."""

    def __init__(self) -> None:
        self._cases: dict[str, BoardCase] = {}
        self._tied: set[str] = set()
        self._stamp = _BEFORE_ALL
        self._at_work = threading.Lock()

    def look(self, desk: Desk, signed_in: SignedIn) -> Mapping[str, BoardCase]:
        """Return the cases by id, as they are now. The mapping is the caller's own."""
        # One look after the other, each at its own moment: an older one would take what is new for what was taken away.
        with self._at_work, desk.database.reading() as connection:
            for stamp, row in cases_since(connection, signed_in.username, self._stamp):
                self._cases[row.id] = case = _opened(connection, signed_in, row)
                (self._tied.add if case.work.links or case.work.claims else self._tied.discard)(case.id)
                self._stamp = max(self._stamp, stamp)
            # Whoever was let in has a new stamp, and stands here; so a difference can only be one who was kept out.
            if len(self._cases) != count_cases(connection, signed_in.username):
                cleared = case_ids_of(connection, signed_in.username)
                self._cases = {case_id: case for case_id, case in self._cases.items() if case_id in cleared}
            return dict(self._cases)

    def look_at_tied(self, desk: Desk, signed_in: SignedIn) -> tuple[Mapping[str, BoardCase], list[BoardCase]]:
        """Return the cases as `look` does, and those of them that have links or claims: few, however many cases."""
        cases = self.look(desk, signed_in)
        return cases, [cases[case_id] for case_id in tuple(self._tied) if case_id in cases]


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
