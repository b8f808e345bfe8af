"""A case, opened by somebody who is cleared for it: the one way from a reference to a case key.

Danger stands in the sealed card. A card of before has none: it is found in the case's letters again, and kept with the
card when somebody who is cleared reads the case, or a further letter comes.

So does the source's address. The columns of address and reply key are in clear, for whoever can write into the
database: unless they fit the card, the next reply would be sealed to somebody else, or the next letter shown to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, open_document
from journalist_interface.case_places import NO_ITEMS, timeline_after
from journalist_interface.casework.before import work_of_before
from journalist_interface.casework.link_sheet import reply_key_apart
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.letter_opening import Danger, danger_in
from journalist_interface.sending import Recipient
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.reply import reply_address
from store.desk.cases import CaseRow, find_case
from store.desk.items import Item, ItemKind, item_ids, list_items


@dataclass(frozen=True)
class OpenCase:
    """A case with its key and card. With `is_of_before` the card that is kept does not say what this one does.

    `reply_key_apart` is the source's, of a case that was split off: it stands in no column.
    """

    row: CaseRow
    key: CaseKey = field(repr=False)
    card: Card
    is_of_before: bool = False
    reply_key_apart: bytes | None = field(default=None, repr=False)

    @property
    def recipient(self) -> Recipient:
        """The source of this case, as far as they can be answered."""
        if self.card.apart and self.reply_key_apart:
            # Where the report stands, its source is told by the case that it was split off from.
            return Recipient(self.row.id, self.key, self.card.apart, self.reply_key_apart, is_told_status=False)
        return Recipient(self.row.id, self.key, self.row.address, self.row.reply_key)

    @property
    def work(self) -> Work:
        """How far the work on it is."""
        return self.card.work or NO_WORK

    @property
    def is_one_way(self) -> bool:
        """Whether nothing can reach the source."""
        if self.card.apart:
            return self.reply_key_apart is None
        return self.row.address is None or self.row.reply_key is None


def open_case(connection: Connection, signed_in: SignedIn, reference: str) -> OpenCase:
    """Return the case. Raises Missing if there is none or this reviewer is not cleared, SealBroken if altered."""
    return with_key(connection, signed_in, find_case(connection, signed_in.username, reference))


def open_all(
    connection: Connection, signed_in: SignedIn, case: OpenCase, references: Sequence[str]
) -> tuple[OpenCase, ...]:
    """Return the cases that are one with an open one, in the order of the references; it alone if there are none.

    Raises as `open_case` does.
    """
    return tuple(
        case if each == case.row.reference else open_case(connection, signed_in, each) for each in references
    ) or (case,)


def with_key(connection: Connection, signed_in: SignedIn, row: CaseRow) -> OpenCase:
    """Return the case of a row that this reviewer was found cleared for. Raises SealBroken if it was altered."""
    key = CaseKey.open(row.sealed_key, signed_in.key, row.id)
    kept = Card.open(key, row.id, row.sealed_card)
    card = settled_card(connection, key, row, kept)
    apart = reply_key_apart(connection, key, row.id, card.apart) if card.apart else None
    return OpenCase(row, key, card, is_of_before=card != kept, reply_key_apart=apart)


def settled_card(connection: Connection, key: CaseKey, row: CaseRow, card: Card) -> Card:
    """Return the card; what one of before does not say is put in. Raises SealBroken if the case is another source's.

    Danger is as the letters tell it; one that does not open counts as danger: nobody can say that there is none. The
    source is taken as it stands in clear: nothing else says it.
    """
    source = _source_in_clear(row)
    if card.source is not None and card.source != source:
        raise SealBroken("address and reply key of this case are another source's")
    danger = card.danger
    if danger is None:
        letters = [item for item in list_items(connection, row.id) if item.kind == ItemKind.LETTER.value]
        danger = any(_tells_of_danger(key, row.id, item) for item in letters)
    timeline = card.timeline or timeline_after(NO_ITEMS, item_ids(connection, row.id))
    work = card.work or work_of_before(row, list_items(connection, row.id))
    return replace(card, danger=danger, source=source, timeline=timeline, work=work)


def _source_in_clear(row: CaseRow) -> str:
    if row.address is None and row.reply_key is None:
        return ""
    if row.reply_key is None or row.address != reply_address(row.reply_key):
        raise SealBroken("address and reply key of this case are not of one source")
    return row.address


def _tells_of_danger(key: CaseKey, case_id: str, item: Item) -> bool:
    try:
        letter = open_document(key, case_id, item.id, item.kind, item.sealed)
    except SealBroken:
        return True
    return isinstance(letter, LetterDocument) and danger_in(letter) is not Danger.NONE
