"""A database and its blobs as they were at one moment, while the host goes on.

- First the blobs, which may be large, while everybody works. What is erased meanwhile is named at the end.
- Then, with the writers' turn in hand (BEGIN IMMEDIATE), what blobs came since is opened, and the database's file and
  its log are read. No row can go while they are, so every blob that a row of this moment names is there or open.
- A blob that has its twin then is on its way to its row (store.blobs): it is named too, and a restored host decides by
  its rows what becomes of it, as after a crash.
- The log is read after the file: a page that is moved from the log into the file just then is in the log whole, and
  SQLite takes that one (https://www.sqlite.org/wal.html). No copy is laid on a disk, as VACUUM INTO would.
- Our own descriptors on the database's file are closed after SQLite's: closing one drops its locks (fcntl(2)).
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from store.backup.contents import Contents

_BUSY_SECONDS = 30
_PIECE = 1024 * 1024  # bytes

Put = Callable[[str, int, Iterator[bytes]], None]


@dataclass
class _Moment:
    """What was put, and what is open to be put when the writers have their turn again."""

    done: set[str] = field(default_factory=set)
    later: dict[str, BinaryIO] = field(default_factory=dict)


@dataclass(frozen=True)
class Afterwards:
    """The blobs that were put and had been erased when the database was read, and those that had a twin then."""

    gone: tuple[str, ...]
    twins: tuple[str, ...]


def put_snapshot(root: Path, contents: Contents, put: Put) -> Afterwards:
    """Put the database and all blobs, and return what else is to be known of them.

    Raises OSError, or sqlite3.Error if the writers' turn does not come.
    """
    moment = _Moment()
    for name in sorted(contents.blobs(root)):
        with suppress(FileNotFoundError), (root / name).open("rb") as first:
            put(name, os.fstat(first.fileno()).st_size, pieces(first))
            moment.done.add(name)
    with ExitStack() as open_files:
        with _writers_held(root / contents.database):
            there = contents.blobs(root)
            gone = tuple(sorted(moment.done - there))
            twins = tuple(name for name in sorted(there) if _has_twin(root / name))
            for name in sorted(there - moment.done):
                # Erased between two looks: its row was gone before we had the turn.
                with suppress(FileNotFoundError):
                    moment.later[name] = open_files.enter_context((root / name).open("rb"))
            for name in (contents.database, contents.database + "-wal"):
                _put_database_file(root, name, put, open_files)
        for name, blob in moment.later.items():
            put(name, os.fstat(blob.fileno()).st_size, pieces(blob))
    return Afterwards(gone, twins)


def _has_twin(path: Path) -> bool:
    try:
        return path.stat().st_nlink > 1
    except FileNotFoundError:
        return False


def _put_database_file(root: Path, name: str, put: Put, open_files: ExitStack) -> None:
    path = root / name
    if path.exists():
        file = open_files.enter_context(path.open("rb"))
        # The log of a host at rest is there and empty.
        if size := os.fstat(file.fileno()).st_size:
            put(name, size, _exactly(size, pieces(file)))


def _exactly(size: int, given: Iterator[bytes]) -> Iterator[bytes]:
    """Give just `size` bytes: what is cut off, or put on, while we read is in the log, which is read after."""
    left = size
    for piece in given:
        yield piece[:left]
        left -= len(piece[:left])
        if not left:
            return
    while left:
        yield bytes(min(left, _PIECE))
        left -= min(left, _PIECE)


@contextmanager
def _writers_held(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces of a megabyte."""
    while piece := file.read(_PIECE):
        yield piece
