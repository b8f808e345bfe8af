"""What only the door may do with what waits: list it, read its blobs, and erase it once it is collected.

Rules:
- Nothing is erased but what the caller can name exactly: each blob of a submission with its SHA-256.
- Rows first, in one transaction that also notes which files are to go, then the files: a crash between leaves the note,
  and the next start, or the next confirmation, does the rest (store.erasing).
- The list is in the order of random ids, so it tells nothing of the order of arrival.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Column, Connection, delete, exists, select, update

from keys.statuses import Status
from store.blobs import BlobFolder
from store.database import Database
from store.drop.days import days_before
from store.drop.reply_files import erase_files_of_source
from store.drop.tables import deliveries, erasing, notices, parts, replies, sent_forms, sources, submissions
from store.erasing import finish_erasing, note_erasing
from store.errors import Missing

# Longer than a delivery is accepted for (store.drop.deliveries): while one could come again, it is remembered.
DELIVERIES_KEPT_DAYS = 90
# Nobody sends a form again that was left open for a week: its session has long ended.
SENT_FORMS_KEPT_DAYS = 7
# For so long a source finds that the report was destroyed. Then their codename is as one that never was.
DESTROYED_KEPT_DAYS = 365
_OVER = (Status.DESTROYED.value, Status.SHUT.value)


@dataclass(frozen=True)
class WaitingPart:
    """A sealed blob of a submission: `kind` is letter or attachment, `size` is in bytes."""

    blob: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class WaitingSubmission:
    """A submission that nobody has collected yet, its letter first. Whose it is stays here."""

    id: str
    day: str
    parts: tuple[WaitingPart, ...]


@dataclass(frozen=True)
class Notice:
    """What the desk is told of a reply: `what` is read or deleted."""

    id: str
    reply: str
    what: str


@dataclass(frozen=True)
class Waiting:
    """A page of what waits, both lists in the order of ids. `more` tells that something waits beyond the last id."""

    submissions: tuple[WaitingSubmission, ...]
    notices: tuple[Notice, ...]
    more: bool


@dataclass(frozen=True)
class Collected:
    """What the courier says it holds of a submission: the SHA-256 of each blob, by blob id."""

    submission: str
    sha256s: Mapping[str, str]


class Confirmation(StrEnum):
    """What became of a submission that the courier confirmed."""

    ERASED = "erased"
    GONE = "gone"  # erased before, or never here
    DIFFERS = "differs"  # the courier holds something else: nothing was erased


def list_waiting(database: Database, after: str, limit: int) -> Waiting:
    """Return at most `limit` submissions and notices together, those with the lowest ids beyond `after`."""
    with database.reading() as connection:
        columns = (submissions.c.id, notices.c.id)
        found = sorted(row for column in columns for row in _ids_beyond(connection, column, after, limit + 1))
        page = found[:limit]
        return Waiting(_submissions(connection, page), _notices(connection, page), more=len(found) > limit)


def waiting_blob(database: Database, blobs: BlobFolder, blob_id: str) -> Path:
    """Return where a waiting blob lies. Raises Missing unless a row names it and the file is there.

    That something of its source leaves this host is durable before this returns: who withdraws a report of which a byte
    has left is not told that nobody has it.
    """
    of_this_blob = parts.join(submissions, parts.c.submission == submissions.c.id)
    query = (
        select(submissions.c.lookup_id, sources.c.fetched)
        .select_from(of_this_blob.outerjoin(sources, submissions.c.lookup_id == sources.c.lookup_id))
        .where(parts.c.blob == blob_id)
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is not None and row.fetched is False:
        with database.erasing() as connection:
            # Asked again, with the writer's turn in hand: its source may have withdrawn it meanwhile.
            row = connection.execute(query).one_or_none()
            if row is not None:
                _note_fetched(connection, row.lookup_id)
    if row is None:
        raise Missing("no such blob")
    return blobs.path(blob_id)


def confirm(
    database: Database, blobs: BlobFolder, collected: Sequence[Collected], notice_ids: Iterable[str], today: str
) -> tuple[Confirmation, ...]:
    """Erase what was collected and the notices received; return what became of each submission, in order."""
    erased: list[str] = []
    with database.erasing() as connection:
        answers = tuple(_confirm_one(connection, one, erased, today) for one in collected)
        connection.execute(delete(notices).where(notices.c.id.in_(list(notice_ids))))
        note_erasing(connection, erasing, erased)
    finish_collections(database, blobs)
    return answers


def finish_collections(database: Database, blobs: BlobFolder) -> None:
    """Erase the files of everything that was confirmed, also before a crash."""
    finish_erasing(database, erasing, blobs)


def forget_old(database: Database, today: str) -> None:
    """Forget forms sent and deliveries applied so long ago that they cannot come again; and sources whose report was
    destroyed so long ago that they will hardly come back. `today` is YYYY-MM-DD.
    """
    for table, days in ((deliveries, DELIVERIES_KEPT_DAYS), (sent_forms, SENT_FORMS_KEPT_DAYS)):
        oldest = days_before(today, days)
        with database.reading() as connection:
            found = connection.execute(select(exists().where(table.c.day < oldest))).scalar()
        # Most days nothing is due, and then nobody has to wait for a writer.
        if found:
            with database.erasing() as connection:
                connection.execute(delete(table).where(table.c.day < oldest))
    _forget_destroyed(database, days_before(today, DESTROYED_KEPT_DAYS))


def _forget_destroyed(database: Database, oldest: str) -> None:
    # One who has written again since is there until that is collected; then the desk says how it goes on.
    theirs = exists().where(submissions.c.lookup_id == sources.c.lookup_id)
    over = (sources.c.status.in_(_OVER), sources.c.status_day < oldest, ~theirs)
    with database.reading() as connection:
        found = connection.execute(select(exists().where(*over))).scalar()
    if found:
        with database.erasing() as connection:
            gone = select(sources.c.lookup_id).where(*over)
            for lookup_id in connection.execute(gone).scalars().all():
                erase_files_of_source(connection, lookup_id)
            connection.execute(delete(replies).where(replies.c.lookup_id.in_(gone)))
            connection.execute(delete(sources).where(*over))


def _ids_beyond(connection: Connection, column: Column[str], after: str, most: int) -> Sequence[str]:
    return connection.execute(select(column).where(column > after).order_by(column).limit(most)).scalars().all()


def _submissions(connection: Connection, ids: Sequence[str]) -> tuple[WaitingSubmission, ...]:
    found: dict[str, list[WaitingPart]] = {}
    # "letter" sorts after "attachment": descending puts the letter first.
    query = select(parts).where(parts.c.submission.in_(ids)).order_by(parts.c.kind.desc(), parts.c.blob)
    for row in connection.execute(query):
        found.setdefault(row.submission, []).append(WaitingPart(row.blob, row.kind, row.size, row.sha256))
    listed = connection.execute(select(submissions).where(submissions.c.id.in_(ids)).order_by(submissions.c.id))
    return tuple(WaitingSubmission(row.id, row.day, tuple(found.get(row.id, ()))) for row in listed)


def _notices(connection: Connection, ids: Sequence[str]) -> tuple[Notice, ...]:
    found = connection.execute(select(notices).where(notices.c.id.in_(ids)).order_by(notices.c.id))
    return tuple(Notice(row.id, row.reply, row.what) for row in found)


def _confirm_one(connection: Connection, one: Collected, erased: list[str], today: str) -> Confirmation:
    row = connection.execute(select(submissions).where(submissions.c.id == one.submission)).one_or_none()
    if row is None:
        return Confirmation.GONE
    held = connection.execute(select(parts.c.blob, parts.c.sha256).where(parts.c.submission == one.submission))
    if {part.blob: part.sha256 for part in held} != dict(one.sha256s):
        return Confirmation.DIFFERS
    connection.execute(delete(parts).where(parts.c.submission == one.submission))
    connection.execute(delete(submissions).where(submissions.c.id == one.submission))
    erased.extend(one.sha256s)
    if row.lookup_id is not None:
        _note_fetched(connection, row.lookup_id)
        _say_collected(connection, row.lookup_id, today)
    return Confirmation.ERASED


def _note_fetched(connection: Connection, lookup_id: bytes) -> None:
    connection.execute(
        update(sources).where(sources.c.lookup_id == lookup_id, sources.c.fetched.is_(False)).values(fetched=True)
    )


def _say_collected(connection: Connection, lookup_id: bytes, today: str) -> None:
    # While another submission of the same source still waits, "collected" would not be true.
    if not connection.execute(select(exists().where(submissions.c.lookup_id == lookup_id))).scalar():
        connection.execute(
            update(sources)
            .where(sources.c.lookup_id == lookup_id, sources.c.status == Status.SENT.value)
            .values(status=Status.COLLECTED.value, status_day=today)
        )
