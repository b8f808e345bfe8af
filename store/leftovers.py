"""What a crash leaves among blobs, and how a start tells it from what somebody restored.

Rules:
- A draft without a row was never acknowledged: it goes. What is held stays held, because a page said that it is here.
- A sealed file without a row goes if, and only if, its twin is the very same file: it was published and never recorded.
- The twin of a blob that a row names goes once the sealed file is sound. If that is missing or altered and the twin is
  sound, the twin takes its place.
- Any other sealed file without a row is no crash's. Nothing here erases it: it may be all that is left of what a source
  sent, beside a database that was restored from an older backup.
"""

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from store.blobs import BlobFolder, flatten_times, is_blob_id, measure
from store.drafts import Blob
from store.errors import StoreError
from store.folder import sync_folder

Named = Callable[[Collection[str]], Mapping[str, Blob]]
_AT_ONCE = 500  # ids in one question to the database


def clear_leftovers(folder: BlobFolder, named: Named) -> None:
    """Put right what a crash left. Only for a start, before anything is written.

    `named` returns those of the given ids that a row names, with what they must be.
    """
    rows = named_by_rows(twins(folder), named)
    # Before any draft goes: a power cut must not leave a sealed file without its twin.
    for path in _files(folder.incoming, folder.held):
        sealed = folder.sealed / path.name
        if path.name not in rows and _is_same_file(path, sealed):
            sealed.unlink(missing_ok=True)
    sync_folder(folder.sealed)
    for path in _files(folder.incoming, folder.held):
        row = rows.get(path.name)
        if row is not None:
            settle_twin(folder, path, row)
        elif path.parent == folder.incoming:
            path.unlink(missing_ok=True)
    _flatten(folder)


def take_back_unnamed(folder: BlobFolder, published: Collection[str], named: Named) -> None:
    """Undo a publishing whose recording failed, as far as no row names the blobs.

    What a row names stays, whatever went wrong after it was committed. If even that cannot be asked, nothing is taken
    back: the twins are there, and the next start does it.
    """
    with suppress(OSError, StoreError, SQLAlchemyError):
        folder.take_back(set(published) - named(published).keys())


def settle_twin(folder: BlobFolder, twin: Path, row: Blob) -> None:
    """Drop the twin of a blob that a row names, or put it in the place of a sealed file that is not what was stored."""
    sealed = folder.sealed / row.id
    if _is_same_file(twin, sealed) or is_sound(sealed, row):
        twin.unlink(missing_ok=True)
    elif is_sound(twin, row):
        twin.replace(sealed)
        sync_folder(folder.sealed)
        flatten_times(sealed)


def is_sound(path: Path, row: Blob) -> bool:
    """Tell whether a sealed file is what a row says of it; one that is not there is not."""
    # The length first: a file cut short need not be read.
    return path.is_file() and path.stat().st_size == row.size and measure(path) == row


def twins(folder: BlobFolder) -> set[str]:
    """Return the ids of everything that is held, or a draft."""
    return {path.name for path in _files(folder.incoming, folder.held) if is_blob_id(path.name)}


def named_by_rows(blob_ids: Collection[str], named: Named) -> dict[str, Blob]:
    """Return those of the ids, however many, that a row names."""
    found: dict[str, Blob] = {}
    ids = sorted(blob_ids)
    for start in range(0, len(ids), _AT_ONCE):
        found.update(named(ids[start : start + _AT_ONCE]))
    return found


def _files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.iterdir()]


def _is_same_file(one: Path, other: Path) -> bool:
    # The door may be erasing what it was told is safe, while a site starts.
    with suppress(FileNotFoundError):
        return one.samefile(other)
    return False


def _flatten(folder: BlobFolder) -> None:
    with os.scandir(folder.sealed) as found:
        for entry in found:
            if entry.stat(follow_symlinks=False).st_mtime or entry.stat(follow_symlinks=False).st_atime:
                flatten_times(Path(entry.path))
    for path in (folder.incoming, folder.held, folder.sealed):
        flatten_times(path)
