"""How backups are called, and which old ones are kept: of the last seven days, four weeks and six months with one."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from keys.backup_head import HostKind

DAYS_KEPT, WEEKS_KEPT, MONTHS_KEPT = 7, 4, 6


def backup_name(host: HostKind, day: str) -> str:
    """Return the name of the backup of a day, YYYY-MM-DD."""
    return f"{host.value}-{day}.backup"


def too_old(host: HostKind, names: Iterable[str]) -> list[str]:
    """Return those of the names of this host's backups that need not be kept; every other name is left alone.

    Of each of the last days, weeks (ISO 8601) and months that have a backup the newest is kept. Days without one do not
    count: a host that was off for a month has not lost its backups by it.
    """
    spelling = re.compile(rf"{re.escape(host.value)}-(\d{{4}}-\d\d-\d\d)\.backup")
    days = sorted(
        (day for name in names if (found := spelling.fullmatch(name)) and (day := _day(found[1]))), reverse=True
    )
    keep: set[date] = set()
    spans: tuple[tuple[int, Callable[[date], tuple[int, ...]]], ...] = (
        (DAYS_KEPT, lambda day: (day.toordinal(),)),
        (WEEKS_KEPT, lambda day: tuple(day.isocalendar())[:2]),
        (MONTHS_KEPT, lambda day: (day.year, day.month)),
    )
    for count, span in spans:
        newest: dict[tuple[int, ...], date] = {}
        for day in days:
            newest.setdefault(span(day), day)
        keep.update(list(newest.values())[:count])
    return [backup_name(host, day.isoformat()) for day in days if day not in keep]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
