"""Where a backup is restored: a folder that is not there yet, or the empty one that deploy/install made for it.

- On an installed host the folder above is root's, and the program's user can neither make the data folder nor rename
  another to it. So the draft is made within the empty one, and what is in it moves up, the database last: until that is
  there, no program takes the folder for a host.
- Else the draft lies beside, and is renamed whole.
- What a killed restore left is erased by the next one at the same place, if nobody else is at work on it.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.errors import FolderExposed
from store.folder import check_private_folder, sync_folder

_DRAFT = re.compile(r"\.[0-9a-f]{16}\.restoring\Z")


def is_empty_place(root: Path) -> bool:
    """Tell whether `root` is a private folder of this user's with nothing in it but drafts of other restores."""
    if root.is_symlink():
        return False
    try:
        return all(_DRAFT.match(path.name) for path in check_private_folder(root).iterdir())
    except (FolderExposed, NotADirectoryError):
        return False


@contextmanager
def restoring_draft(root: Path) -> Iterator[Path]:
    """Give a new folder, locked, for the content of `root`; whatever is left of it at the end is erased."""
    above = root if root.exists() else root.parent
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


def put_in_place(draft: Path, root: Path, database: str) -> None:
    """Have the content of a draft be the content of `root`, durably. Raises OSError."""
    if draft.parent != root:
        draft.rename(root)
        sync_folder(root.parent)
        return
    for path in sorted(draft.iterdir(), key=lambda path: path.name == database):
        path.rename(root / path.name)
    sync_folder(root)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder (flock(2)): so it is not one that a killed process left. Raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
