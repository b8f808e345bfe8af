"""Attachments as they arrive: from the form straight into gpg, never in clear anywhere else.

A finished attachment is a *held* blob: sealed, durable, and not yet part of any submission. If the form has a mistake,
the page that says so carries a sealed ticket for what was received, so that an hour's upload is not lost to a misspelt
word. Held blobs nobody comes back for are erased after a day or two.
"""

import json
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag

from keys.errors import Malformed, OpenPGPFailed
from keys.letter import LONGEST_NAME
from keys.openpgp import SealingProcess
from keys.padding import attachment_size_class
from source_interface.circuits import Share
from source_interface.held_room import HeldRoom
from source_interface.site_box import SiteBox
from store.blobs import BlobFolder
from store.drafts import Blob, Draft
from store.errors import NoRoom

FIELD_NAME = "attachments"
_ZEROS = bytes(64 * 1024)
_HASH_EVERY = 1024 * 1024  # bytes
# No disk, no process or no descriptor left for one more file. It is named and refused; the words must not go with it.
_NOT_NOW = (NoRoom, OpenPGPFailed, OSError)
LONGEST_TICKET = 200_000  # characters


@dataclass(frozen=True)
class Attachment:
    """An attachment received and sealed: what the letter will say of it, and its blob."""

    blob: Blob
    name: str = field(repr=False)
    declared_type: str
    size: int
    sha256: str


class AttachmentReceiver:
    """Receives the files of one form (a `FileReceiver`). Use as a context: what is not taken out is erased.

    `refused_size`, `refused_count` and `refused_room` name the files that were dropped, for the page that says so.
    """

    def __init__(
        self,
        intake_key: Path,
        blobs: BlobFolder,
        held: HeldRoom,
        share: Share,
        *,
        most_bytes: int,
        most_files: int,
        keep_free: int,
        closed: bool = False,
    ) -> None:
        """`keep_free` bytes of the disk are not for files; with `closed` nothing is.

        `share`: that of the circuit on which the form comes.
        """
        self._intake_key = intake_key
        self._blobs = blobs
        self._bytes_left = most_bytes
        self._files_left = most_files
        self._keep_free = keep_free
        self._closed = closed
        self._held = held
        self._share = share
        self._takes_nothing = False
        self._current: _Sealing | None = None
        self.received: list[Attachment] = []
        self.refused_size: list[str] = []
        self.refused_count: list[str] = []
        self.refused_room: list[str] = []

    def __enter__(self) -> "AttachmentReceiver":
        return self

    def __exit__(self, *_error: object) -> None:
        self._drop_current()
        self.drop_received()

    def take_nothing(self) -> None:
        """Drop every file that comes from now on."""
        self._takes_nothing = True

    def drop_received(self) -> None:
        """Erase what was received and not taken."""
        self._blobs.drop_held([attachment.blob.id for attachment in self.take()])

    def take(self) -> list[Attachment]:
        """Return what was received; from now on it is the caller's to publish, to hold or to erase."""
        taken, self.received = self.received, []
        return taken

    def begin(self, field_name: str, file_name: str, declared_type: str) -> None:
        """Start a file. A browser sends one without a name when no file was chosen: it is passed over."""
        if field_name != FIELD_NAME or not file_name or self._takes_nothing:
            return
        name = _plain_name(file_name)
        if not self._files_left:
            self.refused_count.append(name)
        elif not self._has_room(0) or not self._held.has_room(self._own()):
            self.refused_room.append(name)
        else:
            self._files_left -= 1
            try:
                self._current = _Sealing(self._intake_key, self._blobs, name, declared_type)
            except _NOT_NOW:
                self.refused_room.append(name)

    def write(self, piece: bytes | bytearray) -> None:
        """Take the next piece; of a refused file, drop it."""
        if self._current is None:
            return
        self._bytes_left -= len(piece)
        if self._bytes_left < 0:
            self._refuse_current(self.refused_size)
        # Asked anew for every piece: many uploads share what the disk has left, and text must still find room.
        elif not self._has_room(len(piece)):
            self._refuse_current(self.refused_room)
        else:
            try:
                self._current.write(piece)
            except _NOT_NOW:
                # gpg stops in the middle when it cannot write: the disk is full.
                self._refuse_current(self.refused_room)

    def end(self) -> None:
        """Finish a file: pad it, wait for gpg, make it durable."""
        if self._current is None:
            return
        if not self._has_room(self._current.padding()):
            self._refuse_current(self.refused_room)
            return
        try:
            attachment = self._current.finish()
        except _NOT_NOW:
            self._refuse_current(self.refused_room)
            return
        self._current = None
        self._held.note(self._share.mark(), attachment.blob)
        self.received.append(attachment)

    def _has_room(self, wanted: int) -> bool:
        if self._closed:
            return False
        missing = self._keep_free + 1 + wanted - self._blobs.free_bytes()
        return self._held.make_way(missing, self._own())

    def _own(self) -> list[str]:
        """Return the blobs of this form's files, which its next file must not push out."""
        return [attachment.blob.id for attachment in self.received]

    def _refuse_current(self, refused: list[str]) -> None:
        assert self._current is not None  # noqa: S101  (the callers have looked)
        refused.append(self._current.name)
        self._bytes_left += self._current.size
        self._files_left += 1
        self._drop_current()

    def _drop_current(self) -> None:
        if self._current is not None:
            self._current.abandon()
            self._current = None


class _Sealing:
    """One attachment between its first and its last byte."""

    def __init__(self, intake_key: Path, blobs: BlobFolder, name: str, declared_type: str) -> None:
        self.name = name
        self.size = 0
        self._hashed_at = 0
        self._type = declared_type
        self._blobs = blobs
        self._digest = sha256()
        with ExitStack() as stack:
            self._draft: Draft = stack.enter_context(blobs.draft())
            self._gpg = stack.enter_context(SealingProcess(intake_key, self._draft.file.fileno()))
            self._stack = stack.pop_all()

    def write(self, piece: bytes | bytearray) -> None:
        self.size += len(piece)
        self._digest.update(piece)
        self._gpg.write(piece)
        if self.size - self._hashed_at > _HASH_EVERY:
            # While gpg works, instead of all at the end while the source waits.
            self._draft.hash_ahead()
            self._hashed_at = self.size

    def padding(self) -> int:
        """Return how many zeros bring what was written up to its size class."""
        return attachment_size_class(self.size) - self.size

    def finish(self) -> Attachment:
        """Pad to the size class, seal, make durable, hold. Raises NoRoom or OpenPGPFailed."""
        padding = self.padding()
        while padding:
            padding -= self._gpg_zeros(padding)
        self._gpg.finish()
        blob = self._draft.seal_finished()
        self._blobs.hold(blob.id)
        self._stack.close()
        return Attachment(blob, self.name, self._type, self.size, self._digest.hexdigest())

    def abandon(self) -> None:
        self._stack.close()

    def _gpg_zeros(self, wanted: int) -> int:
        piece = memoryview(_ZEROS)[:wanted]
        self._gpg.write(piece)
        return len(piece)


class TicketSealer:
    """Writes and reads tickets for held attachments: sealed, bound to one form, of no use anywhere else."""

    def __init__(self, pepper: bytes, older: bytes | None = None) -> None:
        self._box = SiteBox("held attachments", pepper, older)

    def write(self, submission_id: str, attachments: list[Attachment]) -> str:
        """Return the ticket, or an empty text when nothing is held."""
        if not attachments:
            return ""
        plain = json.dumps([asdict(attachment) for attachment in attachments], ensure_ascii=False).encode("utf-8")
        return urlsafe_b64encode(self._box.seal(plain, submission_id.encode("ascii"))).decode("ascii")

    def read(self, submission_id: str, untrusted_ticket: str) -> list[Attachment]:
        """Return the attachments of a ticket. Raises Malformed if this site did not write it for this form."""
        if not untrusted_ticket:
            return []
        if len(untrusted_ticket) > LONGEST_TICKET or not untrusted_ticket.isascii():
            raise Malformed("not a ticket")
        try:
            raw = urlsafe_b64decode(untrusted_ticket)
            plain = self._box.open(raw, submission_id.encode("ascii"))
        except (ValueError, InvalidTag) as reason:
            raise Malformed("not a ticket for this form") from reason
        return [Attachment(**{**found, "blob": Blob(**found["blob"])}) for found in json.loads(plain)]


def _plain_name(file_name: str) -> str:
    """Return the file's own name without folders, bounded, control characters and lone surrogates replaced."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char for char in last)
    return clean[:LONGEST_NAME] or "unnamed"
