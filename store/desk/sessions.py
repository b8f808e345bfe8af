"""Sessions of reviewers: rows that only the browser's cookie opens (keys.session_seal)."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, or_, select, update

from keys.ciphertext import Ciphertext
from store.desk.account_tables import sessions
from store.errors import Missing


@dataclass(frozen=True)
class SessionRow:
    """One session: whose it is, what is sealed in it, when (Unix seconds) it was last used and when it began."""

    username: str
    sealed: Ciphertext = field(repr=False)
    last_used: int
    begun_at: int


@dataclass(frozen=True)
class SessionLife:
    """Since when (Unix seconds) a session must have been used, and have begun, to be alive."""

    used_since: int
    begun_since: int


@dataclass(frozen=True)
class ListedSession:
    """A session as its owner sees it listed. `lookup_hash` opens nothing."""

    lookup_hash: bytes = field(repr=False)
    begun_at: int
    last_used: int


def add_session(connection: Connection, lookup_hash: bytes, row: SessionRow) -> None:
    """Keep a new session."""
    connection.execute(
        insert(sessions).values(
            lookup_hash=lookup_hash,
            username=row.username,
            sealed=row.sealed,
            last_used=row.last_used,
            begun_at=row.begun_at,
        )
    )


def find_session(connection: Connection, lookup_hash: bytes, alive: SessionLife) -> SessionRow:
    """Return the session if it is alive. Raises Missing."""
    found = connection.execute(
        select(sessions.c.username, sessions.c.sealed, sessions.c.last_used, sessions.c.begun_at).where(
            sessions.c.lookup_hash == lookup_hash,
            sessions.c.last_used >= alive.used_since,
            sessions.c.begun_at >= alive.begun_since,
        )
    ).first()
    if found is None:
        raise Missing("no such session, or it is over")
    return SessionRow(*found)


def list_sessions(connection: Connection, username: str, alive: SessionLife) -> list[ListedSession]:
    """Return somebody's sessions that are alive, the newest first."""
    rows = connection.execute(
        select(sessions.c.lookup_hash, sessions.c.begun_at, sessions.c.last_used)
        .where(
            sessions.c.username == username,
            sessions.c.last_used >= alive.used_since,
            sessions.c.begun_at >= alive.begun_since,
        )
        .order_by(sessions.c.begun_at.desc(), sessions.c.lookup_hash)
    )
    return [ListedSession(*row) for row in rows]


def touch_session(connection: Connection, lookup_hash: bytes, now: int) -> None:
    """Note that the session is in use."""
    connection.execute(update(sessions).where(sessions.c.lookup_hash == lookup_hash).values(last_used=now))


def end_session(connection: Connection, username: str, lookup_hash: bytes) -> bool:
    """Erase one of somebody's sessions; tell whether it was there."""
    ended = connection.execute(
        delete(sessions).where(sessions.c.lookup_hash == lookup_hash, sessions.c.username == username)
    )
    return ended.rowcount > 0


def end_other_sessions(connection: Connection, username: str, lookup_hash: bytes) -> None:
    """Erase all of somebody's sessions but this one."""
    connection.execute(delete(sessions).where(sessions.c.username == username, sessions.c.lookup_hash != lookup_hash))


def end_all_sessions(connection: Connection, username: str) -> None:
    """Erase every session of somebody."""
    connection.execute(delete(sessions).where(sessions.c.username == username))


def end_dead_sessions(connection: Connection, alive: SessionLife) -> list[str]:
    """Erase every session that is over; return whose they were, a name for each, the one that began first first."""
    over = or_(sessions.c.last_used < alive.used_since, sessions.c.begun_at < alive.begun_since)
    owners = connection.execute(
        select(sessions.c.username).where(over).order_by(sessions.c.begun_at, sessions.c.lookup_hash)
    )
    found = list(owners.scalars())
    connection.execute(delete(sessions).where(over))
    return found
