"""How a host is, in words out of a few: its disk, its keys, its clock, its backup. For both hosts, each of itself.

Rules:
- Coarse on purpose. A word follows no letter, no visit and no reply; the disk's alone follows what is stored, in three
  steps that lie gigabytes apart.
- What nobody has looked at is not well: it is not known, or, once it was, too old. A watch that never ran is to be seen
  to: otherwise nobody would ever miss it.
- Judged from plain values: nothing is opened here, and no clock is asked.
"""

from datetime import date
from enum import StrEnum

from store.expiry import WEEKS_AHEAD

MOST_DAYS = 1  # of a figure: it is looked at each day, and yesterday's still tells
_BACKUP_DAYS = 3  # a backup is made each night; one that failed is no alarm, three are
_DAY = 24 * 60 * 60
_ROOMY = 2 * 1024**3  # bytes: a large report, with its copies while it is sealed
_LOW = 256 * 1024**2


class Thing(StrEnum):
    """What is looked at."""

    COLLECTION = "collection"
    COLLECTED = "collected"  # seen on the day of the last one that came to its end
    DISK = "disk"
    KEY = "key"
    CLOCK = "clock"
    TOR = "tor"
    POSTURE = "posture"
    BACKUP = "backup"
    UPDATES = "updates"
    NOTICE = "notice"


class Grade(StrEnum):
    """How it is. `LOOK`: it holds for now, and somebody should see to it."""

    WELL = "well"
    UNKNOWN = "unknown"
    LOOK = "look"
    BAD = "bad"


UNKNOWN = "unknown"
# Said of the notice: of a host on which the watch never ran nobody knows anything else either.
NOT_WATCHED = "not watched"
# Every word of each thing, and what it means.
WORDS: dict[Thing, dict[str, Grade]] = {
    Thing.COLLECTION: {"done": Grade.WELL, "never": Grade.LOOK, "failed": Grade.BAD},
    Thing.COLLECTED: {"done": Grade.WELL},
    Thing.DISK: {"roomy": Grade.WELL, "low": Grade.LOOK, "full": Grade.BAD},
    Thing.KEY: {"lasts": Grade.WELL, "ends soon": Grade.LOOK, "unusable": Grade.BAD},
    Thing.CLOCK: {"right": Grade.WELL, UNKNOWN: Grade.UNKNOWN, "wrong": Grade.BAD},
    Thing.TOR: {
        "well": Grade.WELL,
        "none": Grade.UNKNOWN,
        UNKNOWN: Grade.UNKNOWN,
        "flooded": Grade.LOOK,
        **dict.fromkeys(("undefended", "clock wrong", "not published", "not connected", "not watched"), Grade.BAD),
    },
    Thing.POSTURE: {
        "right": Grade.WELL,
        UNKNOWN: Grade.UNKNOWN,
        "warnings": Grade.LOOK,
        "faults": Grade.BAD,
        "old": Grade.BAD,
    },
    Thing.BACKUP: {"fresh": Grade.WELL, "never": Grade.LOOK, "old": Grade.BAD},
    Thing.UPDATES: {"none": Grade.WELL, UNKNOWN: Grade.UNKNOWN, "waiting": Grade.LOOK, "old": Grade.BAD},
    Thing.NOTICE: {
        "sent": Grade.WELL,
        "nobody": Grade.LOOK,
        NOT_WATCHED: Grade.LOOK,
        "due": Grade.WELL,
        "failed": Grade.BAD,
    },
}
# What a source host says of itself through the door. Its Tor has a verb of its own; of collections the courier knows.
OF_SOURCE = (Thing.DISK, Thing.KEY, Thing.CLOCK, Thing.POSTURE, Thing.BACKUP, Thing.UPDATES)


def grade_of(thing: Thing, word: str) -> Grade:
    """Return what a word means; one that we do not know means nothing."""
    return WORDS[thing].get(word, Grade.UNKNOWN)


def disk_word(free: int) -> str:
    """Return the word for so many bytes free."""
    if free >= _ROOMY:
        return "roomy"
    return "low" if free >= _LOW else "full"


def key_word(last_moment: int | None, now: int) -> str:
    """Return the word for a key that can be used until `last_moment` (Unix seconds; None: for ever)."""
    days = days_left(last_moment, now)
    if days is None:
        return "lasts"
    if days < 0:
        return "unusable"
    return "ends soon" if days < WEEKS_AHEAD * 7 else "lasts"


def days_left(last_moment: int | None, now: int) -> int | None:
    """Return how many whole days a key can still be used, negative when it is over; None: for ever."""
    return None if last_moment is None else (last_moment - now) // _DAY


def backup_word(day: str, today: str) -> str:
    """Return the word for the day of the last backup, empty if there was none."""
    if not day:
        return "never"
    return "fresh" if 0 <= days_between(day, today) <= _BACKUP_DAYS else "old"


def days_between(day: str, today: str) -> int:
    """Return how many days `day` lies before `today`; a day that is none lies a long time ago."""
    try:
        return (date.fromisoformat(today) - date.fromisoformat(day)).days
    except ValueError:
        return 9_999


def is_old(seen: str, today: str) -> bool:
    """Tell whether a figure of that day tells nothing of today. One of tomorrow: a clock was set."""
    return abs(days_between(seen, today)) > MOST_DAYS
