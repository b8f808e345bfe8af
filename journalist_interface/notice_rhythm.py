"""When a notice goes: on every day, at a moment drawn for that day alone. Judged without I/O.

Rules:
- The draw knows the day and the rhythm, and nothing of the desk: no moment tells whether something came.
- It is drawn once for a day, and kept: a restart moves nothing.
- Hours are UTC: a local time would tell where the charity is, and move twice a year.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from random import SystemRandom

from sqlalchemy import Connection

from journalist_interface.notice_errors import NoticeRefused
from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.desk.settings import Setting, keep_setting, read_setting
from store.errors import Missing

DAY_MINUTES = 24 * 60
LEAST_WINDOW = 30  # minutes: less would be an appointment
_LONGEST = 2_000  # bytes
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")


@dataclass(frozen=True)
class Rhythm:
    """`at` and `within` in minutes: the window begins so long after midnight UTC, and lasts so long.

    `sender` is the address in From, empty for that of whoever gets it. `relay`: "unix:/a/path" or "127.0.0.1:PORT".
    """

    at: int = 6 * 60
    within: int = 120
    sender: str = ""
    relay: str = ""

    @property
    def begins(self) -> str:
        """When the window begins, HH:MM."""
        return f"{self.at // 60:02}:{self.at % 60:02}"

    @property
    def ends(self) -> str:
        """When it ends, HH:MM; 24:00 at the most."""
        return f"{(self.at + self.within) // 60:02}:{(self.at + self.within) % 60:02}"


def read_rhythm(connection: Connection) -> Rhythm:
    """Return the rhythm that was chosen, or the usual one. Raises NoticeRefused if somebody altered it."""
    try:
        fields = read_object(read_setting(connection, Setting.NOTICE_RHYTHM), _LONGEST)
        at = fields.integer("at", DAY_MINUTES)
        within = fields.integer("within", DAY_MINUTES)
        rhythm = Rhythm(at, within, fields.text("sender", 300), fields.text("relay", 300))
        fields.end()
        return checked(rhythm)
    except Missing:
        return Rhythm()
    except Malformed as reason:
        raise NoticeRefused(_("The rhythm of the notice was altered. Choose it anew: notice rhythm.")) from reason


def keep_rhythm(connection: Connection, rhythm: Rhythm) -> None:
    """Have this rhythm hold from tomorrow on, or today if nothing was drawn yet."""
    keep_setting(connection, Setting.NOTICE_RHYTHM, write_object(asdict(checked(rhythm))))


def checked(rhythm: Rhythm) -> Rhythm:
    """Return a rhythm whose window lies within a day. Raises NoticeRefused."""
    if rhythm.within < LEAST_WINDOW:
        raise NoticeRefused(_("A window has {least} minutes at least.").format(least=LEAST_WINDOW))
    if rhythm.at + rhythm.within > DAY_MINUTES:
        raise NoticeRefused(_("The window must end by midnight UTC, or a notice would be of the day after."))
    return rhythm


def read_clock(typed: str) -> int:
    """Return the minutes after midnight of HH:MM. Raises NoticeRefused."""
    found = _CLOCK.match(typed)
    if not found:
        raise NoticeRefused(_("“{typed}” is not a time such as 06:30.").format(typed=typed))
    return int(found[1]) * 60 + int(found[2])


def draw_due(day: str, rhythm: Rhythm) -> int:
    """Return a moment in the day's window, in Unix seconds, that nobody can know before."""
    midnight = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    return midnight + rhythm.at * 60 + SystemRandom().randrange(rhythm.within * 60)
