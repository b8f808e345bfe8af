"""How backups are called, and which old ones are kept.

Of the desk, those of the last seven days, four weeks and six months that have one: a mistake may be seen late.
Of the source host, seven days: what it holds has been collected by then, and what a source took back must not stay.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date

from keys.backup_head import HostKind

DAYS_KEPT, WEEKS_KEPT, MONTHS_KEPT = 7, 4, 6
_SPANS_KEPT = {HostKind.DROP: (DAYS_KEPT, 0, 0), HostKind.DESK: (DAYS_KEPT, WEEKS_KEPT, MONTHS_KEPT)}


def backup_name(host: HostKind, day: str) -> str:
    """Return the name of the backup of a day, YYYY-MM-DD."""
    return f"{host.value}-{day}.backup"


def too_old(host: HostKind, names: Iterable[str]) -> list[str]:
    """Return those of the names of this host's backups that need not be kept; every other name is left alone.

    Of each of the last days, weeks (ISO 8601) and months that have a backup the newest is kept. Days without one do not
    count: a host that was off for a month has not lost its backups by it.
    """
    days = sorted((day for name in names if (day := day_of(host, name))), reverse=True)
    keep: set[date] = set()
    spans: tuple[Callable[[date], tuple[int, ...]], ...] = (
        lambda day: (day.toordinal(),),
        lambda day: tuple(day.isocalendar())[:2],
        lambda day: (day.year, day.month),
    )
    for count, span in zip(_SPANS_KEPT[host], spans, strict=True):
        newest: dict[tuple[int, ...], date] = {}
        for day in days:
            newest.setdefault(span(day), day)
        keep.update(list(newest.values())[:count])
    return [backup_name(host, day.isoformat()) for day in days if day not in keep]


def day_of(host: HostKind, name: str) -> date | None:
    """Return the day that is in the name of a backup of this kind of host; None if this is no such name."""
    found = re.fullmatch(rf"{re.escape(host.value)}-(\d{{4}}-\d\d-\d\d)\.backup", name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
