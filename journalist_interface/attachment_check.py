"""Judging the opened bytes of an attachment against what the letter says of them. No I/O, no clock.

What must hold: exactly as many bytes as the Padmé size class of the true size; the first `size` of them have the
SHA-256 that stands in the letter; all after them are zero.
"""

from hashlib import sha256

from journalist_interface.errors import DeskError
from keys.letter import AttachmentRecord
from keys.padding import attachment_size_class
from serving.language import gettext as _


class Damaged(DeskError):
    """The attachment is not what the letter says: keep the sealed original and say so in the case."""


def check_sealed_size(record: AttachmentRecord, sealed_size: int) -> None:
    """Raise Damaged if the sealed file is too small for what it is said to hold.

    The format never compresses: a message that opens to more than itself is a bomb, and is not opened at all.
    """
    if attachment_size_class(record.size) >= sealed_size:
        raise Damaged(_("Its sealed file is too small for the size in the letter."))


class AttachmentCheck:
    """Takes the opened bytes piece by piece, gives back those that belong to the file."""

    def __init__(self, record: AttachmentRecord) -> None:
        self._left = record.size
        self._padded_left = attachment_size_class(record.size)
        self._wanted = record.sha256
        self._digest = sha256()

    def take(self, piece: bytes) -> memoryview:
        """Return what of `piece` belongs to the file. Raises Damaged if it is too long or its padding is not zero."""
        if len(piece) > self._padded_left:
            raise Damaged(_("It is longer than the letter says."))
        self._padded_left -= len(piece)
        own = memoryview(piece)[: self._left]
        self._left -= len(own)
        self._digest.update(own)
        if piece.count(0, len(own)) != len(piece) - len(own):
            raise Damaged(_("What should be padding is not empty."))
        return own

    def finish(self) -> None:
        """Raise Damaged if anything is missing or the SHA-256 is another."""
        if self._left or self._padded_left:
            raise Damaged(_("It is shorter than the letter says."))
        if self._digest.hexdigest() != self._wanted:
            raise Damaged(_("Its SHA-256 is not the one that stands in the letter."))
