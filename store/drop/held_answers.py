"""Answers that are held back from their sources, because it is not certain that the charity wrote them.

Rules:
- Which answers came when is told by this host's own day (what is remembered of deliveries), never by the day that
  stands in an answer: whoever had the desk chose that.
- Held back, an answer and its files lie here as before, for as long as it takes; their source is not shown them, nor
  given a file. Released, the files' time begins anew.
- Taken away, it is erased with its files, and never comes back, as one that was withdrawn.
"""

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from store.database import Database
from store.drop.collection import DELIVERIES_KEPT_DAYS
from store.drop.days import days_before
from store.drop.reply_files import count_from, erase_files_of
from store.drop.tables import deliveries, replies, reply_files


def hold_since(database: Database, day: str, today: str) -> int:
    """Hold every answer back that came on this day or later; return how many are held back in all. Days: YYYY-MM-DD."""
    remembered = exists().where(deliveries.c.id == replies.c.id)
    came = remembered.where(deliveries.c.day >= day)
    # Of what came so long ago that nobody remembers when.
    chosen = came if day >= days_before(today, DELIVERIES_KEPT_DAYS) else or_(came, ~remembered)
    # The ballast makes way: nobody must be shown a thief's words for want of room.
    with database.erasing() as connection:
        connection.execute(update(replies).where(chosen).values(held=True))
        _drop_unclaimed_files(connection)
    return count_held(database)


def release_held(database: Database, today: str) -> int:
    """Show the sources what was held back from them; return how many answers that are. Their files are kept from
    `today` on, as long as those of an answer that comes today."""
    with database.erasing() as connection:
        for reply in connection.execute(select(replies.c.id).where(replies.c.held)).scalars().all():
            count_from(connection, reply, today)
        return int(connection.execute(update(replies).where(replies.c.held).values(held=False)).rowcount)


def remove_held(database: Database) -> int:
    """Erase every answer that is held back, note its files as going, and return how many answers that were."""
    with database.erasing() as connection:
        found = connection.execute(select(replies.c.id, replies.c.lookup_id).where(replies.c.held)).all()
        for reply, lookup_id in found:
            erase_files_of(connection, lookup_id, reply)
        connection.execute(delete(replies).where(replies.c.held))
    return len(found)


def count_held(database: Database) -> int:
    """Return how many answers are held back."""
    with database.reading() as connection:
        held = select(func.count()).select_from(replies).where(replies.c.held)
        return int(connection.execute(held).scalar_one())


def _drop_unclaimed_files(connection: Connection) -> None:
    """Note every file as going that was brought for an answer which has not come: it is nobody's."""
    come = exists().where(replies.c.id == reply_files.c.reply)
    for reply, lookup_id in connection.execute(select(reply_files.c.reply, reply_files.c.lookup_id).where(~come)).all():
        erase_files_of(connection, lookup_id, reply)
