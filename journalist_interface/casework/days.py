"""Working days in the United Kingdom: when something is due that may take so many of them.

Bank holidays come from the `holidays` library, which follows gov.uk. England and Wales unless the charity is elsewhere.
"""

from datetime import date, timedelta
from enum import StrEnum
from functools import cache

import holidays

_SATURDAY = 5


class Nation(StrEnum):
    """Whose bank holidays count (ISO 3166-2 without GB-)."""

    ENGLAND_AND_WALES = "ENG"
    SCOTLAND = "SCT"
    NORTHERN_IRELAND = "NIR"


def add_working_days(day: str, count: int, nation: Nation) -> str:
    """Return the day on which `count` working days have passed since `day`, which itself does not count."""
    found = date.fromisoformat(day)
    while count:
        found += timedelta(days=1)
        if is_working_day(found, nation):
            count -= 1
    return found.isoformat()


def add_months(day: str, count: int) -> str:
    """Return the same day of the month `count` months on, or that month's last one if it has no such day."""
    start = date.fromisoformat(day)
    months = start.year * 12 + start.month - 1 + count
    year, month = months // 12, months % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(start.day, (following - timedelta(days=1)).day)).isoformat()


def is_working_day(day: date, nation: Nation) -> bool:
    """Tell whether a day is neither of a weekend nor a bank holiday."""
    return day.weekday() < _SATURDAY and day not in _bank_holidays(nation, day.year)


@cache
def _bank_holidays(nation: Nation, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv=nation.value, years=year))
