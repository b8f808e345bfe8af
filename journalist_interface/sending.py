"""Putting words and statuses on their way to a source: item of the timeline and outbox in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.case_card import Card
from journalist_interface.case_documents import Document, ReplyDocument, StatusDocument, seal_document
from journalist_interface.case_places import timeline_after
from journalist_interface.clock import now, today
from keys.case_key import CaseKey
from keys.reply import Reply
from keys.reply_file import ReplyFile
from keys.statuses import Status
from store.desk.cases import put_card, read_card
from store.desk.items import Item, ItemKind, add_item, next_position
from store.desk.outbox import ReplyState, add_reply, add_status
from store.drafts import Blob


@dataclass(frozen=True)
class Recipient:
    """A case, and its source if they want to come back: then `address` and `reply_key` are both there.

    `is_told_status`: where this case stands is what the source is shown. Of two cases of one source, only one tells.
    """

    case_id: str
    key: CaseKey = field(repr=False)
    address: str | None
    reply_key: bytes | None = field(repr=False)
    is_told_status: bool = True


def send_reply(
    connection: Connection,
    to: Recipient,
    reply_id: str,
    document: ReplyDocument,
    files: Sequence[tuple[ReplyFile, Blob]] = (),
) -> None:
    """Seal a reply to the source and queue it. Raises Malformed if a limit of the format is passed.

    `files` go with it, each with its sealed copy for the source, which is published already. The caller has made sure
    that the source can be answered.
    """
    if to.address is None or to.reply_key is None:
        raise ValueError("this source does not want to come back")
    # Replies of one day are read in the order of the timeline: no time finer than a day travels with them.
    number = next_position(connection, to.case_id)
    named, blobs = tuple(file for file, _blob in files), [blob for _file, blob in files]
    sealed = Reply(reply_id, today(), document.text, document.questions, number, named).seal_to(to.reply_key)
    _keep(connection, to, reply_id, ItemKind.REPLY, document, ReplyState.SCHEDULED.value)
    add_reply(connection, to.address, today(), reply_id, sealed, blobs)


def send_status(connection: Connection, to: Recipient, item_id: str, document: StatusDocument) -> None:
    """Keep a status in the timeline, and queue it if there is a source who will see it."""
    _keep(connection, to, item_id, ItemKind.STATUS, document)
    tell_status(connection, to, Status(document.status))


def tell_status(connection: Connection, to: Recipient, status: Status) -> None:
    """Queue a status, if there is a source who will see it, without a line in the timeline."""
    if to.address is not None and to.is_told_status:
        add_status(connection, to.address, today(), status)


def keep_item(connection: Connection, to: Recipient, item_id: str, kind: ItemKind, document: Document) -> None:
    """Keep something in the timeline that nobody outside is told of."""
    _keep(connection, to, item_id, kind, document)


def _keep(
    connection: Connection, to: Recipient, item_id: str, kind: ItemKind, document: Document, state: str | None = None
) -> None:
    sealed = seal_document(to.key, to.case_id, item_id, document)
    add_item(connection, to.case_id, Item(item_id, kind.value, now(), sealed, state))
    card = Card.open(to.key, to.case_id, read_card(connection, to.case_id))
    # A card of before gets its hash when somebody reads the case.
    if card.timeline is not None:
        card = replace(card, timeline=timeline_after(card.timeline, [item_id]))
        put_card(connection, to.case_id, card.seal(to.key, to.case_id))
