"""How long a key can still be used, and whether it is time for another: for both `check`s, which ask keys and clock.

The intake key alone expires: it is the only OpenPGP key that stays. The others of a desk (reviewers', recovery key) are
HPKE keys, which know no end; of the recovery key the age is told.
"""

from datetime import UTC, datetime
from gettext import gettext as _

from store.findings import Finding

WEEKS_AHEAD = 8  # a new key has to reach every host, and the reviewers have to be there to make it
MOST_MONTHS = 12  # then another is due, whether anything happened or not: who had it once has it no longer
MOST_RECOVERY_MONTHS = 36  # people who keep a card move away
_WEEK = 7 * 24 * 60 * 60
_MONTH = 365.25 / 12 * 24 * 60 * 60
_MEND = _(
    "candour-desk intake-key renew on the reviewer host, and the statement to the source host: "
    "docs/guide-intake-key.md."
)


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
        how=_MEND,
    )


def judge_age(first_moment: int, now: float) -> Finding:
    """Judge the intake key by its age; `first_moment` is when it was made. Both in seconds since 1970."""
    months = int((now - first_moment) // _MONTH)
    return Finding(
        _("The intake key is {n} months old.").format(n=months),
        sound=True,
        warns=months >= MOST_MONTHS,
        name="intake-key-age",
        why=_("Whoever got hold of it unseen reads all that is sealed to it, until there is another."),
        how=_MEND,
    )


def judge_recovery_age(first_moment: int, now: float) -> Finding:
    """Judge the recovery key by the age of its shares. Both in seconds since 1970."""
    months = int((now - first_moment) // _MONTH)
    return Finding(
        _("The shares of the recovery key are {n} months old.").format(n=months),
        sound=True,
        warns=months >= MOST_RECOVERY_MONTHS,
        name="recovery-key-age",
        why=_("Cards are lost, and people who keep them move away: nobody knows until they are needed."),
        how=_("Bring the custodians together: candour-desk recovery-shares verify, and renew if one is missing."),
    )
