"""What day and second it is, for what reviewers do."""

import time
from datetime import UTC, datetime


def now() -> int:
    """Return the time in Unix seconds."""
    return int(time.time())


def today() -> str:
    """Return the day in UTC, YYYY-MM-DD."""
    return datetime.now(UTC).strftime("%Y-%m-%d")
