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
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection

from journalist_interface.case_access import with_key
from journalist_interface.case_card import Card
from journalist_interface.casework.deadlines import Due, Rules, Urgency, dues_of, urgency_of
from journalist_interface.casework.kept_lists import KeptLists
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.statuses import Status
from store.desk.cases import CaseRow, case_ids_of, cases_since, count_cases

_BEFORE_ALL = -1  # stamps count from nought


@dataclass(frozen=True, slots=True)
class BoardCase:
    """One case on a board. Without a card it does not open: it was altered."""

    id: str
    reference: str
    status: str
    changed_at: int
    is_one_way: bool
    card: Card | None
    key: CaseKey | None = field(repr=False)

    @property
    def work(self) -> Work:
        """How far the work on it is."""
        return NO_WORK if self.card is None else self.card.work or NO_WORK


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case of a list, and what is due of it, the earliest first."""

    case: BoardCase
    dues: tuple[Due, ...]

    @property
    def card(self) -> Card | None:
        """Its card, or None if it does not open."""
        return self.case.card

    @property
    def urgency(self) -> Urgency:
        """How near its nearest deadline is."""
        return urgency_of(self.dues)

    @property
    def work(self) -> Work:
        """How far the work on it is."""
        return self.case.work


@dataclass(frozen=True, eq=False)
class Listing:
    """All cases of a board on one day, the newest change first; `open` are those that are not closed.

    `tags` and `assignees` are those in use among them. `counts` is for whoever counts, as long as nothing changes.
    """

    day: str
    rules: Rules
    cases: tuple[ListedCase, ...]
    open: tuple[ListedCase, ...]
    counts: dict[Hashable, int] = field(default_factory=dict)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Return every tag, by name."""
        return tuple(sorted({tag for each in self.cases for tag in each.work.tags}))

    @cached_property
    def assignees(self) -> tuple[str, ...]:
        """Return everybody who works on one, by name."""
        return tuple(sorted({each.work.assignee for each in self.cases} - {""}))


class Board:
    """The cards of one session's reviewer, and in `lists` what they look for and the order they go through it in."""

    def __init__(self) -> None:
        self._cases: dict[str, BoardCase] = {}
        self._listing: Listing | None = None
        self._unlisted: set[str] = set()  # what changed since `_listing` was made
        self._stamp = _BEFORE_ALL
        self._at_work = threading.Lock()
        self.lists = KeptLists()

    def look(self, desk: Desk, signed_in: SignedIn) -> Mapping[str, BoardCase]:
        """Return the cases by id, as they are now. The mapping is the caller's own."""
        # One look after the other, each at its own moment: an older one would take what is new for what was taken away.
        with self._at_work, desk.database.reading() as connection:
            self._bring_up_to_date(connection, signed_in)
            return dict(self._cases)

    def listing(self, desk: Desk, signed_in: SignedIn) -> Listing:
        """Return all cases as they are now, with what is due of each."""
        with self._at_work, desk.database.reading() as connection:
            self._bring_up_to_date(connection, signed_in)
            day, rules = today(), read_rules(connection)
            listing = self._listing
            if listing is None or (listing.day, listing.rules) != (day, rules):
                listing = _listing(rules, day, (), self._cases.values())
            elif self._unlisted:
                kept = [each for each in listing.cases if each.case.id not in self._unlisted]
                changed = [self._cases[case_id] for case_id in self._unlisted if case_id in self._cases]
                listing = _listing(rules, day, kept, changed)
            self._listing, self._unlisted = listing, set()
            return listing

    def _bring_up_to_date(self, connection: Connection, signed_in: SignedIn) -> None:
        for stamp, row in cases_since(connection, signed_in.username, self._stamp):
            self._cases[row.id] = _opened(connection, signed_in, row)
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


def by_change(listed: ListedCase) -> tuple[int, str]:
    """Sort cases by this: the newest change first, and what changed in one second by its id."""
    return -listed.case.changed_at, listed.case.id


def _listing(rules: Rules, day: str, kept: Sequence[ListedCase], changed: Iterable[BoardCase]) -> Listing:
    """Return the listing of what is `kept`, in its order, and of what changed."""
    listed = [*kept]
    listed += (
        ListedCase(case, dues_of(case.work, is_one_way=case.is_one_way, rules=rules, today=day)) for case in changed
    )
    # What is sorted but for its end is quickly sorted again.
    listed.sort(key=by_change)
    closed = Status.CLOSED.value
    return Listing(day, rules, tuple(listed), tuple(each for each in listed if each.case.status != closed))


def _opened(connection: Connection, signed_in: SignedIn, row: CaseRow) -> BoardCase:
    is_one_way = row.address is None or row.reply_key is None
    try:
        case = with_key(connection, signed_in, row)
    except SealBroken:
        return BoardCase(row.id, row.reference, row.status, row.changed_at, is_one_way, None, None)
    return BoardCase(row.id, row.reference, row.status, row.changed_at, is_one_way, case.card, case.key)
