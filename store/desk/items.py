"""The timeline of a case: letters, replies, statuses, notes, each sealed under the case key; and its attachments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from keys.ciphertext import Ciphertext
from store.database import Database
from store.desk.case_tables import attachments, clearances, items, vault_erasing
from store.drafts import Blob
from store.erasing import note_erasing
from store.errors import Missing


class ItemKind(StrEnum):
    """What stands in a timeline."""

    LETTER = "letter"
    REPLY = "reply"
    STATUS = "status"
    NOTE = "note"
    ACCESS = "access"
    MARK = "mark"


@dataclass(frozen=True)
class Item:
    """One item. `made_at` in Unix seconds: of the reviewer's act, for a letter of its opening.

    `state` says where a reply is (store.desk.outbox.ReplyState); it is None for anything else.
    """

    id: str
    kind: str
    made_at: int
    sealed: Ciphertext = field(repr=False)
    state: str | None = None


def next_position(connection: Connection, case_id: str) -> int:
    """Return the place that the next item of a case's timeline will have, from 1."""
    last = connection.execute(select(func.max(items.c.position)).where(items.c.case_id == case_id)).scalar_one()
    return (last or 0) + 1


def add_item(connection: Connection, case_id: str, item: Item) -> None:
    """Append an item to a case's timeline."""
    connection.execute(
        insert(items).values(
            id=item.id,
            case_id=case_id,
            kind=item.kind,
            position=next_position(connection, case_id),
            made_at=item.made_at,
            sealed=item.sealed,
            state=item.state,
        )
    )


def has_item(connection: Connection, item_id: str) -> bool:
    """Tell whether there is an item of this id, in whatever case. Nobody may learn the answer."""
    return connection.execute(select(items.c.id).where(items.c.id == item_id)).first() is not None


def is_item_of(connection: Connection, case_id: str, item_id: str) -> bool:
    """Tell whether a case has an item of this id. Ask only for somebody who can read it."""
    asked = select(items.c.id).where(items.c.case_id == case_id, items.c.id == item_id)
    return connection.execute(asked).first() is not None


def list_items(connection: Connection, case_id: str, after: int = 0) -> list[Item]:
    """Return a case's timeline in order, without the first `after` items."""
    rows = connection.execute(
        select(items.c.id, items.c.kind, items.c.made_at, items.c.sealed, items.c.state)
        .where(items.c.case_id == case_id)
        .order_by(items.c.position)
        .offset(after)
    )
    return [Item(*row) for row in rows]


def count_items_of_holder(connection: Connection, holder: str) -> dict[str, int]:
    """Return how many items each case has that a holder is cleared for, by the id of the case."""
    counted = (
        select(items.c.case_id, func.count())
        .join(clearances, clearances.c.case_id == items.c.case_id)
        .where(clearances.c.holder == holder)
        .group_by(items.c.case_id)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def item_ids(connection: Connection, case_id: str) -> list[str]:
    """Return the ids of a case's timeline in order."""
    chosen = select(items.c.id).where(items.c.case_id == case_id).order_by(items.c.position)
    return list(connection.execute(chosen).scalars())


def first_item_at(connection: Connection, case_id: str) -> int:
    """Return when the first item of a case's timeline was made, in Unix seconds; 0 if there is none."""
    first = select(func.min(items.c.made_at)).where(items.c.case_id == case_id)
    return connection.execute(first).scalar_one() or 0


def put_item(connection: Connection, case_id: str, item_id: str, sealed: Ciphertext) -> None:
    """Change what stands in an item: the same words under another key."""
    connection.execute(update(items).where(items.c.case_id == case_id, items.c.id == item_id).values(sealed=sealed))


def read_item(connection: Connection, case_id: str, item_id: str) -> Item:
    """Return one item of a case. Raises Missing if it is not this case's."""
    row = connection.execute(
        select(items.c.id, items.c.kind, items.c.made_at, items.c.sealed, items.c.state).where(
            items.c.case_id == case_id, items.c.id == item_id
        )
    ).first()
    if row is None:
        raise Missing("no such item in this case")
    return Item(*row)


def add_attachment(connection: Connection, case_id: str, item_id: str, blob: Blob) -> None:
    """Note that a vault file belongs to a letter."""
    connection.execute(
        insert(attachments).values(id=blob.id, case_id=case_id, item_id=item_id, size=blob.size, sha256=blob.sha256)
    )


def attachments_of(connection: Connection, case_id: str) -> dict[str, str | None]:
    """Return the vault files of a case, with the id of the letter or reply of each; None: it waits for a reply."""
    found = select(attachments.c.id, attachments.c.item_id).where(attachments.c.case_id == case_id)
    return {row.id: row.item_id for row in connection.execute(found)}


def replace_attachments(connection: Connection, case_id: str, blobs: Mapping[str, Blob]) -> None:
    """Put other vault files in the place of a case's, by the id each has now, and note that the old ones are to go."""
    for attachment_id, blob in blobs.items():
        connection.execute(
            update(attachments)
            .where(attachments.c.case_id == case_id, attachments.c.id == attachment_id)
            .values(id=blob.id, size=blob.size, sha256=blob.sha256)
        )
    note_erasing(connection, vault_erasing, blobs)


def item_of_attachment(connection: Connection, case_id: str, attachment_id: str) -> str:
    """Return the id of the letter or reply of an attachment. Raises Missing if it is not this case's, or has none."""
    found = connection.execute(
        select(attachments.c.item_id).where(attachments.c.case_id == case_id, attachments.c.id == attachment_id)
    ).scalar_one_or_none()
    if found is None:
        raise Missing("no such attachment in this case")
    return str(found)


def blobs_named(database: Database, blob_ids: Collection[str]) -> dict[str, Blob]:
    """Return those of the ids that are attachments of a case, with what each vault file must be."""
    with database.reading() as connection:
        rows = connection.execute(
            select(attachments.c.id, attachments.c.size, attachments.c.sha256).where(
                attachments.c.id.in_(list(blob_ids))
            )
        )
        return {row.id: Blob(row.id, row.size, row.sha256) for row in rows}
