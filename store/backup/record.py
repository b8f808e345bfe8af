"""When this host was backed up last, and when that failed: days, in a small file of the data folder.

It tells the host itself, which may not see the disk with its backups: a backup that nobody makes any more is missed on
the day that it is needed. It is no part of a backup: what was restored has the one that it came out of, and no later.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from gettext import gettext as _
from pathlib import Path

from store.errors import StoreError
from store.findings import Finding
from store.folder import check_private_folder, write_private_file

RECORD = "backup-days"
LATE_DAYS, LOST_DAYS = 2, 14
_LONGEST = 200  # bytes


@dataclass(frozen=True)
class BackupDays:
    """The day of the newest backup that was made, and of the last that failed since; None if there is none."""

    made: date | None = None
    failed: date | None = None


def read_backup_days(root: Path) -> BackupDays:
    """Return what is known. A file that is missing, or is not as it was written, knows nothing."""
    try:
        with (root / RECORD).open("rb") as file:
            untrusted = json.loads(file.read(_LONGEST))
        return BackupDays(_day(untrusted["made"]), _day(untrusted["failed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return BackupDays()


def last_backup(root: Path) -> str:
    """Return the day of the newest backup that was made; empty if none was, or nothing is known."""
    made = read_backup_days(root).made
    return "" if made is None else made.isoformat()


@contextmanager
def recorded(root: Path) -> Iterator[None]:
    """Record today as the day of a backup, or, if an error leaves, of one that failed.

    What cannot be recorded (on a full disk, where there is no host) is not: then `check` finds an older day.
    """
    days = read_backup_days(root)
    try:
        yield
    except BaseException:
        _write(root, BackupDays(days.made, today()))
        raise
    _write(root, BackupDays(today()))


def record_restored(root: Path, day: str) -> None:
    """Record the day of the backup (YYYY-MM-DD) that a host came out of: there is that one, and nobody is told none."""
    _write(root, BackupDays(date.fromisoformat(day)))


def judge_backup_days(days: BackupDays, day: date) -> Finding:
    """Judge them, for both `check`s. Old ones warn at first; after two weeks nobody is on the way to mend it."""
    said, age = _sentence(days, day), _age(days, day)
    return Finding(
        said or _("The newest backup of this host is of {day}.").format(day=days.made),
        sound=age is None or age <= LOST_DAYS,
        warns=bool(said),
        name="backup",
        why=_("What came since then is lost with the disk."),
        how=_("Run candour-drop or candour-desk backup: it says why. A disk for every night: docs/guide-backup.md."),
    )


def backup_warning(root: Path, day: date) -> str:
    """Return what people at work must tell the administrator, else an empty text: of a host that was backed up once."""
    days = read_backup_days(root)
    said = _sentence(days, day) if days.made or days.failed else ""
    return f"{said} {_('Tell the administrator.')}" if said else ""


def today() -> date:
    """Return the day by which backups are named: that of UTC."""
    return datetime.now(UTC).date()


def _sentence(days: BackupDays, day: date) -> str:
    age = _age(days, day)
    if days.failed:
        newest = _("the newest is of {day}").format(day=days.made) if days.made else _("there is none")
        return _("The last backup of this host, on {day}, failed; {newest}.").format(day=days.failed, newest=newest)
    if age is None:
        return _("No backup of this host was ever made.")
    if age < 0:
        return _("The newest backup of this host is of a day to come, {day}: the clock was or is wrong.").format(
            day=days.made
        )
    if age > LATE_DAYS:
        return _("The newest backup of this host is {n} days old.").format(n=age)
    return ""


def _age(days: BackupDays, day: date) -> int | None:
    return (day - days.made).days if days.made else None


def _write(root: Path, days: BackupDays) -> None:
    spelt = {name: day and day.isoformat() for name, day in asdict(days).items()}
    with suppress(OSError, StoreError):
        if any(check_private_folder(root).glob("*.sqlite")):
            write_private_file(root / RECORD, json.dumps(spelt).encode("ascii"))


def _day(untrusted: object) -> date | None:
    return None if untrusted is None else date.fromisoformat(str(untrusted))
