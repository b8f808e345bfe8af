"""How old a key or token is that is changed once a year: for both `check`s. The day is the finest time there is."""

from datetime import date
from gettext import gettext as _

from store.findings import Finding

YEAR_DAYS = 365


def judge_age(named: str, what: str, since: str | None, today: str, how: str) -> Finding:
    """Judge something that is from the day `since`; None: nobody noted from when. Days are YYYY-MM-DD.

    `named` says to machines what it is, `what` to people, `how` is the command that makes a new one.
    """
    why = _("Whoever got hold of it unseen can use it until it is changed.")
    if since is None:
        said = _("{what}: nobody noted from when it is. Change it once.").format(what=what)
        return Finding(said, sound=True, warns=True, name=named, why=why, how=how)
    said = _("{what} is from {month}.").format(what=what, month=since[:7])
    if (date.fromisoformat(today) - date.fromisoformat(since)).days < YEAR_DAYS:
        return Finding(said, sound=True, name=named)
    said = _("{what} is from {month}: change it once a year.").format(what=what, month=since[:7])
    return Finding(said, sound=True, warns=True, name=named, why=why, how=how)
