"""Stamps: what changed since somebody looked, for the lists that are kept in memory while they work.

One counter for all cases, which never goes back: not when a clearance is withdrawn, nor when a case is destroyed. Every
clearance carries the value that it had when anything in its case's row changed, or the copy of the key itself did.
"""

from sqlalchemy import Connection, update

from store.desk.case_tables import clearances, stamps

_ONLY = 1


def next_stamp(connection: Connection) -> int:
    """Count up, and return the value."""
    counting = update(stamps).where(stamps.c.id == _ONLY).values(last=stamps.c.last + 1).returning(stamps.c.last)
    return int(connection.execute(counting).scalar_one())


def stamp_case(connection: Connection, case_id: str) -> None:
    """Note, for everybody who is cleared, that something in the case's row changed."""
    changed = update(clearances).where(clearances.c.case_id == case_id)
    connection.execute(changed.values(stamp=next_stamp(connection)))
