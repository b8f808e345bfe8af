"""Days as people say them: 23 November 2026."""

from datetime import date

from serving.language import gettext as _


def plain_day(day: str) -> str:
    """Return a day given as YYYY-MM-DD in plain words. Raises ValueError if it is no day."""
    found = date.fromisoformat(day)
    months = (
        _("January"),
        _("February"),
        _("March"),
        _("April"),
        _("May"),
        _("June"),
        _("July"),
        _("August"),
        _("September"),
        _("October"),
        _("November"),
        _("December"),
    )
    return _("{day} {month} {year}").format(day=found.day, month=months[found.month - 1], year=found.year)
