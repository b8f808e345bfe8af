"""What the public site may add: a submission with its source, in one transaction. It can list none of it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from keys.carried import nothing_carried
from keys.ciphertext import Ciphertext
from keys.memo import empty_memo
from keys.reply import reply_address
from keys.statuses import Status
from store.database import Database
from store.drafts import Blob
from store.drop.tables import parts, sent_forms, sources, submissions
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class NewSource:
    """What is kept of a source who wants to come back: how to find it, and the public half of its reply key.

    `memo` takes the place of the one before (keys.memo); None leaves it as it is. `pepper` is the number of the one
    that `lookup_id` is of.
    """

    lookup_id: bytes
    reply_key: bytes
    memo: Ciphertext | None = None
    pepper: int = 0


@dataclass(frozen=True)
class SentForm:
    """The marks of a form that was sent: 32 bytes that find it, and a MAC of 32 bytes of what was in it."""

    id: bytes
    content: bytes


@dataclass(frozen=True)
class Submission:
    """A submission ready to be recorded; its blobs are published already. `source` is None for one way."""

    id: str
    form: SentForm
    day: str
    source: NewSource | None
    letter: Blob
    attachments: tuple[Blob, ...]


def record_submission(database: Database, submission: Submission) -> None:
    """Record a submission whole, or not at all.

    Raises AlreadyThere if this form was sent before, Missing if its source was moved to another lookup id this moment,
    or its inbox was shut.
    """
    try:
        with database.writing() as connection:
            # First, so that the second copy of a form stops here and changes nothing.
            note_form(connection, submission.form, submission.day)
            put_submission(connection, submission)
    except IntegrityError as reason:
        if find_sent(database, submission.form.id) is not None:
            raise AlreadyThere("this form was sent before") from reason
        raise


def find_sent(database: Database, form_id: bytes) -> bytes | None:
    """Return the MAC of what this form held when it was sent before, collected or not; None if it never was."""
    with database.reading() as connection:
        return connection.execute(select(sent_forms.c.content).where(sent_forms.c.id == form_id)).scalar_one_or_none()


def waiting_count(database: Database, at_most: int) -> int:
    """Return how many submissions wait for the courier, counting no further than `at_most`."""
    with database.reading() as connection:
        some = select(submissions.c.id).limit(at_most).subquery()
        return connection.execute(select(func.count()).select_from(some)).scalar_one()


def blobs_named(database: Database, blob_ids: Collection[str]) -> dict[str, Blob]:
    """Return those of the ids that a submission names, with what each must be."""
    with database.reading() as connection:
        rows = connection.execute(
            select(parts.c.blob, parts.c.size, parts.c.sha256).where(parts.c.blob.in_(list(blob_ids)))
        )
        return {row.blob: Blob(row.blob, row.size, row.sha256) for row in rows}


def note_form(connection: Connection, form: SentForm, day: str) -> None:
    """Note that a form was sent. For the transaction that does what it asks; the second copy is an IntegrityError."""
    connection.execute(insert(sent_forms).values(id=form.id, content=form.content, day=day))


def put_submission(connection: Connection, submission: Submission) -> None:
    """Add a submission, and its source if there is none yet. For the transaction that notes its form."""
    lookup_id = None
    if submission.source is not None:
        lookup_id = submission.source.lookup_id
        _ensure_source(connection, submission.source, submission.day)
    connection.execute(insert(submissions).values(id=submission.id, lookup_id=lookup_id, day=submission.day))
    kinds = [("letter", submission.letter), *(("attachment", blob) for blob in submission.attachments)]
    connection.execute(
        insert(parts),
        [
            {"blob": blob.id, "submission": submission.id, "kind": kind, "size": blob.size, "sha256": blob.sha256}
            for kind, blob in kinds
        ],
    )


def _ensure_source(connection: Connection, source: NewSource, day: str) -> None:
    address = reply_address(source.reply_key)
    theirs = or_(sources.c.lookup_id == source.lookup_id, sources.c.address == address)
    row = connection.execute(select(sources.c.lookup_id, sources.c.status).where(theirs)).first()
    if row is not None and row.status == Status.SHUT.value:
        # Somebody who was signed in when it was shut, and goes on writing.
        raise Missing("this inbox was shut")
    known = None if row is None else row.lookup_id
    if known is None:
        connection.execute(
            insert(sources).values(
                lookup_id=source.lookup_id,
                address=address,
                reply_key=source.reply_key,
                status=Status.SENT.value,
                status_day=day,
                fetched=False,
                memo=empty_memo() if source.memo is None else source.memo,
                pepper=source.pepper,
                carried=nothing_carried(),
            )
        )
    elif known != source.lookup_id:
        # Its source came back in another window since this letter was begun (store.drop.carrying), and the memo beside
        # it is sealed for the place of before. Sent once more, it finds the new one.
        raise Missing("this source was moved to another lookup id")
    elif source.memo is not None:
        connection.execute(update(sources).where(sources.c.lookup_id == known).values(memo=source.memo))
