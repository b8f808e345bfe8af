"""The data folder: private to its user, or the program does not start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from gettext import gettext as _
from pathlib import Path
from typing import BinaryIO

from store.errors import FolderExposed

_OTHERS = 0o077


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
    """Write a file that only its user can read, durably."""
    with private_file(path) as file:
        file.write(content)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write piece by piece, for its user alone: there whole and durable at the end, or not at all.

    Temporary name, fsync, rename, fsync of the folder.
    """
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


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
