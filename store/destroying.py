"""Putting a file in the place of a secret one, and overwriting that: killed at any point, it can be finished.

Replacing a file by its name leaves the bytes of the one before where they lay, with no name to find them by. So that
one keeps a second name until it has been overwritten, and whoever comes next sees by it what is left to do.

Overwriting reaches what the file system writes in place. A disk that moves what it writes (flash, a copying or
journalling file system) may keep the old bytes: an encrypted disk is what helps there. Backups hold them anyway.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from store.folder import sync_folder, write_private_file


def replace_and_destroy(path: Path, content: bytes) -> None:
    """Put a private file with this content in the place of the one at `path`, durably, and overwrite that one."""
    finish_destroying(path)
    os.link(path, doomed(path), follow_symlinks=False)
    sync_folder(path.parent)
    write_private_file(path, content)
    finish_destroying(path)


def finish_destroying(path: Path) -> None:
    """Overwrite what an earlier `replace_and_destroy` of this path left. Of one that replaced nothing, nothing is."""
    leftover = doomed(path)
    if not leftover.exists():
        return
    if not (path.exists() and leftover.samefile(path)):
        _overwrite(leftover)
    with suppress(FileNotFoundError):
        leftover.unlink()
    sync_folder(path.parent)


def destroy(path: Path) -> None:
    """Overwrite a file and take it away, and what an earlier command left of one before it; nothing if it is not there.

    It needs no room. Raises OSError; done again, it does the rest.
    """
    finish_destroying(path)
    if path.is_symlink() or not path.exists():
        path.unlink(missing_ok=True)
        return
    _overwrite(path)
    path.unlink()
    sync_folder(path.parent)


def doomed(path: Path) -> Path:
    """Return the second name of the file that was at `path`, while it is being destroyed."""
    return path.with_name(f".{path.name}.going")


def _overwrite(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        size = os.fstat(descriptor).st_size
        os.pwrite(descriptor, secrets.token_bytes(size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
