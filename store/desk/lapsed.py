"""Clearances of a key that was lost: who could read what, so that a colleague who still can may let them in again."""

from sqlalchemy import Connection, delete, insert, select

from store.desk.case_tables import clearances, lapsed_clearances


def lapse_clearances(connection: Connection, username: str, now: int) -> None:
    """Take away everything somebody is cleared for, for their key is lost (Unix seconds), and remember what it was."""
    held = select(clearances.c.case_id).where(clearances.c.holder == username)
    remembered = lapsed_cases(connection, username)
    for case_id in connection.execute(held).scalars().all():
        if case_id not in remembered:
            values = {"case_id": case_id, "username": username, "lapsed_at": now}
            connection.execute(insert(lapsed_clearances).values(values))
    connection.execute(delete(clearances).where(clearances.c.holder == username))


def lapsed_of(connection: Connection, case_id: str) -> dict[str, int]:
    """Return who could read a case until their key was lost, and when that was. Ask only for somebody who can."""
    query = select(lapsed_clearances.c.username, lapsed_clearances.c.lapsed_at)
    rows = connection.execute(query.where(lapsed_clearances.c.case_id == case_id).order_by("username"))
    return {row.username: row.lapsed_at for row in rows}


def forget_lapsed(connection: Connection, case_id: str, username: str) -> None:
    """Forget that somebody could read a case: they can again, or are to be kept out."""
    connection.execute(
        delete(lapsed_clearances).where(
            lapsed_clearances.c.case_id == case_id, lapsed_clearances.c.username == username
        )
    )


def lapsed_cases(connection: Connection, username: str) -> set[str]:
    """Return the ids of the cases that somebody could read until their key was lost. For recovery."""
    query = select(lapsed_clearances.c.case_id).where(lapsed_clearances.c.username == username)
    return set(connection.execute(query).scalars())
