"""The tokens that open the door: the one in force, and a new one that nobody has used yet. Of each, its hash alone.

Rules:
- A new token opens the door beside the one before, until it is used for the first time: then it takes its place, and
  the one before opens nothing. So no collection fails while a file is carried from one host to the other.
- A new token that nobody used in time opens nothing any more: its file lies about somewhere. The one before stays.
- The file can be used for two weeks, and its token opens the door for one week more: a desk that was paired on the last
  day has given up the one before, and its next collection may be days away.
- A void token stays in its file as a hash that nothing has. So it is void in a backup too, and to make it void needs no
  room on a full disk.
- Files are read anew at every request, so nothing has to be started again.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from serving.language import gettext as _
from store.drop.days import days_before
from store.errors import FolderExposed
from store.folder import read_private_file, sync_folder, write_private_file

PENDING_DAYS = 14
GRACE_DAYS = 7
# Nobody finds what has this hash.
_VOID = "0" * 64
_SPELLING = re.compile(
    r"([0-9a-f]{64})(?: ([0-9]{4}-[0-9]{2}-[0-9]{2}))?(?: \+([A-Z2-7]{52}))?((?: [A-Z2-7]{52})*)\n?\Z"
)


@dataclass(frozen=True)
class DoorToken:
    """A token: its hash, the day from which it is (None: of a version that noted none), and what ends with its use.

    `ends` are the public halves of courier's keys that the door's onion service lets in no more, once this is in use.
    `lets_in` is the one that was let in for it: if nobody uses it in time, that goes with it.
    """

    hashed: str
    since: str | None = None
    ends: tuple[str, ...] = ()
    lets_in: str | None = None

    @property
    def is_void(self) -> bool:
        """Tell whether it opens nothing."""
        return self.hashed == _VOID

    def spelt(self) -> bytes:
        """Return it as its file says it."""
        day, key = [self.since] if self.since else [], [f"+{self.lets_in}"] if self.lets_in else []
        return " ".join([self.hashed, *day, *key, *self.ends]).encode("ascii")


@dataclass(frozen=True)
class TokenFiles:
    """Where the hash of the token in force lies, and where that of a new one."""

    in_force: Path
    pending: Path


def read_in_force(files: TokenFiles) -> DoorToken:
    """Return the token in force, void or not. Raises FolderExposed with a sentence."""
    return _read(files.in_force)


def read_pending(files: TokenFiles, today: str) -> DoorToken | None:
    """Return the token that was made and not used yet; None if there is none, or it lapsed. Raises FolderExposed."""
    if not files.pending.exists():
        return None
    found = _read(files.pending)
    if found.is_void or found.since is None or _opens_until(found.since) < today:
        return None
    return found


def read_new(files: TokenFiles) -> DoorToken:
    """Return the new token, whether it still opens the door or not. Raises FolderExposed if there is none."""
    return _read(files.pending)


def read_lapsed(files: TokenFiles, today: str) -> DoorToken | None:
    """Return the new token that nobody used in time, if its file is still there. Raises FolderExposed."""
    if not files.pending.exists() or read_pending(files, today) is not None:
        return None
    return _read(files.pending)


def last_day(since: str) -> str:
    """Return the last day on which the file of a new token, made on the day `since`, can be used to pair."""
    return days_before(since, -PENDING_DAYS)


def _opens_until(since: str) -> str:
    return days_before(since, -PENDING_DAYS - GRACE_DAYS)


def opens(files: TokenFiles, hashed: str, today: str) -> bool:
    """Tell whether the token of this hash opens the door; a new one that does so is in force from then on."""
    in_force = read_in_force(files)
    if hashed == in_force.hashed:
        return not in_force.is_void
    pending = read_pending(files, today)
    if pending is None or pending.hashed != hashed:
        return False
    with _alone(files):
        pending = read_pending(files, today)
        # A rename: it needs no room, and there is no moment with neither. Somebody may have made the token void
        # meanwhile (which waits for nobody), or another one: then what is in force now says so.
        if pending is not None and pending.hashed == hashed:
            with suppress(FileNotFoundError):
                files.pending.replace(files.in_force)
                sync_folder(files.in_force.parent)
    return read_in_force(files).hashed == hashed


def keep_pending(files: TokenFiles, token: DoorToken) -> None:
    """Have a new token open the door beside the one in force; any other new one opens nothing."""
    with _alone(files):
        write_private_file(files.pending, token.spelt())


def forget_let_in(files: TokenFiles, lapsed: DoorToken) -> None:
    """Note that the key which was let in for a new token that lapsed is taken away; not if there is another by now."""
    with _alone(files):
        if files.pending.exists() and _read(files.pending) == lapsed:
            write_private_file(files.pending, replace(lapsed, lets_in=None).spelt())


def put_in_force(files: TokenFiles, token: DoorToken) -> None:
    """Have a token open the door, and no other."""
    with _alone(files):
        files.pending.unlink(missing_ok=True)
        write_private_file(files.in_force, token.spelt())


@contextmanager
def _alone(files: TokenFiles) -> Iterator[None]:
    """Be the only one who puts a new token somewhere. The lock is the folder's (flock(2)), which needs no room."""
    descriptor = os.open(files.in_force.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_void(files: TokenFiles) -> None:
    """Have no token open the door any more. Without any room; again it changes nothing. Raises OSError."""
    # This first: what is used meanwhile is in force then, and is made void with that.
    files.pending.unlink(missing_ok=True)
    try:
        _write_over(files.in_force)
    except OSError:
        # A file system that writes to a new place always. Without a file the door opens to nobody either.
        files.in_force.unlink(missing_ok=True)
    sync_folder(files.in_force.parent)


def _write_over(path: Path) -> None:
    """Put a void hash over the one that stands there: the file keeps its length and its place on the disk."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        os.pwrite(descriptor, _VOID.encode("ascii"), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> DoorToken:
    found = _SPELLING.match(read_private_file(path, _("The door's token")).decode("utf-8", "replace"))
    if found is None or not _is_day(found[2]):
        raise FolderExposed(
            _("The door's token in {path} is damaged. Pair the desk anew: candour-drop pairing --at-once.").format(
                path=path
            )
        )
    return DoorToken(found[1], found[2], tuple(found[4].split()), found[3])


def _is_day(text: str | None) -> bool:
    try:
        return text is None or bool(date.fromisoformat(text))
    except ValueError:
        return False
