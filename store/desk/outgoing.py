"""Files on their way to the source host: sealed for one source, in a folder that the desk fills and the courier reads.

A file has a row from the transaction that queues its reply until the one that says what became of that: then it is
noted as going, and erased. The vault keeps its own copy, under the key of the case.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select

from store.blobs import BlobFolder
from store.database import Database
from store.desk.post_tables import outgoing_erasing, outgoing_files
from store.drafts import Blob
from store.erasing import finish_erasing, note_erasing


def add_outgoing(connection: Connection, reply: str, files: Sequence[Blob]) -> None:
    """Note which published files go with a reply, in their order."""
    for place, file in enumerate(files, 1):
        connection.execute(
            insert(outgoing_files).values(blob=file.id, reply=reply, place=place, size=file.size, sha256=file.sha256)
        )


def outgoing_of(connection: Connection, reply: str) -> tuple[Blob, ...]:
    """Return the files that go with a reply, in their order."""
    chosen = select(outgoing_files).where(outgoing_files.c.reply == reply).order_by(outgoing_files.c.place)
    return tuple(Blob(row.blob, row.size, row.sha256) for row in connection.execute(chosen))


def drop_outgoing(connection: Connection, reply: str) -> None:
    """Have the files of a reply be on their way no more: `finish_outgoing` erases them."""
    ids = [file.id for file in outgoing_of(connection, reply)]
    connection.execute(delete(outgoing_files).where(outgoing_files.c.reply == reply))
    note_erasing(connection, outgoing_erasing, ids)


def finish_outgoing(database: Database, folder: BlobFolder) -> None:
    """Erase every file that is noted as going, also before a crash."""
    finish_erasing(database, outgoing_erasing, folder)


def blobs_named(database: Database, blob_ids: Collection[str]) -> dict[str, Blob]:
    """Return those of the ids that are on their way, with what each file must be."""
    with database.reading() as connection:
        chosen = select(outgoing_files).where(outgoing_files.c.blob.in_(list(blob_ids)))
        return {row.blob: Blob(row.blob, row.size, row.sha256) for row in connection.execute(chosen)}
