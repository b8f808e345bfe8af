"""Vault files that wait for a reply to go with: each of one case and one reviewer, and of no item yet.

What they are is sealed on a sheet of the case, one for each reviewer who prepares something. Rows here tell whose they
are and since when, so that what was never sent is erased without any key.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, insert, select, update

from store.desk.case_tables import attachments, vault_erasing
from store.desk.sheets import erase_sheet
from store.drafts import Blob
from store.erasing import note_erasing
from store.errors import Missing

_SHEET = "reply-files "


def prepared_sheet(username: str) -> str:
    """Return the kind of the sheet on which a reviewer's prepared files stand."""
    return _SHEET + username


def is_prepared_sheet(kind: str) -> bool:
    """Tell whether a sheet is one of prepared files, whoever's."""
    return kind.startswith(_SHEET)


def add_prepared(connection: Connection, case_id: str, username: str, blob: Blob, at: int) -> None:
    """Note that a vault file waits for a reply of this reviewer. `at` in Unix seconds."""
    connection.execute(
        insert(attachments).values(
            id=blob.id,
            case_id=case_id,
            item_id=None,
            size=blob.size,
            sha256=blob.sha256,
            prepared_by=username,
            prepared_at=at,
        )
    )


def prepared_of(connection: Connection, case_id: str, username: str) -> frozenset[str]:
    """Return the names of the vault files that wait for a reply of this reviewer."""
    chosen = select(attachments.c.id).where(attachments.c.case_id == case_id, attachments.c.prepared_by == username)
    return frozenset(connection.execute(chosen).scalars())


def give_to_item(connection: Connection, case_id: str, username: str, ids: Collection[str], item_id: str) -> None:
    """Have prepared files belong to the reply that they went with. Raises Missing if one waits no more."""
    these = (
        attachments.c.case_id == case_id,
        attachments.c.prepared_by == username,
        attachments.c.id.in_(list(ids)),
    )
    given = update(attachments).where(*these).values(item_id=item_id, prepared_by=None, prepared_at=None)
    if connection.execute(given).rowcount != len(ids):
        raise Missing("a file waits no more")


def take_away(connection: Connection, case_id: str, username: str, attachment_id: str) -> None:
    """Have a prepared file go, and note that its vault file is to be erased. Raises Missing if it waits no more."""
    these = (
        attachments.c.case_id == case_id,
        attachments.c.prepared_by == username,
        attachments.c.id == attachment_id,
    )
    if not connection.execute(delete(attachments).where(*these)).rowcount:
        raise Missing("no such file waits")
    note_erasing(connection, vault_erasing, [attachment_id])


def prepared_before(connection: Connection, at: int) -> list[tuple[str, str]]:
    """Return whose prepared files are all older than that (Unix seconds): case and reviewer of each set."""
    chosen = (
        select(attachments.c.case_id, attachments.c.prepared_by)
        .where(attachments.c.prepared_by.is_not(None))
        .group_by(attachments.c.case_id, attachments.c.prepared_by)
        .having(func.max(attachments.c.prepared_at) < at)
    )
    return [(row.case_id, row.prepared_by) for row in connection.execute(chosen)]


def forget_prepared(connection: Connection, case_id: str, username: str) -> None:
    """Have a reviewer's prepared files go with the sheet on which they stand; no key is needed for that."""
    ids = prepared_of(connection, case_id, username)
    connection.execute(delete(attachments).where(attachments.c.id.in_(list(ids))))
    note_erasing(connection, vault_erasing, ids)
    erase_sheet(connection, case_id, prepared_sheet(username))
