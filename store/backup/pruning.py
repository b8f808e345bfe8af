"""Erasing old backups: of this very host alone, never the one just written, and none while the days make no sense.

A name is not enough: an empty file, or a backup of another host, must not push out one that can be restored. And a
clock that was wrong once leaves a backup of a day to come, beside which every true one seems old: a person must look.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from keys.backup_head import About, BackupHead
from keys.errors import KeysError
from store.backup.names import day_of, too_old


@dataclass(frozen=True)
class Pruned:
    """How many were erased; or, if `later` is a day, none, because there is a backup of that day to come."""

    erased: int = 0
    later: date | None = None


def is_anothers(path: Path, own: Collection[str]) -> bool:
    """Tell whether a backup is there that another host signed: with none of these keys of ours, in groups."""
    found = _about(path)
    return found is not None and found.signed_by not in own


def prune(about: About, own: Collection[str], written: Path) -> Pruned:
    """Erase those beside `written` that this host made, with one of these keys, and that need not be kept."""
    host = about.host
    days = {
        path: day for path in written.parent.iterdir() if (day := day_of(host, path.name)) and _is_of(path, own, day)
    }
    latest = max(days.values(), default=None)
    if latest is not None and latest > date.fromisoformat(about.day):
        return Pruned(later=latest)
    old = set(too_old(host, (path.name for path in days))) - {written.name}
    for name in old:
        (written.parent / name).unlink(missing_ok=True)
    return Pruned(len(old))


def _is_of(path: Path, own: Collection[str], day: date) -> bool:
    found = _about(path)
    return found is not None and found.signed_by in own and found.day == day.isoformat()


def _about(path: Path) -> About | None:
    with suppress(OSError, KeysError, ValueError), path.open("rb") as file:
        return BackupHead.read(file).about
    return None
