"""What the rows of a source host say: of its sealed files, and of one another. For `candour-drop check`."""

from collections.abc import Collection, Iterator
from functools import partial
from gettext import gettext as _
from gettext import ngettext

from sqlalchemy import Connection, delete, func, or_, select

from keys.reply import reply_address
from store.blobs import BlobFolder
from store.check_files import Claim, FileCheck
from store.database import Database
from store.drafts import Blob
from store.drop import reply_files
from store.drop.intake import blobs_named
from store.drop.tables import erasing, parts, reply_files_erasing, sessions, sources, submissions
from store.drop.tables import reply_files as file_rows
from store.erasing import noted_among
from store.findings import Finding

_AT_ONCE = 500  # rows
_LOOKUP_HASH_SIZE = 32


def check_files(database: Database, blobs: BlobFolder, *, at_rest: bool) -> Iterator[Finding]:
    """Yield what is wrong with the sealed files. `at_rest`: no site serves this folder."""

    def noted(blob_ids: Collection[str]) -> set[str]:
        return noted_among(database, erasing, blob_ids)

    yield from FileCheck(
        blobs, partial(_claims, database), partial(blobs_named, database), noted, at_rest=at_rest
    ).look()


def check_reply_files(database: Database, folder: BlobFolder, *, at_rest: bool) -> Iterator[Finding]:
    """Yield what is wrong with the files that go with replies. `at_rest`: no door serves them."""

    def noted(blob_ids: Collection[str]) -> set[str]:
        return noted_among(database, reply_files_erasing, blob_ids)

    named = partial(reply_files.blobs_named, database)
    yield from FileCheck(folder, partial(_file_claims, database), named, noted, at_rest=at_rest).look()


def check_rows(database: Database) -> Iterator[Finding]:
    """Yield what is wrong with rows that no file and no foreign key would show."""
    faults = 0
    with database.reading() as connection:
        for finding in (*_letters(connection), *_sources(connection)):
            faults += 1
            yield finding
    for finding in _sessions(database):
        faults += 1
        yield finding
    if not faults:
        yield Finding(_("Every submission has its letter, and every source its address."), sound=True)


def _claims(database: Database, after: str) -> list[Claim]:
    with database.reading() as connection:
        rows = connection.execute(
            select(parts, submissions.c.day)
            .join(submissions, parts.c.submission == submissions.c.id)
            .where(parts.c.blob > after)
            .order_by(parts.c.blob)
            .limit(_AT_ONCE)
        ).all()
    return [
        Claim(
            Blob(row.blob, row.size, row.sha256),
            (_("the letter of submission {id}, sent on {day}") if row.kind == "letter" else
             _("an attachment of submission {id}, sent on {day}")).format(id=row.submission, day=row.day),
            _("Its source was told that it had arrived. Restore this file from the backup; without one the letter is "
              "lost, though its attachments can still be read.") if row.kind == "letter" else
            _("Its source was told that it had arrived. Restore this file from the backup; without one this "
              "attachment is lost, though the letter and the other attachments can still be read."),
        )
        for row in rows
    ]  # fmt: skip


def _file_claims(database: Database, after: str) -> list[Claim]:
    chosen = select(file_rows).where(file_rows.c.blob > after, file_rows.c.here)
    with database.reading() as connection:
        rows = connection.execute(chosen.order_by(file_rows.c.blob).limit(_AT_ONCE)).all()
    loss = _(
        "Its source cannot download it, and the page says so. Restore this file from the backup; or have the charity "
        "send it again with a new reply."
    )
    return [
        Claim(Blob(row.blob, row.size, row.sha256), _("a file of a reply, here since {day}").format(day=row.day), loss)
        for row in rows
    ]


def _letters(connection: Connection) -> Iterator[Finding]:
    of_a_letter = select(parts.c.submission).where(parts.c.kind == "letter")
    query = select(submissions.c.id, submissions.c.day).where(submissions.c.id.not_in(of_a_letter))
    for row in connection.execute(query):
        yield Finding(
            _("Submission {id} of {day} has no letter. Restore the database from the backup.").format(
                id=row.id, day=row.day
            ),
            sound=False,
        )


def _sources(connection: Connection) -> Iterator[Finding]:
    query = select(sources.c.address, sources.c.reply_key).execution_options(yield_per=_AT_ONCE)
    altered = sum(reply_address(row.reply_key) != row.address for row in connection.execute(query))
    if altered:
        said = ngettext(
            "{n} source has an altered reply key: its replies cannot be read. Restore the database from the backup.",
            "{n} sources have altered reply keys: their replies cannot be read. Restore the database from the backup.",
            altered,
        )
        yield Finding(said.format(n=altered), sound=False)


def _sessions(database: Database) -> Iterator[Finding]:
    broken = or_(func.length(sessions.c.lookup_hash) != _LOOKUP_HASH_SIZE, func.length(sessions.c.sealed) == 0)
    with database.reading() as connection:
        count = connection.execute(select(func.count()).select_from(sessions).where(broken)).scalar_one()
    if count:

        def mend() -> None:
            with database.writing() as connection:
                connection.execute(delete(sessions).where(broken))

        said = ngettext(
            "{n} session is damaged. Nothing is lost: its source signs in with the codename again.",
            "{n} sessions are damaged. Nothing is lost: their sources sign in with the codename again.",
            count,
        )
        yield Finding(said.format(n=count), sound=False, mend=mend)
