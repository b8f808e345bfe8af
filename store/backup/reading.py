"""Restoring a backup: into a draft, which takes its place only when everything in it is believed (restoring_place.py).

- The head first: a backup at all, of this kind of host, of a format we know, and by whom.
- Every chunk is opened before a byte of it is used, but only the end tells that nothing was cut off: what is refused at
  the last byte leaves nothing behind.
- Names come out of a sealed archive, and are held to the places of such a host all the same: no link, no way out.
- Every file is its user's alone, and tells no time.
"""

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from gettext import gettext as _
from pathlib import Path
from typing import IO

from keys.backup_head import BackupHead, HostKind
from keys.backup_stream import OpeningStream, stream_key
from keys.errors import BackupNewer, Malformed, SealBroken, SignatureBroken
from keys.padding import backup_size_class
from store.backup.contents import Contents
from store.backup.restoring_place import is_empty_place, put_in_place, restoring_draft
from store.backup.writing import BLOCK, GONE, TWINS
from store.drafts import is_want_of_room
from store.errors import BackupRefused, StoreOutdated
from store.folder import make_private_folder, sync_folder

_PIECE = 1024 * 1024  # bytes
_NO_TIME = (0, 0)


@contextmanager
def opened_backup(path: Path, host: HostKind) -> Iterator[tuple[BackupHead, IO[bytes]]]:
    """Give the head of a backup, and its file at the content. Raises BackupRefused with a sentence."""
    if path.name.startswith("."):
        raise BackupRefused(
            _("{path} is half a backup, of a command that did not come to its end. Take another.").format(path=path)
        )
    try:
        file = path.open("rb")
    except OSError as reason:
        raise BackupRefused(f"{reason.strerror}: {path}") from reason
    with file:
        head = _read_head(file, path)
        if head.about.host is not host:
            raise BackupRefused(
                _("This is a backup of another host. Restore it there, with: {program} restore").format(
                    program=head.about.host.value
                )
            )
        yield head, file


def _read_head(file: IO[bytes], path: Path) -> BackupHead:
    try:
        return BackupHead.read(file)
    except BackupNewer as reason:
        raise BackupRefused(
            _("A later version of Candour made this backup. Install that version, and restore with it.")
        ) from reason
    except SignatureBroken as reason:
        raise BackupRefused(
            _("The beginning of this backup was altered after the host signed it. Nothing was restored.")
        ) from reason
    except (Malformed, ValueError) as reason:
        raise BackupRefused(_("{path} is no backup of Candour, or was cut short.").format(path=path)) from reason


def restore_backup(
    head: BackupHead, sealed: IO[bytes], key: bytes, contents: Contents, root: Path, look: Callable[[Path], None]
) -> None:
    """Make the folder `root` of the content. `look` is given the new folder before it has that name, and may raise.

    Raises BackupRefused with a sentence, or what `look` raises; then nothing is left behind.
    """
    if (root.exists() or root.is_symlink()) and not is_empty_place(root):
        raise BackupRefused(
            _("{path} is there already. Choose a folder that is not; nothing was changed.").format(path=root)
        )
    make_private_folder_above(root)
    try:
        with restoring_draft(root) as draft:
            _unpack(OpeningStream(stream_key(key, head.raw), sealed), contents, draft)
            look(draft)
            _flatten(draft)
            put_in_place(draft, root, contents.database)
    except StoreOutdated as reason:
        raise BackupRefused(
            _("A later version of Candour made this backup. Install that version, and restore with it.")
        ) from reason
    except OSError as reason:
        raise BackupRefused(_why(reason, root)) from reason
    except (SealBroken, tarfile.TarError) as reason:
        raise BackupRefused(
            _(
                "This backup is not whole: it was altered or cut short, or this is not its key. Nothing was restored. "
                "Take another copy of it, or an older one."
            )
        ) from reason


def _why(reason: OSError, root: Path) -> str:
    if is_want_of_room(reason):
        return _("There is no room to restore this backup beside {path}. Nothing was restored.").format(path=root)
    return _("Nothing was restored: {why}.").format(why=reason.strerror)


def make_private_folder_above(root: Path) -> None:
    """Make the folders above, private, if they are missing; those that are there are left as they are."""
    if not root.parent.exists():
        make_private_folder(root.parent)


def _unpack(stream: OpeningStream, contents: Contents, draft: Path) -> None:
    counted = _Counted(stream)
    listed: dict[str, list[str]] = {TWINS: [], GONE: []}
    last = ""
    for last, content in _members(counted):
        if last in listed:
            names = b"".join(content).decode("utf-8", "replace").split("\n")
            listed[last] = [name for name in names if contents.is_blob(name)]
        elif contents.may_hold(last):
            _write(draft / last, content)
        else:
            raise BackupRefused(_("There is something in this backup that no such host has. Nothing was restored."))
    # What follows the archive are noughts up to the size class; they, too, must be there to the last.
    counted.finish()
    if last != GONE or counted.size != backup_size_class(counted.size):
        raise SealBroken("the content of a backup does not end as it should")
    for name in contents.blob_folders:
        for place in ("incoming", "held", "sealed"):
            make_private_folder(draft / name / place)
    for name in listed[GONE]:
        (draft / name).unlink(missing_ok=True)
    for sealed in (draft / name for name in listed[TWINS]):
        with suppress(FileNotFoundError):
            os.link(sealed, sealed.parent.with_name("incoming") / sealed.name)
    if missing := contents.missing(draft):
        raise BackupRefused(_("{name} is not in this backup. Nothing was restored.").format(name=missing[0]))


def _members(counted: "_Counted") -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and content of each file of the archive, one after another: each must be used up before the next."""
    while (block := counted.exactly(BLOCK)) != bytes(BLOCK):
        head = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if not head.isreg():
            raise BackupRefused(_("There is something in this backup that is no file. Nothing was restored."))
        yield head.name, counted.pieces(head.size)
        counted.exactly(-head.size % BLOCK)


def _write(path: Path, content: Iterator[bytes]) -> None:
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        os.fsync(descriptor)


def _flatten(draft: Path) -> None:
    for path in (*draft.rglob("*"), draft):
        if path.is_dir():
            sync_folder(path)
        os.utime(path, _NO_TIME)


class _Counted:
    """The content, of which it is known how much was read."""

    def __init__(self, stream: OpeningStream) -> None:
        self._stream = stream
        self.size = 0

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes. Raises SealBroken if there are fewer."""
        while size:
            piece = self._stream.read(min(size, _PIECE))
            if not piece:
                raise SealBroken("the content of a backup ends too soon")
            self.size += len(piece)
            size -= len(piece)
            yield piece

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes. Raises SealBroken if there are fewer."""
        return b"".join(self.pieces(size))

    def finish(self) -> None:
        """Read to the end."""
        self.size += self._stream.finish()
