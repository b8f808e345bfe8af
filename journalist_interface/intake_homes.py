"""The GnuPG home of the intake keys, and the one that takes its place when a new key is made.

A new home is made beside the one in use, with both keys under a new passphrase. The database says which home holds:
whose passphrase the officers have is the transaction that names the new key. So a crash at any moment leaves either the
old home and the old passphrase, or both homes and the new passphrase, and the next command puts the new one in place.
Only whoever makes or opens things starts gpg; here files are moved.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from journalist_interface.errors import SetUpRefused
from serving.language import gettext as _
from store.folder import sync_file, sync_folder, write_private_file

HOME = "gnupg"
# No longer than the other name: the paths of gpg-agent's sockets in it may have 107 signs at most (unix(7)).
NEXT = "gnext"
BEFORE = "gnupg.before"
PUBLIC = "intake-key.asc"
_FOR = "made-for"  # the fingerprint of the new key, in a home that is whole
_LOCK = ".intake-key.lock"


@contextmanager
def intake_key_alone(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Keep anybody else meanwhile from exchanging the intake key, handing it out at a command, or changing the key that
    signs the trail.

    `shared`: who copies it; several may at once. Raises SetUpRefused.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder / _LOCK, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise SetUpRefused(
                _(
                    "The intake key is being exchanged, handed out or backed up at this moment, or the trail gets "
                    "another signing key. Nothing was changed. Try again when that is done."
                )
            ) from reason
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def mark_whole(home: Path, fingerprint: str, public: str) -> None:
    """Say that a home is whole and durable, and that its passphrase is that of this new key, `public`, armoured."""
    (home / PUBLIC).write_text(public, "ascii")
    (home / _FOR).write_text(fingerprint, "ascii")
    for path in sorted(home.rglob("*")):
        if path.is_file():
            sync_file(path)
        elif path.is_dir():
            sync_folder(path)
    sync_folder(home)
    sync_folder(home.parent)


def finish_exchange(folder: Path, fingerprint: str) -> None:
    """Put the home in place that belongs to the intake key which holds, `fingerprint`; erase what another needs.

    For whoever has the key alone (`intake_key_alone`). Once is as good as twice.
    """
    home, following, before = folder / HOME, folder / NEXT, folder / BEFORE
    if following.is_dir() and _made_for(following) == fingerprint:
        if home.is_dir():
            home.rename(before)
        following.rename(home)
        sync_folder(folder)
    erase_home(following)
    if before.is_dir():
        write_private_file(folder / PUBLIC, (home / PUBLIC).read_bytes())
        erase_home(before)


def finish_if_left(folder: Path, fingerprint: str) -> None:
    """Do so if somebody was killed in the middle, and nobody is at it now."""
    if (folder / NEXT).exists() or (folder / BEFORE).exists():
        with suppress(SetUpRefused), intake_key_alone(folder):
            finish_exchange(folder, fingerprint)


def erase_home(home: Path) -> None:
    """Erase a GnuPG home, if it is there: what is secret first."""
    if not home.is_dir():
        return
    for path in (home / "private-keys-v1.d").glob("*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(home)
    sync_folder(home.parent)


def _made_for(home: Path) -> str:
    marker = home / _FOR
    return marker.read_text("ascii") if marker.is_file() else ""
