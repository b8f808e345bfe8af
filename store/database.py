"""Opening a database: SQLite by default, with every setting that is per connection set on every connection.

- WAL and a busy time-out: readers never wait for a writer, writers wait for one another instead of failing.
- `synchronous=FULL`: what was committed survives a power cut.
- `secure_delete`: what was erased is overwritten in its page (it is a setting of the connection, not of the file).
- What was erased is gone from the database's pages at once, and from its write-ahead log when that is emptied: the host
  says when (`Database.leave_no_trace`), for SQLite itself only ever writes over it.
- Writers begin IMMEDIATE: two transactions that both read and then write never deadlock into "database is locked".
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from store.ballast import Ballast
from store.drafts import no_room_or
from store.errors import NoRoom, StoreDamaged
from store.folder import make_private_file
from store.revisions import is_up_to_date

_BUSY_MILLISECONDS = 30_000
_DAY_SECONDS = 86_400
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# The second: no room for the index of the log, which lies beside it.
_FULL_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
)


class Database:
    """One host's database. `reading`, `writing` and `erasing` give a connection inside a transaction."""

    def __init__(self, engine: Engine, ballast: Ballast | None = None) -> None:
        self._engine = engine
        self._ballast = ballast

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state. Raises NoRoom if the disk is too full even to look."""
        with told_apart(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all. Raises NoRoom."""
        with (
            told_apart(),
            self._engine.connect().execution_options(candour_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def erasing(self) -> Iterator[Connection]:
        """As `writing`, for what gives room back or lets somebody in and out: the ballast makes way for it."""
        given = 0
        try:
            with self.writing() as connection:
                # With the writer's turn in hand: nobody takes the room back before this has been committed.
                if self._ballast is not None:
                    given = self._ballast.give_way()
                yield connection
        finally:
            if given:
                self.restore_ballast(given)

    def restore_ballast(self, given: int = 0) -> None:
        """Make the ballast whole if there is plenty of room; else have it take back what is left of `given` bytes."""
        if self._ballast is not None:
            with self.writing():
                self._ballast.take_back(given)
                self._ballast.restore()

    def leave_no_trace(self) -> bool:
        """Empty the write-ahead log, which holds what was erased since, and flatten the files' times to the day.

        Waits for nobody: tells whether it was done, or is to be tried again because somebody reads or writes just now,
        or because the disk is too full. No request may fail for it.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        with suppress(SQLAlchemyError, sqlite3.Error), closing(self._engine.raw_connection()) as connection:
            done = _empty_log(connection.cursor())
            _flatten_times(Path(str(self._engine.url.database)))
            return done
        return False

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_database(where: Path | str, migrations: str, ballast: Ballast | None = None) -> Database:
    """Open the database at a path (SQLite) or URL, and bring its schema up to date.

    `migrations` is the package of its Alembic scripts. `ballast`, if there is one, makes way for the log and its index,
    so that a host starts on a full disk. Raises StoreOutdated if a newer version made the file, NoRoom if the disk is
    full, StoreDamaged if the file is no database.
    """
    url = f"sqlite:///{where}" if isinstance(where, Path) else where
    if isinstance(where, Path):
        try:
            make_private_file(where)
        except OSError as reason:
            raise no_room_or(reason) from reason
    engine = create_engine(url, pool_size=16, max_overflow=64, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    try:
        with told_apart():
            given = 0 if ballast is None else ballast.give_way()
            _migrate(engine, migrations)
        database = Database(engine, ballast)
        database.restore_ballast(given)
    except BaseException:
        # What is refused is left as it was found, without a log beside it.
        engine.dispose()
        raise
    return database


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn SQLite's words for a full disk and for a damaged file into NoRoom and StoreDamaged."""
    try:
        yield
    except OperationalError as reason:
        if getattr(reason.orig, "sqlite_errorcode", None) in _FULL_DISK:
            raise NoRoom("the disk is full") from reason
        raise
    except DatabaseError as reason:
        if getattr(reason.orig, "sqlite_errorcode", None) in _DAMAGED:
            raise StoreDamaged("the database is damaged; restore it from the backup") from reason
        raise


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is switched off: `_begin` says how each transaction begins.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Must be set before the first table: pages that erased rows leave behind go back and are cut off. Only then: SQLite
    # writes to the file whenever it is set, and a reader would need room on the disk and wait for writers.
    if cursor.execute("PRAGMA page_count").fetchone()[0] == 0:
        cursor.execute("PRAGMA auto_vacuum=FULL")
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _empty_log(cursor: Any) -> bool:
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        # First what holds nobody up; what is left for the second, which keeps writers out, is then little.
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    return not busy


def _flatten_times(database: Path) -> None:
    """Give the files the time of midnight: the minute in which one was written last is that of somebody's visit."""
    midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS
    for beside in ("", "-wal", "-shm"):
        # The last connection may have been closed meanwhile, or the file be another user's, who will do it.
        with suppress(OSError):
            os.utime(f"{database}{beside}", (midnight, midnight))


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("candour_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine, migrations: str) -> None:
    with engine.connect().execution_options(candour_writes=True) as connection, connection.begin():
        if is_up_to_date(connection, migrations):
            return
        # Here, not above: nearly every start ends before this line (store.revisions says what it would cost).
        from store.migrating import upgrade

        upgrade(connection, migrations)
