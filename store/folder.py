"""The data folder: private to its user, or the program does not start."""

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from gettext import gettext as _
from pathlib import Path
from typing import BinaryIO

from store.errors import FolderExposed

_OTHERS = 0o077
_DRAFT = re.compile(r"\.[0-9a-f]{16}\.new\Z")
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def make_private_folder(folder: Path) -> Path:
    """Make `folder` (and what is above it) with mode 0700 if it is missing, check it, and return it."""
    # One by one: mkdir(parents=True) would give those above the mode of the umask.
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    for above in reversed(missing):
        above.mkdir(mode=0o700, exist_ok=True)
        sync_folder(above.parent)
    return check_private_folder(folder)


def check_private_folder(folder: Path) -> Path:
    """Return `folder` if it is a folder of ours that nobody else can enter. Raises FolderExposed otherwise."""
    if not folder.is_dir():
        raise FolderExposed(_("The data folder {path} does not exist. Run init first.").format(path=folder))
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise FolderExposed(_("The data folder {path} belongs to another user.").format(path=folder))
    if found.st_mode & _OTHERS:
        raise FolderExposed(
            _("Others can read the data folder {path}. Mend it with: chmod 700 {path}").format(path=folder)
        )
    return folder


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file that only its user can read, durably; in the place of the one that is there, if there is one."""
    with replacing_file(path) as file:
        file.write(content)


@contextmanager
def replacing_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write piece by piece, as `private_file` does, which takes the place of the one that is there."""
    with _beside(path) as (file, temporary):
        yield file
        _sync(file)
        temporary.rename(path)
    sync_folder(path.parent)


def write_new_private_file(path: Path, content: bytes) -> None:
    """Write a file where there is none, as `private_file` does. Raises FileExistsError."""
    with private_file(path) as file:
        file.write(content)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Give a new file to write piece by piece, for its user alone: there whole and durable at the end, or not at all.

    Temporary name, fsync, a name that was free, fsync of the folder. Raises FileExistsError, also for a file that came
    there meanwhile; it is not touched.
    """
    with _beside(path) as (file, temporary):
        yield file
        _sync(file)
        _name_anew(temporary, path)
    sync_folder(path.parent)


@contextmanager
def _beside(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Give a file of a name that nobody can know before, and take that name away at the end."""
    # The folder may be a stick, or one that others can write to: a name they could guess is one they could make first,
    # and hold open for reading. O_EXCL refuses what is there, be it a link that leads elsewhere.
    _erase_abandoned(path.parent)
    descriptor, temporary = _new_draft(path)
    try:
        with open(descriptor, "wb") as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _new_draft(path: Path) -> tuple[int, Path]:
    """Make a draft, and hold its lock for as long as it is open: so it is not one that a killed process left."""
    while True:
        temporary = path.with_name(f".{secrets.token_hex(8)}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        # Where there are no locks nobody erases either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if temporary.exists():
            return descriptor, temporary
        # Somebody who cleared up was quicker than the lock.
        os.close(descriptor)


def _erase_abandoned(folder: Path) -> None:
    """Erase the drafts that killed processes left in a folder: they may hold secrets, and nobody looks for them."""
    for draft in (each for each in folder.glob(".*.new") if _DRAFT.match(each.name)):
        # Another's, gone already, or on a disk without locks: left to whoever it belongs to.
        with suppress(OSError):
            descriptor = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                draft.unlink()
            finally:
                os.close(descriptor)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _name_anew(temporary: Path, path: Path) -> None:
    """Give a file its name if nothing has it: rename(2) would put it in the place of whatever is there."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as reason:
        if reason.errno not in _NO_LINKS:
            raise
        # A stick's FAT has no links. Take the name, then put the whole file in the place of our own empty one.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        temporary.rename(path)


def make_private_file(path: Path) -> None:
    """Make an empty file that only its user can read, whatever the umask, unless there is a file already."""
    # O_EXCL also because a database that is there must not be opened here: closing it again would drop every lock
    # that this process holds on it (fcntl(2)).
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def read_private_file(path: Path, what: str) -> bytes:
    """Return the content of a secret file. Raises FolderExposed if it is missing or others can read it."""
    if not path.is_file():
        raise FolderExposed(_("{what} is missing: {path} does not exist.").format(what=what, path=path))
    if path.stat().st_mode & _OTHERS:
        raise FolderExposed(_("Others can read {path}. Mend it with: chmod 600 {path}").format(path=path))
    return path.read_bytes()


def free_bytes(folder: Path) -> int:
    """Return how many bytes the disk of a folder has left for us."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable, whoever wrote them."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a rename or an unlink in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
