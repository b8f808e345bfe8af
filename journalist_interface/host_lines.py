"""How both hosts are, line by line, as the courier heard it and as the watch saw it: judged from what was noted.

What is too old is bad, whatever it said: that nobody looks any more is what a silent failure looks like.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from store.desk.courier_state import CourierState, read_courier
from store.desk.health import DESK, SOURCE, Seen, read_health
from store.host_health import NOT_WATCHED, UNKNOWN, Grade, Thing, grade_of, is_old

_BOTH = (Thing.DISK, Thing.KEY, Thing.CLOCK, Thing.TOR, Thing.POSTURE, Thing.BACKUP, Thing.UPDATES)
OF_HOST = {SOURCE: (Thing.COLLECTION, *_BOTH), DESK: (*_BOTH, Thing.NOTICE)}


@dataclass(frozen=True)
class HostLine:
    """One thing of a host. `since` and `seen` are days, empty if nobody ever looked; `is_stale`: that is too old."""

    thing: Thing
    word: str
    grade: Grade
    since: str = ""
    seen: str = ""
    is_stale: bool = False


@dataclass(frozen=True)
class HostPanel:
    """One host: SOURCE or DESK, and its lines."""

    host: str
    lines: tuple[HostLine, ...]

    def of(self, grade: Grade) -> tuple[HostLine, ...]:
        """Return its lines of this grade."""
        return tuple(line for line in self.lines if line.grade is grade)


def look_at_hosts(connection: Connection, today: str, now: int) -> tuple[HostPanel, HostPanel]:
    """Return the source host and this one. `now` in Unix seconds."""
    source = read_health(connection, SOURCE)
    courier = read_courier(connection)
    of_source = tuple(
        _collection(source, courier, today, now)
        if thing is Thing.COLLECTION
        else judge(thing, source.get(thing), today)
        for thing in OF_HOST[SOURCE]
    )
    desk = read_health(connection, DESK)
    of_desk = tuple(judge(thing, desk.get(thing), today) for thing in OF_HOST[DESK])
    return HostPanel(SOURCE, of_source), HostPanel(DESK, of_desk)


def judge(thing: Thing, seen: Seen | None, today: str) -> HostLine:
    """Return one thing as it is to be shown today."""
    if seen is None:
        word = NOT_WATCHED if thing is Thing.NOTICE else UNKNOWN
        return HostLine(thing, word, grade_of(thing, word))
    if is_old(seen.seen, today):
        return HostLine(thing, seen.word, Grade.BAD, seen.since, seen.seen, is_stale=True)
    return HostLine(thing, seen.word, grade_of(thing, seen.word), seen.since, seen.seen)


def count_bad(panels: Iterable[HostPanel]) -> int:
    """Return how many lines are bad."""
    return sum(len(panel.of(Grade.BAD)) for panel in panels)


def collected_on(connection: Connection) -> str:
    """Return the day of the last collection that came to its end; empty if none did."""
    found = read_health(connection, SOURCE).get(Thing.COLLECTED)
    return found.seen if found else ""


def _collection(source: Mapping[Thing, Seen], courier: CourierState, today: str, now: int) -> HostLine:
    seen = source.get(Thing.COLLECTION)
    if seen is None:
        return HostLine(Thing.COLLECTION, "never", Grade.LOOK)
    line = judge(Thing.COLLECTION, seen, today)
    # The courier's own heart tells sooner than a day does.
    if line.grade is Grade.WELL and courier.warning(now):
        return HostLine(Thing.COLLECTION, seen.word, Grade.BAD, seen.since, seen.seen, is_stale=True)
    return line
