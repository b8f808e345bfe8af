"""What of a data folder belongs into its backup, by name; everything else stays out.

Left out on purpose: sessions' files, sockets, locks, what a form still holds, Tor's own state, the ballast, and the
backup of a backup. A thing that is not there is left out too, unless nothing could be restored without it.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from keys.backup_head import HostKind

_BLOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Contents:
    """One kind of host: its database, files, folders (with all below them), blob folders; and which must be there."""

    host: HostKind
    database: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    blob_folders: tuple[str, ...]
    needed: tuple[str, ...]

    def small_files(self, root: Path) -> Iterator[str]:
        """Yield the names, below `root`, of all ordinary files that are no blobs and not the database."""
        yield from (name for name in self.files if _is_file(root / name))
        for folder in self.folders:
            for path in sorted((root / folder).rglob("*")):
                if _is_file(path) and not _comes_and_goes(path.name):
                    yield path.relative_to(root).as_posix()

    def blobs(self, root: Path) -> set[str]:
        """Return the names, below `root`, of the sealed blobs that are there now."""
        folders = [root / name / "sealed" for name in self.blob_folders]
        there = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return {path.relative_to(root).as_posix() for path in there if _is_file(path)}

    def missing(self, root: Path) -> list[str]:
        """Return the names of what must be there and is not."""
        return [name for name in (*self.needed, self.database) if not (root / name).exists()]

    def may_hold(self, untrusted_name: str) -> bool:
        """Tell whether a file of this name can be in such a backup: a plain path below one of its places."""
        path = PurePosixPath(untrusted_name)
        if untrusted_name != path.as_posix() or path.is_absolute() or ".." in path.parts or "\0" in untrusted_name:
            return False
        if untrusted_name in (*self.files, self.database, self.database + "-wal"):
            return True
        if self.is_blob(untrusted_name):
            return True
        return any(path.is_relative_to(folder) and path != PurePosixPath(folder) for folder in self.folders)

    def is_blob(self, untrusted_name: str) -> bool:
        """Tell whether this is the name of a sealed blob."""
        folder, _slash, name = untrusted_name.rpartition("/sealed/")
        return folder in self.blob_folders and _BLOB_ID.fullmatch(name) is not None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _comes_and_goes(name: str) -> bool:
    """Locks, drafts, and gpg's own backups of what it wrote before."""
    return name.endswith((".lock", ".new", "~")) or name.startswith((".#", "."))
