"""Harm done to the files of a host, as disks, people and half-restored backups do it, and a way to see what changed."""

import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from store.desk.audit_guards import GUARDS

_LEAF_OF_AN_INDEX = b"\x0a"


@dataclass(frozen=True)
class Harm:
    """What is done to a folder, what the check must say of it, and whether --repair puts it right."""

    do: Callable[[Path], object]
    said: str
    mends: bool = False


def flip_a_bit(path: Path, at: int = -10) -> None:
    """Flip one bit of a file, as a failing disk does."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    flatten(path)


def cut_short(path: Path) -> None:
    """Take the last byte of a file away."""
    path.write_bytes(path.read_bytes()[:-1])
    flatten(path)


def flatten(path: Path) -> None:
    """Leave no time behind, so that nothing else is found than what is meant."""
    os.utime(path, (0, 0))


def execute(database: Path, *statements: str) -> None:
    """Change rows behind the program's back."""
    connection = sqlite3.connect(database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def alter_trail(database: Path, *statements: str) -> None:
    """Change the audit trail as somebody does who can alter the schema: guard rails down, and up again afterwards."""
    down = [f"DROP TRIGGER {name}" for name in GUARDS]
    execute(database, *down, *statements, *GUARDS.values())


def scribble_over(database: Path, table: str) -> None:
    """Overwrite the middle of the first page of a table."""
    number, size = _page_of(database, table)
    with database.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(b"\xa5" * (size // 2))


def empty_index(database: Path, index: str) -> None:
    """Leave an index whole as a page, and without the entries of its table."""
    number, size = _page_of(database, index)
    with database.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(_LEAF_OF_AN_INDEX + bytes(4) + size.to_bytes(2, "big") + b"\x00" + bytes(size - 8))


def _page_of(database: Path, name: str) -> tuple[int, int]:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    number = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    return int(number), int(size)


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything that can be told of every file under a folder; of a database and its log only that they are there."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        told = path.lstat()
        name = str(path.relative_to(folder))
        if name.endswith((".lock", "-wal", "-shm")) or name.startswith("gnupg/"):
            continue
        if not stat.S_ISREG(told.st_mode) or name.endswith(".sqlite"):
            found[name] = (stat.S_IMODE(told.st_mode),)
        else:
            found[name] = (stat.S_IMODE(told.st_mode), told.st_mtime, path.read_bytes())
    return found
