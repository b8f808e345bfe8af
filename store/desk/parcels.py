"""The post: sealed parcels that the courier brought and no intake officer has opened yet.

A parcel is one submission: its letter and attachments, each a blob in the post's BlobFolder under the name that the
source host gave it, because the letter names its attachments so. The blobs are published before the rows name them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.blobs import BlobFolder
from store.database import Database
from store.desk.post_tables import erasing, further_letters, opened, parcel_parts, parcels
from store.drafts import Blob
from store.erasing import finish_erasing, note_erasing
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class ParcelPart:
    """A sealed blob of a parcel: `kind` is letter or attachment, `size` is in bytes."""

    blob: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Parcel:
    """A parcel, its letter first. `day` is what the source host says; the letter inside is what counts.

    `problem` is a sentence that says why it could not be opened, if somebody tried.
    """

    submission: str
    day: str
    collected_day: str
    problem: str | None
    parts: tuple[ParcelPart, ...]

    @property
    def letter(self) -> ParcelPart:
        """The letter's part."""
        return self.parts[0]

    @property
    def attachments(self) -> tuple[ParcelPart, ...]:
        """The attachments' parts."""
        return self.parts[1:]


def put_parcel(database: Database, parcel: Parcel) -> None:
    """Record a parcel whole, or not at all. Raises AlreadyThere if it, or one of its blobs, is or was here."""
    rows = [
        {
            "blob": part.blob,
            "submission": parcel.submission,
            "kind": part.kind,
            "size": part.size,
            "sha256": part.sha256,
        }
        for part in parcel.parts
    ]
    try:
        with database.writing() as connection:
            if was_opened(connection, parcel.submission):
                raise AlreadyThere("this submission was opened before")
            if named_among(connection, [part.blob for part in parcel.parts]):
                # Also one that is about to be erased: it would be erased from under the new row.
                raise AlreadyThere("a blob of this name is in the post")
            connection.execute(
                insert(parcels).values(
                    submission=parcel.submission,
                    day=parcel.day,
                    collected_day=parcel.collected_day,
                    problem=parcel.problem,
                )
            )
            connection.execute(insert(parcel_parts), rows)
    except IntegrityError as reason:
        raise AlreadyThere("this submission, or one of its blobs, is in the post") from reason


def list_parcels(connection: Connection) -> tuple[Parcel, ...]:
    """Return every parcel, those collected first at the head; within a day the order tells nothing."""
    found = connection.execute(select(parcels).order_by(parcels.c.collected_day, parcels.c.submission)).all()
    by_submission: dict[str, list[ParcelPart]] = {row.submission: [] for row in found}
    for row in connection.execute(_parts_letter_first()):
        by_submission[row.submission].append(ParcelPart(row.blob, row.kind, row.size, row.sha256))
    return tuple(
        Parcel(row.submission, row.day, row.collected_day, row.problem, tuple(by_submission[row.submission]))
        for row in found
    )


def waiting_submissions(connection: Connection) -> frozenset[str]:
    """Return the ids of all submissions in the post, those with a problem too."""
    return frozenset(connection.execute(select(parcels.c.submission)).scalars())


def read_parcel(connection: Connection, submission: str) -> Parcel:
    """Return one parcel. Raises Missing if it is not in the post."""
    row = connection.execute(select(parcels).where(parcels.c.submission == submission)).one_or_none()
    if row is None:
        raise Missing("no such parcel")
    query = _parts_letter_first().where(parcel_parts.c.submission == submission)
    parts = tuple(ParcelPart(part.blob, part.kind, part.size, part.sha256) for part in connection.execute(query))
    return Parcel(row.submission, row.day, row.collected_day, row.problem, parts)


def mark_problem(connection: Connection, submission: str, sentence: str) -> None:
    """Note why a parcel could not be opened; it stays in the post. Raises Missing if it is not there."""
    changed = connection.execute(update(parcels).where(parcels.c.submission == submission).values(problem=sentence))
    if not changed.rowcount:
        raise Missing("no such parcel")


def clear_problem(connection: Connection, submission: str) -> None:
    """Put a parcel that could not be opened back into the queue. Raises Missing if it is not there."""
    changed = connection.execute(update(parcels).where(parcels.c.submission == submission).values(problem=None))
    if not changed.rowcount:
        raise Missing("no such parcel")


def erase_opened(connection: Connection, submission: str) -> None:
    """Take a parcel out of the post, remember that it was opened, and note that its files are to go.

    For the transaction that keeps its content in the vault; `finish_openings` after that is committed. Raises Missing
    if the parcel is not in the post.
    """
    parcel = read_parcel(connection, submission)
    connection.execute(delete(parcel_parts).where(parcel_parts.c.submission == submission))
    connection.execute(delete(further_letters).where(further_letters.c.submission == submission))
    connection.execute(delete(parcels).where(parcels.c.submission == submission))
    connection.execute(insert(opened).values(submission=submission))
    note_erasing(connection, erasing, [part.blob for part in parcel.parts])


def finish_openings(database: Database, post: BlobFolder) -> None:
    """Erase the sealed files of every parcel that was opened, also before a crash."""
    finish_erasing(database, erasing, post)


def was_opened(connection: Connection, submission: str) -> bool:
    """Tell whether a submission was opened before."""
    return bool(connection.execute(select(exists().where(opened.c.submission == submission))).scalar())


def blobs_named(database: Database, blob_ids: Collection[str]) -> dict[str, Blob]:
    """Return those of the ids that a parcel names, with what each must be."""
    with database.reading() as connection:
        rows = connection.execute(
            select(parcel_parts.c.blob, parcel_parts.c.size, parcel_parts.c.sha256).where(
                parcel_parts.c.blob.in_(list(blob_ids))
            )
        )
        return {row.blob: Blob(row.blob, row.size, row.sha256) for row in rows}


def named_among(connection: Connection, blobs: Collection[str]) -> frozenset[str]:
    """Return those of `blobs` whose names are taken: by a parcel, or by a file that is about to be erased."""
    taken: set[str] = set()
    for column in (parcel_parts.c.blob, erasing.c.blob):
        taken.update(connection.execute(select(column).where(column.in_(list(blobs)))).scalars())
    return frozenset(taken)


def _parts_letter_first() -> Select[Any]:
    # "letter" sorts after "attachment".
    return select(parcel_parts).order_by(parcel_parts.c.kind.desc(), parcel_parts.c.blob)
