"""Turning a form that is right into a submission that is safe: sealed, durable, recorded once.

Order, and why: the blobs are durable under their final names before the one transaction that names them; only then is
anything acknowledged. A crash in between leaves sealed files with their twins and without a row, which the next start
takes back; nobody was told yet. A failure in between takes back what this very submission published: its attachments
are still held.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from keys.letter import Answer, AttachmentRecord, Letter
from keys.openpgp import seal_bytes
from source_interface.attachments import Attachment
from source_interface.sent_form import form_id
from source_interface.site_host import SiteHost
from store.drop.intake import NewSource, SentForm, Submission, blobs_named, record_submission
from store.drop.withdrawing import Left, withdraw_source
from store.leftovers import take_back_unnamed


@dataclass(frozen=True)
class Contents:
    """What a source says in one submission. The last two as in keys.letter."""

    submission: str
    form: SentForm
    source: NewSource | None
    message: str = field(repr=False)
    topics: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    must_not_reach: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    withdraws: bool = False
    joins: str = field(default="", repr=False)


def submit(host: SiteHost, contents: Contents) -> None:
    """Seal, store and record a submission.

    Raises NoRoom, OpenPGPFailed, Missing if a held attachment is gone, or AlreadyThere if this form was sent before:
    nothing is kept then, the attachments are held as before, and nothing was promised.
    """
    with _published(host, contents) as submission:
        record_submission(host.drop.database, submission)


def submit_withdrawal(host: SiteHost, contents: Contents, forms: Mapping[Left, SentForm]) -> Left:
    """Erase what is here of a source, and put the letter in its place if the charity must know; tell what is left.

    Raises as `submit` does, and Missing if there is no such source; nothing is erased then.
    """
    with _published(host, contents) as submission:
        left = withdraw_source(host.drop.database, submission, forms, form_id)
        if left is Left.NOTHING:
            host.drop.blobs.take_back([submission.letter.id])
    return left


def submit_nothing(host: SiteHost, contents: Contents) -> None:
    """Do the work of a submission for nobody: seal a letter, publish it, take it back. Raises as `submit` does."""
    with _published(host, contents) as submission:
        host.drop.blobs.take_back([submission.letter.id])
        host.decoys.sign_in(host.sessions)


@contextmanager
def _published(host: SiteHost, contents: Contents) -> Iterator[Submission]:
    """Give a submission whose blobs are published, to be recorded; what no row names after an error is taken back."""
    day = host.today()
    attachments = tuple(attachment.blob for attachment in contents.attachments)
    blobs = host.drop.blobs
    with blobs.draft() as draft:
        seal_bytes(host.drop.intake_key.path, _letter(contents, day).to_padded(), draft.file.fileno())
        letter = draft.seal_finished()
        published = [letter.id, *(blob.id for blob in attachments)]
        blobs.publish(published)
    try:
        yield Submission(contents.submission, contents.form, day, contents.source, letter, attachments)
    except BaseException:
        take_back_unnamed(blobs, published, partial(blobs_named, host.drop.database))
        raise
    blobs.settle(published)
    # Of a submission nobody may know on which circuit it came.
    host.held.forget(published)


def _letter(contents: Contents, day: str) -> Letter:
    return Letter(
        submission=contents.submission,
        day=day,
        reply_key=None if contents.source is None else contents.source.reply_key,
        topics=contents.topics,
        answers=contents.answers,
        message=contents.message,
        must_not_reach=contents.must_not_reach,
        attachments=tuple(
            AttachmentRecord(
                blob=attachment.blob.id,
                name=attachment.name,
                declared_type=attachment.declared_type,
                size=attachment.size,
                sha256=attachment.sha256,
            )
            for attachment in contents.attachments
        ),
        withdraws=contents.withdraws,
        joins=contents.joins,
    )
