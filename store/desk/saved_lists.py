"""The lists that reviewers saved for themselves: for each account one sealed row, or none. How many stand in it, and
what they say, only their owner can read."""

from sqlalchemy import Connection, delete, insert, select

from keys.ciphertext import Ciphertext
from store.desk.account_tables import saved_lists


def read_saved(connection: Connection, username: str) -> Ciphertext | None:
    """Return what this reviewer saved, sealed; None if they never did."""
    sealed = connection.execute(select(saved_lists.c.sealed).where(saved_lists.c.username == username)).scalar()
    return None if sealed is None else Ciphertext(sealed)


def put_saved(connection: Connection, username: str, sealed: Ciphertext) -> None:
    """Keep it, over what was kept before."""
    connection.execute(delete(saved_lists).where(saved_lists.c.username == username))
    connection.execute(insert(saved_lists).values(username=username, sealed=sealed))
