"""A sealed file while it is written: hashed on the way, durable when it is finished.

Most of an attachment is hashed while gpg works on the rest: at the end a source would wait for it (ADR 17).
"""

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from store.errors import NoRoom

_HASHED_AT_ONCE = 64 * 1024
_STILL_BEING_WRITTEN = 1024 * 1024
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Blob:
    """A published blob: its id, its size in bytes, and the SHA-256 of its (sealed) bytes in hexadecimal."""

    id: str
    size: int
    sha256: str


class Draft:
    """A blob being written. `file` is open for a sealing process; the draft is erased unless it is published."""

    def __init__(self, blob_id: str, path: Path, file: IO[bytes]) -> None:
        self.id = blob_id
        self.path = path
        self.file = file
        self._digest = hashlib.sha256()
        self._hashed = 0

    def hash_ahead(self) -> None:
        """Hash what a sealing process has written by now, so that little is left to hash when it has ended.

        Only for one that appends, and changes nothing of what it wrote. What it wrote last is left for the end: nobody
        promises how a read beside a write comes out.
        """
        self._hash_up_to(os.fstat(self.file.fileno()).st_size - _STILL_BEING_WRITTEN)

    def seal_finished(self) -> Blob:
        """Make the bytes durable and return what they are. Raises NoRoom when the disk is full."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as reason:
            raise no_room_or(reason) from reason
        self._hash_up_to(os.fstat(self.file.fileno()).st_size)
        return Blob(self.id, self._hashed, self._digest.hexdigest())

    def _hash_up_to(self, end: int) -> None:
        while self._hashed < end:
            piece = os.pread(self.file.fileno(), min(_HASHED_AT_ONCE, end - self._hashed), self._hashed)
            if not piece:
                raise OSError(errno.EIO, "a draft became shorter while it was hashed")
            self._digest.update(piece)
            self._hashed += len(piece)


def is_want_of_room(reason: OSError) -> bool:
    """Tell whether an error means that the disk is full."""
    return reason.errno in _FULL_DISK


def no_room_or(reason: OSError) -> Exception:
    """Return NoRoom if that is what the error means, else the error itself."""
    return NoRoom("the disk is full") if is_want_of_room(reason) else reason
