"""The day of the last backup, noted in the data folder, so that somebody sees when none comes any more.

It is in no backup: a host that was restored has none of its own yet.
"""

from contextlib import suppress
from datetime import date
from pathlib import Path

from store.folder import write_private_file

_NAME = "last-backup"


def note_backup(root: Path, day: str) -> None:
    """Note that a backup of this day (YYYY-MM-DD) was written and read back."""
    # The backup is there: a disk that is full now must not say otherwise.
    with suppress(OSError):
        write_private_file(root / _NAME, f"{day}\n".encode("ascii"))


def last_backup(root: Path) -> str:
    """Return the day of the last backup; empty if none was made, or the note is damaged."""
    try:
        with (root / _NAME).open("rb") as file:
            return date.fromisoformat(file.read(16).decode("ascii").strip()).isoformat()
    except (OSError, ValueError):
        return ""
