"""Sessions of reviewers: rows that only the browser's cookie opens (keys.session_seal)."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.tables import sessions
from store.errors import Missing


@dataclass(frozen=True)
class SessionRow:
    """One session: whose it is, what is sealed in it, and when (Unix seconds) it was last used."""

    username: str
    sealed: Ciphertext = field(repr=False)
    last_used: int


def add_session(connection: Connection, lookup_hash: bytes, row: SessionRow) -> None:
    """Keep a new session."""
    connection.execute(
        insert(sessions).values(
            lookup_hash=lookup_hash, username=row.username, sealed=row.sealed, last_used=row.last_used
        )
    )


def find_session(connection: Connection, lookup_hash: bytes, used_since: int) -> SessionRow:
    """Return the session if it was used at or after `used_since`. Raises Missing."""
    found = connection.execute(
        select(sessions.c.username, sessions.c.sealed, sessions.c.last_used).where(
            sessions.c.lookup_hash == lookup_hash, sessions.c.last_used >= used_since
        )
    ).first()
    if found is None:
        raise Missing("no such session, or it idled out")
    return SessionRow(*found)


def touch_session(connection: Connection, lookup_hash: bytes, now: int) -> None:
    """Note that the session is in use."""
    connection.execute(update(sessions).where(sessions.c.lookup_hash == lookup_hash).values(last_used=now))


def end_session(connection: Connection, lookup_hash: bytes) -> None:
    """Erase the session; one that is gone already is no error."""
    connection.execute(delete(sessions).where(sessions.c.lookup_hash == lookup_hash))


def end_idle_sessions(connection: Connection, used_before: int) -> None:
    """Erase every session last used before that second."""
    connection.execute(delete(sessions).where(sessions.c.last_used < used_before))
