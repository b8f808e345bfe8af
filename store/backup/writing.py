"""Writing a backup: one stream from the data folder into a sealed file, read back before it gets its name.

- Nothing lies anywhere in clear, nor in any copy: pieces of a megabyte go from a file through the seal into the draft.
- The content is a tar archive, then what is to be known of blobs that came or went meanwhile, then noughts up to a size
  class (keys.padding): who has the file knows its size to within an eighth, and no name or size of what is in it.
- The key of the content is in memory until the draft was read back, and nowhere after.
- Old ones are erased (store.backup.pruning) only when the new one has its name.
"""

import os
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from gettext import gettext as _
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from keys.backup_head import About, BackupHead, BackupSigner, make_head
from keys.backup_stream import CHUNK, OpeningStream, SealingStream, stream_key
from keys.errors import KeysError
from keys.padding import backup_size_class
from keys.spoken import spoken_fingerprint
from store.backup.contents import Contents
from store.backup.names import backup_name
from store.backup.pruning import Pruned, is_anothers, prune
from store.backup.snapshot import put_snapshot
from store.drafts import is_want_of_room
from store.errors import BackupRefused
from store.folder import check_private_folder, replacing_file

BLOCK = 512  # bytes, of tar
TWINS, GONE = "twins", "gone"
_LONGEST_NAME = 100  # bytes: what one block of tar holds


@dataclass(frozen=True)
class Keys:
    """Who may open a backup, and who made it; `former` are the groups of keys with which this host signed before."""

    recovery_public: bytes = field(repr=False)
    signer: BackupSigner
    former: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Written:
    """A backup that was written and read back, and what became of the old ones."""

    path: Path
    size: int
    pruned: Pruned


def write_backup(root: Path, contents: Contents, keys: Keys, out: Path) -> Written:
    """Write today's backup of the host in `root` into the folder `out`, in the place of one made today already.

    Raises BackupRefused with a sentence; then the folder is as it was.
    """
    path = check_can_be_written(root, contents, keys, out)
    spoken = spoken_fingerprint(keys.recovery_public)
    about = About(contents.host, version("candour"), _today(), spoken, keys.signer.public)
    own = _own(keys)
    try:
        with replacing_file(path) as draft:
            _write(root, contents, about, keys, draft)
            # Once more: what was destroyed meanwhile (`silence`) may be in it in part, and it would take the place of a
            # backup that has it whole.
            _refuse_missing(root, contents)
    except OSError as reason:
        raise BackupRefused(_why(reason, out)) from reason
    except sqlite3.Error as reason:
        raise BackupRefused(_("The database could not be read. No backup was made: run check.")) from reason
    return Written(path, path.stat().st_size, prune(about, own, path))


def check_can_be_written(root: Path, contents: Contents, keys: Keys, out: Path) -> Path:
    """Return the path of today's backup in `out`. Raises BackupRefused if it is plain already that none can be made."""
    check_private_folder(root)
    _refuse_missing(root, contents)
    if not out.is_dir() or out.resolve().is_relative_to(root.resolve()):
        raise BackupRefused(_("{path} must be a folder that is there, outside the data folder.").format(path=out))
    if not os.access(out, os.W_OK | os.X_OK):
        raise BackupRefused(_("This user may not write into {path}. No backup was made.").format(path=out))
    path = out / backup_name(contents.host, _today())
    if is_anothers(path, _own(keys)):
        raise BackupRefused(
            _(
                "{path} is today's backup of another host of this kind. No backup was made. Give each host a folder of "
                "its own."
            ).format(path=path)
        )
    return path


def _own(keys: Keys) -> frozenset[str]:
    return keys.former | {keys.signer.spoken}


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _refuse_missing(root: Path, contents: Contents) -> None:
    if missing := contents.missing(root):
        raise BackupRefused(
            _("{path} is missing, and nothing could be restored without it. No backup was made.").format(
                path=root / missing[0]
            )
        )


def _why(reason: OSError, out: Path) -> str:
    if is_want_of_room(reason):
        return _("There is no room for a backup in {path}. None was made; the old ones are there.").format(path=out)
    return _("No backup was made: {why}.").format(why=reason.strerror)


def _write(root: Path, contents: Contents, about: About, keys: Keys, draft: BinaryIO) -> None:
    head, key = make_head(about, keys.recovery_public, keys.signer)
    draft.write(head)
    stream = SealingStream(stream_key(key, head), draft)
    for name in contents.small_files(root):
        # What Tor or gpg takes away between two looks need not be in it.
        with suppress(FileNotFoundError):
            content = (root / name).read_bytes()
            _put(stream, name, len(content), iter([content]))
    after = put_snapshot(root, contents, lambda name, size, content: _put(stream, name, size, content))
    for name, blobs in ((TWINS, after.twins), (GONE, after.gone)):
        listed = "\n".join(blobs).encode("utf-8")
        _put(stream, name, len(listed), iter([listed]))
    stream.write(bytes(2 * BLOCK))
    _pad(stream)
    written = stream.written
    stream.close()
    draft.flush()
    os.fsync(draft.fileno())
    _verify(draft, key, head, written)


def _put(stream: SealingStream, name: str, size: int, content: Iterator[bytes]) -> None:
    if len(name.encode()) > _LONGEST_NAME:
        raise BackupRefused(_("{name} has too long a name. No backup was made.").format(name=name))
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600  # and no time
    stream.write(head.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
    written = 0
    for piece in content:
        written += len(piece)
        stream.write(piece)
    if written != size:
        raise OSError(0, _("{name} changed while it was read").format(name=name))
    stream.write(bytes(-written % BLOCK))


def _pad(stream: SealingStream) -> None:
    left = backup_size_class(stream.written) - stream.written
    while left:
        stream.write(bytes(min(left, CHUNK)))
        left -= min(left, CHUNK)


def _verify(draft: BinaryIO, key: bytes, head: bytes, written: int) -> None:
    """Read the draft back, from the disk and not from memory where the system allows it. Raises BackupRefused."""
    with open(f"/proc/self/fd/{draft.fileno()}", "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            is_whole = (
                BackupHead.read(file).raw == head and OpeningStream(stream_key(key, head), file).finish() == written
            )
        except KeysError:
            is_whole = False
    if not is_whole:
        raise BackupRefused(
            _("What was written does not read back as it was sealed: the disk may be failing. No backup was made.")
        )
