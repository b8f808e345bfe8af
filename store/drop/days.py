"""Days, the finest time of a source host: texts that sort as the days do."""

from datetime import date, timedelta


def days_before(today: str, days: int) -> str:
    """Return the day that many days before `today`, both YYYY-MM-DD; such texts sort as the days do."""
    return (date.fromisoformat(today) - timedelta(days=days)).isoformat()
