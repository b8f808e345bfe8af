"""How long a key can still be used: for both `check`s, which ask the keys and the clock."""

from datetime import UTC, datetime
from gettext import gettext as _

from store.findings import Finding

WEEKS_AHEAD = 8  # a new key has to reach every host, and the reviewers have to be there to make it
_WEEK = 7 * 24 * 60 * 60


def judge_expiry(last_moment: int | None, now: float) -> Finding:
    """Judge the intake key, which seals letters until `last_moment`. Both in seconds since 1970; None for ever."""
    name = "intake-key-expiry"
    if last_moment is None:
        return Finding(_("The intake key never expires."), sound=True, name=name)
    weeks = int((last_moment - now) // _WEEK)
    said = _("The intake key expires on {day} (in {weeks} weeks).").format(
        day=datetime.fromtimestamp(last_moment, UTC).date(), weeks=weeks
    )
    return Finding(
        said,
        sound=True,
        warns=weeks < WEEKS_AHEAD,
        name=name,
        why=_("From that day on nobody can send anything."),
        how=_("Prolong it on the reviewer host in good time, and bring the public half to the source host."),
    )
