"""How old the last checkpoint of the trail is: what happened since then can be cut off without a trace.

The trail can say only that one was made, not that anybody took it away: the sentence asks for both.
"""

from sqlalchemy import Connection

from serving.language import gettext as _
from serving.language import ngettext
from store.desk.audit import Act
from store.desk.audit_reading import Wanted, read_trail
from store.findings import Finding

CHECKPOINT_DAYS = 7
_DAY_SECONDS = 86_400


def checkpoint_warning(connection: Connection, now: int) -> str:
    """Return a sentence if no checkpoint was made for a week, else an empty text. `now` in Unix seconds.

    Raises TrailBroken if the record of it cannot be read.
    """
    last = next(read_trail(connection, Wanted(act=Act.CHECKPOINT.value, last=1)), None)
    if last is None:
        said = _("No checkpoint of the audit trail was ever made.")
    else:
        days = (now - last.record.at) // _DAY_SECONDS
        if days < CHECKPOINT_DAYS:
            return ""
        said = ngettext(
            "The last checkpoint of the audit trail was made {n} day ago.",
            "The last checkpoint of the audit trail was made {n} days ago.",
            days,
        ).format(n=days)
    ask = _(
        "What no checkpoint covers could be cut off unseen. Have the administrator make one (candour-desk audit "
        "checkpoint), and keep it away from this host."
    )
    return f"{said} {ask}"


def look_at_checkpoints(connection: Connection, now: int) -> list[Finding]:
    """Return that warning for a check. Raises TrailBroken."""
    warning = checkpoint_warning(connection, now)
    return [Finding(warning, sound=True, warns=True)] if warning else []
