"""What we do to the files in the folder of a host's Tor: one at work there at a time, whole writes, no counts.

Tor itself takes a lock of its own data directory; ours is taken first, before anything is written or a socket replaced.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onion.errors import AlreadyRunning
from onion.layout import TorFolder
from serving.language import gettext as _

# Tor's state file: how many circuits it built, one for each visitor, and how long each took.
_COUNTS = re.compile(r"^(TotalBuildTimes|CircuitBuild\w+) .*\n", re.MULTILINE)
_LOCK = ".lock"
# What `glimpse` gives for what is there and cannot be read. No key, no address and no torrc is this.
UNREADABLE = "cannot be read"
_PATIENCE_SECONDS = 2
_POLL_SECONDS = 0.05


@contextmanager
def alone(folder: TorFolder) -> Iterator[int]:
    """Be the one who runs this Tor, for as long as the context lasts. Raises AlreadyRunning.

    Give the descriptor of the lock, for Tor to hold open too: whoever was killed leaves a Tor behind that is about to
    end, and until it has ended the lock is held (flock(2): it is the open file's).
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder.root / _LOCK, flags, 0o600)
    try:
        _take(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)  # and with it the lock, unless Tor still lives


def is_at_work(folder: TorFolder) -> bool:
    """Tell whether a Tor, or who looks after it, is at work in a folder."""
    try:
        descriptor = os.open(folder.root / _LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _take(descriptor: int, folder: TorFolder) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            # It may be a Tor that is ending, or somebody who only asks whether one is there.
            if time.monotonic() > ends:
                raise AlreadyRunning(
                    _("Tor runs in {path} already: “onion run” is at work there.").format(path=folder.root)
                ) from held
            time.sleep(_POLL_SECONDS)
        else:
            return


def glimpse(path: Path) -> str | None:
    """Return what a small text file says, UNREADABLE if it is there and cannot be read, None if it is not there.

    For who looks again and again: somebody may take the file away meanwhile, or put something else in its place.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return UNREADABLE


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all, durably, for this user alone."""
    _write(path, text.encode("utf-8", "surrogateescape"))


def copy_whole(source: Path, target: Path) -> None:
    """Copy a small file over another in the same way."""
    _write(target, source.read_bytes())


def sync_folder(folder: Path) -> None:
    """Have what was named or erased in a folder be so on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def forget_counts(folder: TorFolder) -> None:
    """Take what counts visitors out of the state file of a Tor that does not run: an earlier version let it be kept."""
    state = folder.state / "state"
    with suppress(OSError):
        found = state.read_text("utf-8", "surrogateescape")
        kept = _COUNTS.sub("", found)
        if kept != found:
            write_whole(state, kept)
