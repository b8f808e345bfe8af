"""Handing an attachment out, byte for byte as the source sent it: decrypted and verified while it is sent.

Every frame of the vault file is authenticated before it leaves; the SHA-256 of the whole is checked before the last one
does. What fails at once, as everything does in a small file, is a page that says so; later the answer stops short of
the length it announced, so that no browser takes it for whole. The padding stays here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import LetterDocument, ReplyDocument, StoredAttachment, open_document
from journalist_interface.case_places import attachment_place
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import AttachmentGone
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.vault import VaultReader
from serving.file_names import safe_name
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.items import item_of_attachment, read_item
from store.errors import Missing


@dataclass(frozen=True)
class Download:
    """An attachment about to be sent in `pieces()`: `size` bytes, or None if that is not known before the end."""

    attachment: StoredAttachment
    size: int | None
    _path: Path = field(repr=False)
    _key: CaseKey = field(repr=False)
    _place: str = field(repr=False)

    @property
    def file_name(self) -> str:
        """A name that is safe to save; a sealed original ends in .gpg."""
        name = safe_name(self.attachment.name)
        return f"{name}.gpg" if self.attachment.problem else name

    def pieces(self) -> Iterator[bytes]:
        """Return the bytes in pieces, of which the first is opened already. Raises SealBroken if it does not
        open, AttachmentGone if it went meanwhile.

        The iterator raises SealBroken before the last piece if the file is not what was put there.
        """
        verified = self._verified()
        try:
            return chain((next(verified),), verified)
        except FileNotFoundError as reason:
            # A colleague's wall may have put another in its place since it was looked for.
            raise _gone() from reason

    def _verified(self) -> Iterator[bytes]:
        with self._path.open("rb") as source:
            reader = VaultReader(self._key, self._place, source)
            yield from reader.pieces() if self.attachment.problem else reader.checked_pieces(self.attachment.sha256)


def start_download(desk: Desk, signed_in: SignedIn, reference: str, attachment_id: str) -> Download:
    """Return the attachment, and record the download. Raises Missing if it is not one of this reviewer's cases,
    AttachmentGone if its file is not in the vault, SealBroken if its letter was altered.

    Recorded is the attachment's id, never its name: whoever reads the trail is not cleared for it.
    """
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        item = read_item(connection, case.row.id, item_of_attachment(connection, case.row.id, attachment_id))
        letter = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
        path = _path(desk, attachment_id)
        record_act(connection, signed_in.username, Act.DOWNLOAD, reference, attachment_id)
    attachment = _named(letter, attachment_id)
    size = None if attachment.problem else attachment.size
    return Download(attachment, size, path, case.key, attachment_place(case.row.id, attachment_id))


def _path(desk: Desk, attachment_id: str) -> Path:
    try:
        return desk.vault.path(attachment_id)
    except Missing as reason:
        raise _gone() from reason


def _gone() -> AttachmentGone:
    return AttachmentGone(
        _(
            "This file is not in the vault any more. The rest of the case can be read. Have the administrator run "
            "candour-desk check and put the file back from the backup, and tell your supervisor."
        )
    )


def _named(document: object, attachment_id: str) -> StoredAttachment:
    files: tuple[StoredAttachment, ...] = ()
    if isinstance(document, LetterDocument):
        files = document.attachments
    elif isinstance(document, ReplyDocument):
        files = document.files
    for attachment in files:
        if attachment.id == attachment_id:
            return attachment
    raise Missing("no such attachment in this letter or reply")
