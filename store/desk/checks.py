"""What the rows of a desk say: of its sealed files, and of one another. For `candour-desk check`."""

from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from gettext import gettext as _
from gettext import ngettext

from sqlalchemy import Connection, select

from store.blobs import BlobFolder
from store.check_files import Claim, FileCheck
from store.database import Database
from store.desk import items as case_items
from store.desk import outgoing
from store.desk import parcels as post
from store.desk.case_tables import attachments, cases, clearances, items, vault_erasing
from store.desk.cases import RECOVERY_HOLDER
from store.desk.further import waiting
from store.desk.outbox import Kind, ReplyState
from store.desk.post_tables import erasing, outbox, outgoing_erasing, outgoing_files, parcel_parts, parcels
from store.desk.roles import Role, at_work
from store.drafts import Blob
from store.erasing import noted_among
from store.findings import Finding

_AT_ONCE = 500  # rows


def check_post(database: Database, folder: BlobFolder, *, at_rest: bool) -> Iterator[Finding]:
    """Yield what is wrong with the sealed files of the post. `at_rest`: no courier is collecting."""

    def noted(blob_ids: Collection[str]) -> set[str]:
        return noted_among(database, erasing, blob_ids)

    named = partial(post.blobs_named, database)
    yield from FileCheck(folder, partial(_post_claims, database), named, noted, at_rest=at_rest).look()


def check_vault(database: Database, folder: BlobFolder, *, at_rest: bool) -> Iterator[Finding]:
    """Yield what is wrong with the vault. `at_rest`: no desk serves it."""

    def noted(blob_ids: Collection[str]) -> set[str]:
        return noted_among(database, vault_erasing, blob_ids)

    named = partial(case_items.blobs_named, database)
    yield from FileCheck(folder, partial(_vault_claims, database), named, noted, at_rest=at_rest).look()


def check_outgoing(database: Database, folder: BlobFolder, *, at_rest: bool) -> Iterator[Finding]:
    """Yield what is wrong with the files on their way to the source host. `at_rest`: no desk serves it."""

    def noted(blob_ids: Collection[str]) -> set[str]:
        return noted_among(database, outgoing_erasing, blob_ids)

    named = partial(outgoing.blobs_named, database)
    yield from FileCheck(folder, partial(_outgoing_claims, database), named, noted, at_rest=at_rest).look()


def check_rows(database: Database) -> Iterator[Finding]:
    """Yield what is wrong with rows that no file and no foreign key would show."""
    faults = 0
    with database.reading() as connection:
        for finding in (*_parcels(connection), *_cases(connection), *_outbox(connection)):
            faults += not finding.sound
            yield finding
    if not faults:
        yield Finding(
            _("Every parcel has its letter, every case its keys, every scheduled reply its delivery."), sound=True
        )


def _post_claims(database: Database, after: str) -> list[Claim]:
    with database.reading() as connection:
        rows = connection.execute(
            select(parcel_parts, parcels.c.collected_day)
            .join(parcels, parcel_parts.c.submission == parcels.c.submission)
            .where(parcel_parts.c.blob > after)
            .order_by(parcel_parts.c.blob)
            .limit(_AT_ONCE)
        ).all()
    return [
        Claim(
            Blob(row.blob, row.size, row.sha256),
            (_("the letter of submission {id}, collected on {day} and not opened yet") if row.kind == "letter" else
             _("an attachment of submission {id}, collected on {day} and not opened yet")
             ).format(id=row.submission, day=row.collected_day),
            _("The source host has erased its copy. Restore this file from the backup; without one the letter is "
              "lost. Its attachments can be read by hand (docs/recover-by-hand.md).") if row.kind == "letter" else
            _("The source host has erased its copy. Restore this file from the backup; without one this attachment "
              "is lost. The letter opens without it and names it."),
        )
        for row in rows
    ]  # fmt: skip


def _vault_claims(database: Database, after: str) -> list[Claim]:
    with database.reading() as connection:
        rows = connection.execute(
            select(attachments, cases.c.reference)
            .join(cases, attachments.c.case_id == cases.c.id)
            .where(attachments.c.id > after)
            .order_by(attachments.c.id)
            .limit(_AT_ONCE)
        ).all()
    loss = _("Restore this file from the backup; without one this attachment is lost. The case shows which it is.")
    return [
        Claim(
            Blob(row.id, row.size, row.sha256),
            _("an attachment of case {reference}").format(reference=row.reference),
            loss,
        )
        for row in rows
    ]


def _outgoing_claims(database: Database, after: str) -> list[Claim]:
    chosen = select(outgoing_files).where(outgoing_files.c.blob > after).order_by(outgoing_files.c.blob)
    with database.reading() as connection:
        rows = connection.execute(chosen.limit(_AT_ONCE)).all()
    loss = _(
        "Its reply is not delivered without it. The case keeps a copy of its own: attach that to a new reply. Or "
        "restore this file from the backup."
    )
    what = _("a file on its way to the source host with a reply")
    return [Claim(Blob(row.blob, row.size, row.sha256), what, loss) for row in rows]


def _parcels(connection: Connection) -> Iterator[Finding]:
    of_a_letter = select(parcel_parts.c.submission).where(parcel_parts.c.kind == "letter")
    for row in connection.execute(select(parcels).where(parcels.c.submission.not_in(of_a_letter))):
        yield Finding(
            _("Submission {id}, collected on {day}, has no letter. Restore the database from the backup.").format(
                id=row.submission, day=row.collected_day
            ),
            sound=False,
        )


def _cases(connection: Connection) -> Iterator[Finding]:
    recoverable = select(clearances.c.case_id).where(clearances.c.holder == RECOVERY_HOLDER)
    for reference in connection.execute(select(cases.c.reference).where(cases.c.id.not_in(recoverable))).scalars():
        yield Finding(
            _("Case {reference} has no key for the recovery key. Restore the database from the backup.").format(
                reference=reference
            ),
            sound=False,
        )
    letters = Counter(
        connection.execute(select(cases.c.reference).join(waiting, waiting.c.case_id == cases.c.id)).scalars()
    )
    readable = select(clearances.c.case_id).where(clearances.c.holder.in_(at_work(connection, Role.REVIEWER)))
    for reference in connection.execute(select(cases.c.reference).where(cases.c.id.not_in(readable))).scalars():
        yield Finding(_unreadable(reference, letters[reference]), sound=not letters[reference], warns=True)


def _unreadable(reference: str, letters: int) -> str:
    said = _(
        "No reviewer at work can read case {reference}. Whoever could and is suspended can be let in again; else the "
        "custodians of the recovery key let somebody in (candour-desk recover)."
    ).format(reference=reference)
    if not letters:
        return said
    more = ngettext(
        "{n} further letter waits for it, and perhaps danger: do it today.",
        "{n} further letters wait for it, and perhaps danger: do it today.",
        letters,
    )
    return f"{said} {more.format(n=letters)}"


def _outbox(connection: Connection) -> Iterator[Finding]:
    # A withdrawal takes the reply's own delivery away, and moves the reply on once it has gone out.
    on_the_way = select(outbox.c.reply).where(outbox.c.reply.is_not(None))
    waiting = items.c.state == ReplyState.SCHEDULED.value
    stuck = (
        select(cases.c.reference)
        .join(items, items.c.case_id == cases.c.id)
        .where(waiting, items.c.id.not_in(on_the_way))
        .order_by(cases.c.reference)
    )
    for reference in connection.execute(stuck).scalars():
        yield Finding(
            _(
                "A reply in case {reference} says that it is scheduled, and is not in the outbox: it will not be "
                "delivered. It can be read in the case; write it once more."
            ).format(reference=reference),
            sound=False,
        )
    empty = connection.execute(
        select(outbox.c.id).where(outbox.c.kind == Kind.REPLY.value, outbox.c.sealed.is_(None))
    ).all()
    if empty:
        said = ngettext(
            "{n} reply in the outbox is empty. Restore the database from the backup.",
            "{n} replies in the outbox are empty. Restore the database from the backup.",
            len(empty),
        )
        yield Finding(said.format(n=len(empty)), sound=False)
