"""A case, opened by somebody who is cleared for it: the one way from a reference to a case key."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_documents import Card
from journalist_interface.sending import Recipient
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from store.desk.cases import CaseRow, find_case


@dataclass(frozen=True)
class OpenCase:
    """A case with its key and card."""

    row: CaseRow
    key: CaseKey = field(repr=False)
    card: Card

    @property
    def recipient(self) -> Recipient:
        """The source of this case, as far as they can be answered."""
        return Recipient(self.row.id, self.key, self.row.address, self.row.reply_key)

    @property
    def is_one_way(self) -> bool:
        """Whether nothing can reach the source."""
        return self.row.address is None or self.row.reply_key is None


def open_case(connection: Connection, signed_in: SignedIn, reference: str) -> OpenCase:
    """Return the case. Raises Missing if there is none or this reviewer is not cleared, SealBroken if altered."""
    return with_key(signed_in, find_case(connection, signed_in.username, reference))


def with_key(signed_in: SignedIn, row: CaseRow) -> OpenCase:
    """Return the case of a row that this reviewer was found cleared for. Raises SealBroken if it was altered."""
    key = CaseKey.open(row.sealed_key, signed_in.key, row.id)
    return OpenCase(row, key, Card.open(key, row.id, row.sealed_card))
