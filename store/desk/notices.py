"""Who gets the daily notice, when it is due, and what became of it.

A day is noted as tried *before* a message may leave, and as sent after: a process that dies between the two leaves a
day of which nobody knows, and never a second message.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from store.desk.watch_tables import notice_draw, notice_recipients
from store.errors import AlreadyThere, Missing

_ROW = 1


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the notice: by mail at `address`, or in a file in `folder`; one of the two is empty."""

    name: str
    address: str
    folder: str
    key: bytes = field(repr=False)
    added: str = ""
    tried: str = ""
    sent: str = ""
    problem: str = ""


def add_recipient(connection: Connection, recipient: Recipient) -> None:
    """Keep a new recipient. Raises AlreadyThere for a name that somebody has."""
    if any(each.name == recipient.name for each in list_recipients(connection)):
        raise AlreadyThere("there is a recipient of this name")
    connection.execute(insert(notice_recipients).values(**vars(recipient)))


def remove_recipient(connection: Connection, name: str) -> None:
    """Forget a recipient. Raises Missing."""
    if not connection.execute(delete(notice_recipients).where(notice_recipients.c.name == name)).rowcount:
        raise Missing("no such recipient")


def list_recipients(connection: Connection) -> tuple[Recipient, ...]:
    """Return all of them, by name."""
    rows = connection.execute(select(notice_recipients).order_by(notice_recipients.c.name))
    return tuple(Recipient(**{**row._mapping, "key": bytes(row.key)}) for row in rows)


def claim(connection: Connection, name: str, day: str) -> bool:
    """Note that this day's message may leave from now on; tell whether it was for the caller to send.

    Of two that ask at once, one is told so; and after a crash nobody is, until the next day.
    """
    mine = update(notice_recipients).where(notice_recipients.c.name == name, notice_recipients.c.tried != day)
    return bool(connection.execute(mine.values(tried=day)).rowcount)


def say_sent(connection: Connection, name: str, day: str) -> None:
    """Note that it was taken."""
    _change(connection, name, sent=day, problem="")


def give_back(connection: Connection, name: str, problem: str) -> None:
    """Note that it certainly did not leave, and why: it may be tried again today. For who claimed the day alone."""
    _change(connection, name, tried="", problem=problem)


def say_unready(connection: Connection, name: str, day: str, problem: str) -> None:
    """Note why a day's message could not be made; if that day was claimed by somebody, theirs counts, and nothing is.

    Giving the day back would have it go twice.
    """
    of_them = (notice_recipients.c.name == name, notice_recipients.c.tried != day)
    connection.execute(update(notice_recipients).where(*of_them).values(problem=problem))


def say_uncertain(connection: Connection, name: str, problem: str) -> None:
    """Note that nobody knows whether it left: it is not tried again today."""
    _change(connection, name, problem=problem)


def read_draw(connection: Connection) -> tuple[str, int] | None:
    """Return the day that was drawn for last, and when its notice is due (Unix seconds)."""
    row = connection.execute(select(notice_draw).where(notice_draw.c.id == _ROW)).one_or_none()
    return None if row is None else (row.day, row.due_at)


def keep_draw(connection: Connection, day: str, due_at: int) -> None:
    """Keep when a day's notice is due."""
    connection.execute(delete(notice_draw))
    connection.execute(insert(notice_draw).values(id=_ROW, day=day, due_at=due_at))


def hold_for(connection: Connection, day: str) -> None:
    """Have nothing leave on this day, and draw anew: of a restored desk nobody knows what has gone on it already."""
    connection.execute(update(notice_recipients).values(tried=day))
    connection.execute(delete(notice_draw))


def _change(connection: Connection, name: str, **values: str) -> None:
    connection.execute(update(notice_recipients).where(notice_recipients.c.name == name).values(**values))
