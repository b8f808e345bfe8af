"""Erasing blobs so that a crash can be told from a half-restored backup: what is to go is written down first.

The ids are noted in the very transaction that deletes the rows naming the blobs; then the files go, durably; then the
note. A crash leaves the note, and whoever comes next does the rest. So a sealed file that no row names is never taken
for one that was to be erased.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from gettext import ngettext

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, exists, insert, select

from store.blobs import BlobFolder
from store.database import Database
from store.findings import Finding


def erasing_table(metadata: MetaData, name: str = "erasing") -> Table:
    """Return a table of blobs that are being erased from one folder, as both hosts have it."""
    return Table(name, metadata, Column("blob", String(32), primary_key=True), sqlite_with_rowid=False)


def note_erasing(connection: Connection, erasing: Table, blob_ids: Iterable[str]) -> None:
    """Note that these blobs are to be erased. For the transaction that deletes the rows naming them."""
    rows = [{"blob": blob_id} for blob_id in blob_ids]
    if rows:
        connection.execute(insert(erasing), rows)


def noted_among(database: Database, erasing: Table, blob_ids: Collection[str]) -> set[str]:
    """Return those of the ids that are noted as being erased."""
    with database.reading() as connection:
        return set(connection.execute(select(erasing.c.blob).where(erasing.c.blob.in_(list(blob_ids)))).scalars())


def check_erasing(database: Database, erasing: Table, blobs: BlobFolder) -> Iterator[Finding]:
    """Yield a finding if an erasing was broken off."""
    with database.reading() as connection:
        count = len(connection.execute(select(erasing.c.blob)).all())
    if count:
        said = ngettext(
            "{n} sealed file was to be erased, and a crash came first. Nothing is lost: the next start erases it.",
            "{n} sealed files were to be erased, and a crash came first. Nothing is lost: the next start erases them.",
            count,
        )
        yield Finding(said.format(n=count), sound=False, mend=partial(finish_erasing, database, erasing, blobs))


def finish_erasing(database: Database, erasing: Table, blobs: BlobFolder) -> None:
    """Erase everything that is noted, this time's and what an earlier crash left.

    Inside one writing transaction: nobody can bring a blob of the same name while its erasing is under way.
    """
    with database.reading() as connection:
        # Most starts find nothing, and then nobody has to wait for a writer.
        if not connection.execute(select(exists().where(erasing.c.blob.is_not(None)))).scalar():
            return
    with database.erasing() as connection:
        blobs.erase(connection.execute(select(erasing.c.blob)).scalars().all())
        connection.execute(delete(erasing))
