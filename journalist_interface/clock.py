"""What day and second it is, for what reviewers do."""

import time
from datetime import UTC, date, datetime


def now() -> int:
    """Return the time in Unix seconds."""
    return int(time.time())


def day_or_today(untrusted: str) -> str:
    """Return a day of the calendar, YYYY-MM-DD; today for what is none: somebody wrote it into the database by hand."""
    try:
        return date.fromisoformat(untrusted).isoformat()
    except ValueError:
        return today()


def today() -> str:
    """Return the day in UTC, YYYY-MM-DD."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def day_of(moment: int) -> str:
    """Return the day in UTC, YYYY-MM-DD, of a time in Unix seconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
