"""One case on a board: what of it is kept in memory while its reviewer works (board.py)."""

from dataclasses import dataclass, field

from journalist_interface.case_card import Card
from journalist_interface.casework.work import NO_WORK, Work
from keys.case_key import CaseKey


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

    @property
    def is_merged(self) -> bool:
        """Whether it says that it is one with another case; that one may be nobody's on this board."""
        return any(link.is_merged for link in self.work.links)
