"""Blobs: sealed files in a folder, each durable before anything speaks of it.

A blob is born as a draft under a temporary name, is written by a sealing process, and is published: fsync, rename,
fsync of the folder. Then, and only then, a row may name it. A crash leaves drafts, or files without a row: both are
erased at the next start, and neither was ever acknowledged to anybody.

File times are flattened: they would tell the minute in which somebody wrote to us.
"""

import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from store.errors import Missing, NoRoom
from store.folder import make_private_folder, sync_folder

_BLOB_ID = re.compile(r"[0-9a-f]{32}\Z")
_NO_TIME = (0, 0)
_DAY_SECONDS = 86_400
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def new_blob_id() -> str:
    """Return 32 random hexadecimal digits."""
    return secrets.token_hex(16)


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

    def seal_finished(self) -> Blob:
        """Make the bytes durable and return what they are. Raises NoRoom when the disk is full."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as reason:
            raise no_room_or(reason) from reason
        self.file.seek(0)
        digest = hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed wants more
        return Blob(self.id, os.fstat(self.file.fileno()).st_size, digest)


class BlobFolder:
    """A folder of blobs: `incoming` for drafts, `held` for drafts kept for a form to mend, `sealed` for the rest."""

    def __init__(self, root: Path) -> None:
        self._incoming = make_private_folder(root / "incoming")
        self._held = make_private_folder(root / "held")
        self._sealed = make_private_folder(root / "sealed")

    @contextmanager
    def draft(self, blob_id: str | None = None) -> Iterator[Draft]:
        """Give a draft, of a new id or of one that another host gave; at the end it is erased unless published or held.

        Raises NoRoom, Missing if the id is not one, FileExistsError if there is a draft of this id already.
        """
        blob_id = new_blob_id() if blob_id is None else blob_id
        path = self._incoming / _checked(blob_id)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError as reason:
            raise no_room_or(reason) from reason
        try:
            with open(descriptor, "w+b") as file:
                try:
                    yield Draft(blob_id, path, file)
                finally:
                    path.unlink(missing_ok=True)
        except OSError as reason:
            # Closing writes what is still buffered, and fails a second time where the first failure was NoRoom.
            if reason.errno in _FULL_DISK:
                raise no_room_or(reason) from reason
            raise

    def publish(self, blob_ids: Collection[str]) -> None:
        """Give finished drafts and held blobs their place, durably, all before this returns.

        Raises Missing if one is not there; those moved by this very call are held again then, and no other is touched.
        """
        moved: list[str] = []
        try:
            for blob_id in blob_ids:
                self._move(blob_id, self._sealed, _NO_TIME)
                moved.append(blob_id)
            if blob_ids:
                sync_folder(self._sealed)
        except BaseException:
            self.take_back(moved)
            raise

    def take_back(self, blob_ids: Collection[str]) -> None:
        """Hold again what was published and then named by no row."""
        for blob_id in blob_ids:
            (self._sealed / _checked(blob_id)).rename(self._held / blob_id)
            os.utime(self._held / blob_id, _today())

    def hold(self, blob_id: str) -> None:
        """Keep a finished draft until its form is right."""
        self._move(blob_id, self._held, _today())

    def is_held(self, blob_id: str) -> bool:
        """Tell whether this held blob is still there."""
        return (self._held / _checked(blob_id)).is_file()

    def drop_held(self, blob_ids: Collection[str]) -> None:
        """Erase held blobs that nobody will ask for again; those already gone are no error."""
        for blob_id in blob_ids:
            (self._held / _checked(blob_id)).unlink(missing_ok=True)

    def release_held(self, *, everything: bool = False) -> int:
        """Erase what has been held since before yesterday, or everything; return how many blobs went."""
        yesterday = (int(time.time()) // _DAY_SECONDS - 1) * _DAY_SECONDS
        released = 0
        for path in self._held.iterdir():
            # A form may be sent, and its blobs move on, while we look.
            with suppress(FileNotFoundError):
                if everything or path.stat().st_mtime < yesterday:
                    path.unlink()
                    released += 1
        return released

    def held_bytes(self) -> int:
        """Return how many bytes are held."""
        total = 0
        for path in self._held.iterdir():
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def path(self, blob_id: str) -> Path:
        """Return where a published blob is. Raises Missing if it is not."""
        path = self._sealed / _checked(blob_id)
        if not path.is_file():
            raise Missing("no such blob")
        return path

    def erase(self, blob_ids: Collection[str]) -> None:
        """Erase published blobs; those already gone are no error."""
        for blob_id in blob_ids:
            (self._sealed / _checked(blob_id)).unlink(missing_ok=True)
        if blob_ids:
            sync_folder(self._sealed)

    def clear_drafts(self) -> int:
        """Erase every draft a crash left behind; return how many. Only for a start, before anything is written."""
        left = list(self._incoming.iterdir())
        for path in left:
            path.unlink()
        return len(left)

    def published(self) -> set[str]:
        """Return the ids of all published blobs."""
        return {path.name for path in self._sealed.iterdir() if _BLOB_ID.match(path.name)}

    def free_bytes(self) -> int:
        """Return how many bytes the disk has left for us."""
        found = os.statvfs(self._sealed)
        return found.f_bavail * found.f_frsize

    def _move(self, blob_id: str, target: Path, times: tuple[int, int]) -> None:
        for folder in (self._incoming, self._held):
            source = folder / _checked(blob_id)
            with suppress(FileNotFoundError):
                os.utime(source, times)
                source.rename(target / blob_id)
                return
        raise Missing("no such draft")


def _today() -> tuple[int, int]:
    """Return the file times of a held blob: midnight, so that they tell the day, for `release_held`, and no more."""
    midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS
    return midnight, midnight


def no_room_or(reason: OSError) -> Exception:
    """Return NoRoom if that is what the error means, else the error itself."""
    return NoRoom("the disk is full") if reason.errno in _FULL_DISK else reason


def _checked(blob_id: str) -> str:
    # An id becomes a file name: nothing else may ever reach the file system.
    if not _BLOB_ID.match(blob_id):
        raise Missing("no such blob")
    return blob_id
