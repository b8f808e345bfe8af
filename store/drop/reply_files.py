"""Files that go with a reply, sealed on the reviewer host: announced, brought, downloaded by their source, erased.

Rules:
- Nothing is brought that was not announced: for one reply to one source, with size and SHA-256. Announced again it is
  the same announcement, and what is here is not brought twice.
- A file is erased with its reply, when that is deleted or withdrawn; some weeks after its reply came; and some days
  after it was announced, if its reply never came. Rows first, in a transaction that notes which files are to go.
- Nothing here opens a seal. That a reply has files, how many, and their size classes are all that this host knows.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from keys.errors import Malformed
from keys.reply_file import MOST_FILES
from store.blobs import BlobFolder
from store.database import Database
from store.drafts import Blob
from store.drop.days import days_before
from store.drop.shut import IS_OPEN
from store.drop.tables import deliveries, replies, reply_files, reply_files_erasing, sources
from store.erasing import finish_erasing, note_erasing
from store.errors import Missing

# The courier brings a reply right after its files; a host that was down for a weekend brings it on Monday.
UNCLAIMED_DAYS = 7


@dataclass(frozen=True)
class Announcement:
    """The files that are to go with a reply for the source at `address`."""

    address: str
    reply: str
    files: tuple[Blob, ...]


class Wanted(StrEnum):
    """What is to be done with an announced file."""

    SEND = "send"
    HERE = "here"
    DIFFERS = "differs"  # another file, or another reply's, was announced under this name: nothing was changed
    UNKNOWN_SOURCE = "unknown source"
    NOT_WANTED = "not wanted"  # the reply came before, or was withdrawn or deleted


def bytes_with(database: Database, announced: Announcement) -> tuple[int, int]:
    """Return how many bytes of an announcement are to come, and how many all files of replies have with it."""
    ids = [file.id for file in announced.files]
    with database.reading() as connection:
        here = set(
            connection.execute(select(reply_files.c.blob).where(reply_files.c.blob.in_(ids), reply_files.c.here))
            .scalars()
            .all()
        )
        others = select(func.coalesce(func.sum(reply_files.c.size), 0)).where(reply_files.c.blob.not_in(ids))
        size_of_others = int(connection.execute(others).scalar_one())
    come = sum(file.size for file in announced.files if file.id not in here)
    return come, size_of_others + sum(file.size for file in announced.files)


def announce(database: Database, announced: Announcement, today: str) -> tuple[Wanted, ...]:
    """Note what is to come; return what is to be done with each file. Raises Malformed for too many of one reply."""
    with database.writing() as connection:
        lookup_id = connection.execute(
            select(sources.c.lookup_id).where(sources.c.address == announced.address, IS_OPEN)
        ).scalar_one_or_none()
        if lookup_id is None:
            return (Wanted.UNKNOWN_SOURCE,) * len(announced.files)
        if connection.execute(select(exists().where(deliveries.c.id == announced.reply))).scalar():
            return (Wanted.NOT_WANTED,) * len(announced.files)
        answers = tuple(_announce_one(connection, lookup_id, announced.reply, file, today) for file in announced.files)
        count = select(func.count()).select_from(reply_files).where(reply_files.c.reply == announced.reply)
        if connection.execute(count).scalar_one() > MOST_FILES:
            raise Malformed("a reply has too many files")
        return answers


def announced_file(database: Database, blob_id: str) -> tuple[Blob, bool]:
    """Return what an announced file must be, and whether it is here. Raises Missing if it was not announced."""
    with database.reading() as connection:
        row = connection.execute(select(reply_files).where(reply_files.c.blob == blob_id)).one_or_none()
    if row is None:
        raise Missing("no such file was announced")
    return Blob(row.blob, row.size, row.sha256), row.here


def note_here(database: Database, file: Blob) -> None:
    """Note that a published file is here. Raises Missing if it is not wanted any more: take it back."""
    with database.writing() as connection:
        this = (reply_files.c.blob == file.id, reply_files.c.size == file.size, reply_files.c.sha256 == file.sha256)
        if not connection.execute(update(reply_files).where(*this).values(here=True)).rowcount:
            raise Missing("no such file was announced")


def are_here(connection: Connection, lookup_id: bytes, reply: str, blob_ids: Sequence[str]) -> bool:
    """Tell whether all of these files of a reply are here."""
    found = connection.execute(
        select(func.count())
        .select_from(reply_files)
        .where(reply_files.c.blob.in_(blob_ids), *_of(lookup_id, reply), reply_files.c.here)
    ).scalar_one()
    return bool(found == len(set(blob_ids)))


def count_from(connection: Connection, reply: str, today: str) -> None:
    """Have the time for which the files of a reply are kept begin today: its source can see it from now on."""
    connection.execute(update(reply_files).where(reply_files.c.reply == reply).values(day=today))


def files_of_source(connection: Connection, lookup_id: bytes) -> frozenset[str]:
    """Return the names of all files that are here for a source."""
    chosen = select(reply_files.c.blob).where(reply_files.c.lookup_id == lookup_id, reply_files.c.here)
    return frozenset(connection.execute(chosen).scalars())


def file_for_source(database: Database, folder: BlobFolder, lookup_id: bytes, reply: str, blob_id: str) -> Path:
    """Return where a source's own file lies. Raises Missing: not there, not theirs, of another reply, or erased."""
    with database.reading() as connection:
        this = (reply_files.c.blob == blob_id, *_of(lookup_id, reply), reply_files.c.here)
        # The reply too: what was brought for one that has not come is nobody's yet.
        come = exists().where(replies.c.id == reply, replies.c.lookup_id == lookup_id, replies.c.held.is_(False))
        if connection.execute(select(reply_files.c.blob).where(*this, come)).first() is None:
            raise Missing("no such file")
    return folder.path(blob_id)


def erase_files_of(connection: Connection, lookup_id: bytes, reply: str) -> None:
    """Erase the rows of a reply's files, and note that the files are to go: `finish_files` does it."""
    _erase(connection, and_(*_of(lookup_id, reply)))


def erase_files_of_source(connection: Connection, lookup_id: bytes) -> None:
    """Do so for all files of a source, whatever reply they are of."""
    _erase(connection, reply_files.c.lookup_id == lookup_id)


def finish_files(database: Database, folder: BlobFolder) -> None:
    """Erase every file that is noted as going, also before a crash."""
    finish_erasing(database, reply_files_erasing, folder)


def forget_files(database: Database, folder: BlobFolder, today: str, kept_days: int) -> None:
    """Erase what is older than `kept_days`, and what was brought some days ago for a reply that never came."""
    unclaimed = and_(
        reply_files.c.day < days_before(today, UNCLAIMED_DAYS),
        ~exists().where(replies.c.id == reply_files.c.reply),
    )
    due = or_(reply_files.c.day < days_before(today, kept_days), unclaimed)
    with database.reading() as connection:
        found = connection.execute(select(reply_files.c.blob).where(due).limit(1)).first()
    # Most days nothing is due, and then nobody has to wait for a writer.
    if found is not None:
        with database.erasing() as connection:
            _erase(connection, due)
    finish_files(database, folder)


def blobs_named(database: Database, blob_ids: Collection[str]) -> dict[str, Blob]:
    """Return those of the ids that are files of a reply and here, with what each must be."""
    with database.reading() as connection:
        chosen = select(reply_files).where(reply_files.c.blob.in_(list(blob_ids)), reply_files.c.here)
        return {row.blob: Blob(row.blob, row.size, row.sha256) for row in connection.execute(chosen)}


def _announce_one(connection: Connection, lookup_id: bytes, reply: str, file: Blob, today: str) -> Wanted:
    row = connection.execute(select(reply_files).where(reply_files.c.blob == file.id)).one_or_none()
    going = exists().where(reply_files_erasing.c.blob == file.id)
    if row is None and connection.execute(select(going)).scalar():
        # Its file is about to go: brought at this moment, it would go with the old one.
        return Wanted.DIFFERS
    if row is None:
        connection.execute(
            insert(reply_files).values(
                blob=file.id,
                reply=reply,
                lookup_id=lookup_id,
                size=file.size,
                sha256=file.sha256,
                day=today,
                here=False,
            )
        )
        return Wanted.SEND
    if (row.reply, row.lookup_id, row.size, row.sha256) != (reply, lookup_id, file.size, file.sha256):
        return Wanted.DIFFERS
    return Wanted.HERE if row.here else Wanted.SEND


def _erase(connection: Connection, due: ColumnElement[bool]) -> None:
    going: Iterable[str] = connection.execute(select(reply_files.c.blob).where(due)).scalars().all()
    connection.execute(delete(reply_files).where(due))
    note_erasing(connection, reply_files_erasing, going)


def _of(lookup_id: bytes, reply: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return reply_files.c.lookup_id == lookup_id, reply_files.c.reply == reply
