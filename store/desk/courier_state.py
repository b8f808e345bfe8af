"""What the courier is doing, what room it found at the source host, and the desk's wish that it go now.

One row; times in Unix seconds.

The courier beats its heart while it runs or waits for its next run. The desk believes the heart, not the last word: a
courier that was killed in the middle says "running" for ever.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from gettext import gettext as _

from sqlalchemy import Connection, insert, select, update

from store.desk.post_tables import courier

_ROW = 1
# The courier beats every few seconds, but not while it waits for Tor to open a road, which may take 135 s.
ALIVE_SECONDS = 180
# By hand or by a timer the courier may come and go; after a day people should know that no post arrives.
SILENT_SECONDS = 24 * 60 * 60


class Doing(StrEnum):
    """What the courier did last, in its own words."""

    NEVER = "never"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class SourceRoom(StrEnum):
    """What the source host said sources can send, in the words of the protocol; UNKNOWN if it does not say."""

    FILES_AND_TEXT = "files and text"
    TEXT_ONLY = "text only"
    NOTHING = "nothing"
    UNKNOWN = "unknown"

    def warning(self) -> str | None:
        """Return a sentence if sources cannot send everything, else None."""
        if self is SourceRoom.TEXT_ONLY:
            return _(
                "The source host has no room for files. Sources are told so and can send text. Ask the administrator "
                "to make room on its disk."
            )
        if self is SourceRoom.NOTHING:
            return _(
                "The source host has no room at all. Sources can send nothing and are told to come back tomorrow. "
                "Collect now; if that does not help, the administrator must make room on its disk."
            )
        return None


class SourceTor(StrEnum):
    """How the source host's Tor is, in the words of the protocol; UNKNOWN if nobody asked or it does not say."""

    WELL = "well"
    FLOODED = "flooded"
    CLOCK_WRONG = "clock wrong"
    UNDEFENDED = "undefended"
    NOT_PUBLISHED = "not published"
    NOT_CONNECTED = "not connected"
    NOT_WATCHED = "not watched"
    UNKNOWN = "unknown"

    def warning(self) -> str | None:
        """Return a sentence if sources may not get through, else None."""
        match self:
            case SourceTor.FLOODED:
                return _("Many knock at the site at once, so each visitor's Tor does work first. Sources still get in.")
            case SourceTor.CLOCK_WRONG:
                return _("The source host's clock is wrong. Ask the administrator to set it right.")
            case SourceTor.UNDEFENDED:
                return _(
                    "The site asks no work of whoever floods it: sources may not get through. Ask the administrator."
                )
            case SourceTor.NOT_PUBLISHED:
                return _("Sources may not find the site: Tor has not published its address. Ask the administrator.")
            case SourceTor.NOT_CONNECTED:
                return _("The source host's Tor has no network: sources may not get through. Ask the administrator.")
            case SourceTor.NOT_WATCHED:
                return _("Nobody watches Tor on the source host. Ask the administrator to look at it.")
        return None


@dataclass(frozen=True)
class CourierState:
    """What is known of the courier. `sentence` is for people; `finished_at` is the end of its last run.

    `next_at` is when one that stays means to go again; None: nobody knows.
    """

    wanted: bool
    heartbeat: int
    doing: Doing
    finished_at: int | None
    sentence: str
    source_room: SourceRoom = SourceRoom.UNKNOWN
    next_at: int | None = None
    source_tor: SourceTor = SourceTor.UNKNOWN

    def is_alive(self, now: int) -> bool:
        """Tell whether a courier is there that would see a wish at once."""
        return now - self.heartbeat < ALIVE_SECONDS

    def is_running(self, now: int) -> bool:
        """Tell whether a collection goes on at this moment."""
        return self.doing is Doing.RUNNING and self.is_alive(now)

    def warning(self, now: int) -> str | None:
        """Return a sentence if no post can be arriving, else None."""
        if self.doing is Doing.NEVER:
            return _("The courier has never run, so no reports can arrive. Start it with: candour-desk collect")
        if now - self.heartbeat >= SILENT_SECONDS:
            since = datetime.fromtimestamp(self.heartbeat, UTC).strftime("%Y-%m-%d %H:%M")
            return _("The courier has not run since {when} UTC, so no reports have arrived since then.").format(
                when=since
            )
        if self.doing is Doing.RUNNING and not self.is_alive(now):
            return _("The courier stopped in the middle of a collection. Nothing is lost; the next run finishes it.")
        return None


_NEVER = CourierState(wanted=False, heartbeat=0, doing=Doing.NEVER, finished_at=None, sentence="")


def read_courier(connection: Connection) -> CourierState:
    """Return what the courier is doing."""
    row = connection.execute(select(courier).where(courier.c.id == _ROW)).one_or_none()
    if row is None:
        return _NEVER
    found = Doing(row.state), row.finished_at, row.sentence, SourceRoom(row.source_room)
    return CourierState(row.wanted, row.heartbeat, *found, row.next_at, SourceTor(row.source_tor))


def ask_for_collection(connection: Connection) -> None:
    """Wish that the courier go now (the desk's button)."""
    _change(connection, wanted=True)


def beat(connection: Connection, now: int) -> None:
    """Say that the courier is there."""
    _change(connection, heartbeat=now)


def say_started(connection: Connection, now: int) -> None:
    """Say that a run begins; it fulfils the wish. A wish made from now on is for the run after it."""
    _change(connection, wanted=False, heartbeat=now, state=Doing.RUNNING.value, next_at=None)


def say_finished(connection: Connection, now: int, doing: Doing, sentence: str) -> None:
    """Say how a run ended: `doing` is DONE or FAILED, `sentence` is for people."""
    _change(connection, heartbeat=now, state=doing.value, finished_at=now, sentence=sentence)


def say_next(connection: Connection, next_at: int) -> None:
    """Say when the run after this one is meant to begin, unless the desk wishes for it earlier."""
    _change(connection, next_at=next_at)


def note_source_room(connection: Connection, room: SourceRoom) -> None:
    """Note what the source host said at the end of a run; the next run's word takes its place."""
    _change(connection, source_room=room.value)


def note_source_tor(connection: Connection, tor: SourceTor) -> None:
    """Note how the source host's Tor is; the next run's word takes its place."""
    _change(connection, source_tor=tor.value)


def _change(connection: Connection, **values: bool | int | str | None) -> None:
    if not connection.execute(update(courier).where(courier.c.id == _ROW).values(**values)).rowcount:
        row = {"wanted": False, "heartbeat": 0, "state": Doing.NEVER.value, "sentence": "", **values}
        connection.execute(insert(courier).values(id=_ROW, **row))
