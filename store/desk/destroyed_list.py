"""The list of destroyed cases: their references, in a file beside the database, so that restoring it undoes no line.

A backup from before a destruction brings the case back, keys and all, and its trail knows of no destruction. Whoever
restores the database keeps this file, or takes the copy of it that lies with the checkpoints; then `check` tells.
It says nothing that the trail does not. Lines: a reference, a space, the day (YYYY-MM-DD, UTC).
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from store.database import Database
from store.desk.destroyed import destroyed_cases

_LINE = re.compile(r"([0-9A-Z]{4}-[0-9A-Z]{4}) (20[0-9]{2}-[0-9]{2}-[0-9]{2})\n?\Z")
_LARGEST = 16 * 1024 * 1024  # bytes: some 800,000 cases


def read_list(path: Path) -> dict[str, str]:
    """Return the day of each destruction by the case's reference. A line that is none of ours says nothing."""
    try:
        with path.open("rb") as file:
            lines = file.read(_LARGEST).decode("ascii", "replace").splitlines()
    except FileNotFoundError:
        return {}
    found = (_LINE.match(line) for line in lines)
    return {each[1]: each[2] for each in found if each}


def bring_up_to_date(database: Database, path: Path) -> None:
    """Add what the trail has and the list has not, durably. Raises OSError."""
    with database.reading() as connection:
        destroyed = destroyed_cases(connection)
    if not destroyed:
        return
    listed = read_list(path)
    lines = [
        f"{reference} {datetime.fromtimestamp(at, UTC):%Y-%m-%d}\n"
        for reference, at in destroyed.items()
        if reference not in listed
    ]
    if not lines:
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # After a line that was cut short by a full disk, ours begin anew.
        os.write(handle, ("\n" * _is_cut_short(path) + "".join(lines)).encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_cut_short(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return False
        file.seek(size - 1)
        return file.read(1) != b"\n"
