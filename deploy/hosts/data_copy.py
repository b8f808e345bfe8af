"""The copy of a data folder that an upgrade can go back to: for minutes, inside the folder itself, then overwritten.

The host cannot read its own sealed backups, so a way back that nobody has to be called for must lie here in the form
it has: nothing in clear, for the host keeps nothing in clear; its owner's alone; on the same disk.

Rules:
- Files are copied byte for byte. Sealed files are not copied but linked: Candour never changes one in place, it only
  takes names away (store.blobs). A second name outside of the blob folders is nobody's twin there: twins are looked for
  among drafts and held files alone, so those are neither copied nor linked, and stay as they are.
- The copy has its name only while it is whole and durable: half a copy is never gone back to, nor half an erased one.
- Going back can be begun again wherever it was broken off. What it does not know it leaves: a sealed file too many is
  found by `check`, one too few by nobody.
- Run as the folder's owner (deploy.hosts.as_owner).
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deploy.hosts import revoked_meanwhile, silenced_meanwhile
from deploy.hosts.host import sync_folder

COPY = "before-upgrade"  # the program knows the name too: store.upgrade_going_on
_HALF = "before-upgrade.half"
_LINKED = "sealed"
_LEFT_ALONE = frozenset({"incoming", "held"})
# What somebody could not wait with stands where it was written, whenever that was: going back is to see it.
_NOT_COPIED = frozenset({COPY, _HALF, "ballast", revoked_meanwhile.NOTE, silenced_meanwhile.MARK})
_PIECE = 1024 * 1024  # bytes
_ATTEMPTS = 5


def keep(data: Path) -> None:
    """Make the copy. No service may be at work in the folder. Raises OSError.

    Made anew if anything was written meanwhile: what cannot wait may be typed now, and half of a change to the database
    would be a damaged one.
    """
    for _attempt in range(_ATTEMPTS):
        erase(data)
        with suppress(FileNotFoundError):
            before = _glimpse(data)
            _make_half(data)
            if _glimpse(data) == before:
                break
    else:
        raise OSError("the data was changed again and again while it was copied")
    (data / _HALF).rename(data / COPY)
    sync_folder(data)


def _make_half(data: Path) -> None:
    half = data / _HALF
    half.mkdir(mode=0o700)
    for name, is_folder in _entries(data):
        there = half / name
        if is_folder:
            there.mkdir(mode=0o700)
        elif _is_linked(name):
            os.link(data / name, there, follow_symlinks=False)
        else:
            _copy(data / name, there)
    _sync_all(half)


def _glimpse(data: Path) -> dict[str, tuple[int, int, int]]:
    """Return, of each file that is copied, what is another once it was written, whatever time was given to it."""
    found = {}
    for name, is_folder in _entries(data):
        if not is_folder and not _is_linked(name):
            seen = (data / name).lstat()
            found[name] = (seen.st_ino, seen.st_size, seen.st_ctime_ns)
    return found


def is_kept(data: Path) -> bool:
    """Tell whether there is a whole copy."""
    return (data / COPY).is_dir()


def missing_sealed(data: Path) -> list[str]:
    """Return the sealed files that the copy has and the folder has not any more."""
    return [name for name, _folder in _entries(data / COPY) if _is_linked(name) and not (data / name).is_file()]


def put_back(data: Path) -> None:
    """Have the folder be as it was when the copy was made, but for files held and drafts; the copy stays."""
    wanted = dict(_entries(data / COPY))
    for name, is_folder in reversed(list(_entries(data))):
        # What is a folder now and was a file, or the other way round, must go first.
        if wanted.get(name) is is_folder or _is_linked(name):
            continue
        if not is_folder:
            (data / name).unlink()
        elif not any((data / name).iterdir()):
            (data / name).rmdir()
    for name, is_folder in wanted.items():
        there, kept = data / name, data / COPY / name
        if is_folder:
            if there.is_symlink():
                there.unlink()
            there.mkdir(mode=0o700, exist_ok=True)
        elif _is_linked(name):
            _link_back(kept, there)
        elif not _is_same(there, kept):
            draft = there.with_name(f"{there.name}.candour-back")
            draft.unlink(missing_ok=True)
            _copy(kept, draft)
            draft.replace(there)
    _sync_all(data)


def erase(data: Path) -> None:
    """Overwrite what was copied, once, and take the copy away; of sealed files only the second name goes."""
    _overwrite_tree(data / _HALF)
    if (data / COPY).is_dir():
        (data / COPY).rename(data / _HALF)
        sync_folder(data)
        _overwrite_tree(data / _HALF)
    sync_folder(data)


def _entries(root: Path) -> Iterator[tuple[str, bool]]:
    """Yield what is copied or linked, folders before what is in them: the path below `root`, and if it is a folder."""
    for above, folders, files in os.walk(root):
        at_top = Path(above) == root
        folders[:] = sorted(
            name
            for name in folders
            if name not in _LEFT_ALONE
            and not (at_top and name in _NOT_COPIED)
            and not (Path(above) / name).is_symlink()
        )
        below = Path(above).relative_to(root)
        yield from (((below / name).as_posix(), True) for name in folders)
        for name in sorted(files):
            if stat.S_ISREG((Path(above) / name).lstat().st_mode) and not (at_top and name in _NOT_COPIED):
                yield (below / name).as_posix(), False


def _is_linked(name: str) -> bool:
    return _LINKED in Path(name).parts[:-1]


def _link_back(kept: Path, there: Path) -> None:
    if there.is_file() and there.samefile(kept):
        return
    draft = there.with_name(f"{there.name}.candour-back")
    draft.unlink(missing_ok=True)
    os.link(kept, draft, follow_symlinks=False)
    draft.replace(there)


def _copy(source: Path, there: Path) -> None:
    with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as content:
        found = os.fstat(content.fileno())
        descriptor = os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, _PIECE)
            os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))
            file.flush()
            os.fsync(file.fileno())
    os.utime(there, ns=(found.st_atime_ns, found.st_mtime_ns))


def _is_same(one: Path, other: Path) -> bool:
    if not one.is_file() or one.is_symlink():
        return False
    first, second = one.stat(), other.stat()
    if (first.st_size, first.st_mode) != (second.st_size, second.st_mode):
        return False
    with one.open("rb") as here, other.open("rb") as there:
        while piece := here.read(_PIECE):
            if piece != there.read(_PIECE):
                return False
    return True


def _overwrite_tree(copy: Path) -> None:
    if not copy.is_dir():
        return
    for name, is_folder in _entries(copy):
        if not is_folder and not _is_linked(name):
            _overwrite(copy / name)
    shutil.rmtree(copy)


def _overwrite(path: Path) -> None:
    """Write noughts over a file of one name; one with more names is somebody's, and is let alone."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        if os.fstat(file.fileno()).st_nlink > 1:
            return
        left = os.fstat(file.fileno()).st_size
        while left:
            file.write(bytes(min(left, _PIECE)))
            left -= min(left, _PIECE)
        file.flush()
        os.fsync(file.fileno())


def _sync_all(root: Path) -> None:
    """Make the names in every folder durable; the files are."""
    for name, is_folder in _entries(root):
        if is_folder:
            sync_folder(root / name)
    sync_folder(root)
