"""Turning a form that is right into a submission that is safe: sealed, durable, recorded once.

Order, and why: the blobs are durable under their final names before the one transaction that names them; only then is
anything acknowledged. A crash in between leaves blobs without a row, which the next start erases; nobody was told yet.
"""

from dataclasses import dataclass, field

from keys.letter import Answer, AttachmentRecord, Letter
from keys.openpgp import seal_bytes
from source_interface.attachments import Attachment
from source_interface.site_host import SiteHost
from store.blobs import Blob
from store.drop.intake import NewSource, Submission, record_submission
from store.errors import AlreadyThere


@dataclass(frozen=True)
class Contents:
    """What a source says in one submission."""

    submission: str
    source: NewSource | None
    message: str = field(repr=False)
    topics: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    must_not_reach: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()


def submit(host: SiteHost, contents: Contents) -> bool:
    """Seal, store and record a submission; return whether it is new: False means that this form was sent before.

    Raises NoRoom or OpenPGPFailed, or Missing if a held attachment is gone: nothing is kept, nothing was promised.
    """
    day = host.today()
    letter_blob = _seal_letter(host, _letter(contents, day))
    blobs = [letter_blob.id, *(attachment.blob.id for attachment in contents.attachments)]
    try:
        host.drop.blobs.publish(blobs)
        record_submission(
            host.drop.database,
            Submission(
                id=contents.submission,
                day=day,
                source=contents.source,
                letter=letter_blob,
                attachments=tuple(attachment.blob for attachment in contents.attachments),
            ),
        )
    except AlreadyThere:
        host.drop.blobs.erase(blobs)
        return False
    except Exception:
        host.drop.blobs.erase(blobs)
        host.drop.blobs.drop_held(blobs)
        raise
    return True


def _seal_letter(host: SiteHost, letter: Letter) -> Blob:
    with host.drop.blobs.draft() as draft:
        seal_bytes(host.drop.intake_key.path, letter.to_padded(), draft.file.fileno())
        blob = draft.seal_finished()
        host.drop.blobs.hold(blob.id)
    return blob


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
    )
