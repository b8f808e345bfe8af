"""Where a restored folder comes into being: beside its place, or, where an installer made the place already, within it.

- Beside: a draft that gets the name of the place in one step.
- Within an empty folder: its user may not write beside it. What was believed goes up entry by entry, the database last:
  until that is there no service starts, and a restore that was killed at it is begun anew.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from gettext import gettext as _
from pathlib import Path

from store.backup.contents import Contents
from store.errors import BackupRefused
from store.folder import check_private_folder, make_private_folder, sync_folder, write_private_file

_DRAFT = re.compile(r"\.[0-9a-f]{16}\.restoring\Z")
_BELIEVED, _NAMES = ".restored", "names"
_OF_THE_DISK = "lost+found"


def check_place(root: Path, contents: Contents) -> None:
    """Raise BackupRefused unless nothing is at `root`, or an empty folder; what a killed restore left is erased."""
    if not root.exists() and not root.is_symlink():
        return
    if root.is_symlink() or not root.is_dir():
        raise _is_there(root)
    _clear_half_moved(root, contents)
    if any(path.name != _OF_THE_DISK and not _DRAFT.match(path.name) for path in root.iterdir()):
        raise _is_there(root)
    check_private_folder(root)


def _is_there(root: Path) -> BackupRefused:
    return BackupRefused(
        _("{path} is there already. Choose a folder that is not, or an empty one; nothing was changed.").format(
            path=root
        )
    )


def _clear_half_moved(root: Path, contents: Contents) -> None:
    believed = root / _BELIEVED
    if not believed.is_dir():
        return
    if (believed / contents.database).exists():
        # Nothing was served from what came out of it already: no service starts without the database.
        for name in (believed / _NAMES).read_text("utf-8").splitlines():
            _erase(root / name)
    shutil.rmtree(believed)


def _erase(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def draft_for(root: Path) -> Iterator[Path]:
    """Give a new folder, locked, beside the place or within it; at the end it is erased if it still has this name."""
    above = root if root.exists() else root.parent
    if not above.exists():
        make_private_folder(above)
    for left in (path for path in above.glob(".*.restoring") if _DRAFT.match(path.name)):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left)
    draft = above / f".{secrets.token_hex(8)}.restoring"
    draft.mkdir(mode=0o700)
    try:
        with _locked(draft):
            yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder (flock(2)): so it is not one that a killed process left. Raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def give_place(draft: Path, root: Path, contents: Contents) -> None:
    """Give a draft that is believed its place. Raises OSError."""
    if draft.parent != root:
        draft.rename(root)
        sync_folder(root.parent)
        return
    names = sorted((path.name for path in draft.iterdir()), key=lambda name: name == contents.database)
    write_private_file(draft / _NAMES, "\n".join(names).encode("utf-8"))
    believed = draft.rename(root / _BELIEVED)
    for name in names:
        if name == contents.database:
            sync_folder(root)
        (believed / name).rename(root / name)
    sync_folder(root)
    shutil.rmtree(believed)
    sync_folder(root)
