"""Reading a database as it lies there: nothing is brought up to date, nothing is written, nothing is made beside it.

For who looks at a host every minute: it must not be the one who brings the data of a host along to another version, nor
leave a file behind that is another user's.

- Somebody is at work (there is the log's index): their log is read, and their index is not written to.
- At rest there is neither, and the file is read without a lock. Nobody holds a host up that starts meanwhile; what was
  read then may be neither of before nor of after, and is read once more.
- A log without an index was carried here, or left: to read it SQLite would have to make one. That is refused.
"""

import sqlite3
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from store.database import told_apart
from store.errors import StoreBehind, StoreError, StoreUnsettled
from store.revisions import is_up_to_date

READ_ONLY = "mode=ro&readonly_shm=1"
_ATTEMPTS = 5
Found = TypeVar("Found")


def look_at(database: Path, migrations: str, read: Callable[[Connection], Found]) -> Found:
    """Return what `read` finds over a connection that sees one consistent state of an SQLite file, and can change
    nothing. It may be called again, for a host that starts or stops meanwhile.

    Raises StoreOutdated for that of a later version, StoreBehind for that of an earlier one, StoreUnsettled,
    StoreDamaged.
    """
    for _attempt in range(_ATTEMPTS):
        before = _glimpse(database)
        way = _way(database)
        try:
            found = _look(database, migrations, read, way)
        except (StoreError, SQLAlchemyError):
            if _glimpse(database) == before:
                raise
            continue
        if way == READ_ONLY or _glimpse(database) == before:
            return found
    raise StoreUnsettled(_("This host is being started or stopped at this moment. Nothing was changed. Try again."))


def has_stray_log(database: Path) -> bool:
    """Tell whether there is a log that SQLite could read only with an index that it would have to make."""
    log, index = _beside(database)
    return log.exists() and log.stat().st_size > 0 and not index.exists()


def _way(database: Path) -> str:
    """Return how SQLite is to open it. An index alone is enough: its log may be about to come."""
    _log, index = _beside(database)
    return READ_ONLY if index.exists() else "immutable=1"


def _look(database: Path, migrations: str, read: Callable[[Connection], Found], way: str) -> Found:
    if has_stray_log(database):
        raise StoreUnsettled(
            _(
                "Nobody is at work on this host's data, and changes lie beside the database that are not in it yet: it "
                "was stopped hard, or copied. Nothing was changed. Start the services, or run check: either puts them "
                "in."
            )
        )
    engine = create_engine(
        "sqlite://", creator=lambda: _connect(database, way), poolclass=NullPool, hide_parameters=True
    )
    with told_apart(), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        if not is_up_to_date(connection, migrations):
            raise StoreBehind(
                _(
                    "This host's data is of an earlier version of Candour, and was not brought up to date yet. Nothing "
                    "was changed. Start the services, or run check: either does it."
                )
            )
        return read(connection)


def _connect(database: Path, way: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?{way}", uri=True, timeout=30, isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _beside(database: Path) -> tuple[Path, Path]:
    return database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")


def _glimpse(database: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """Return what is another after somebody was at work, though they gave the file the time of midnight."""
    return tuple(_seen(path) for path in (database, *_beside(database)))


def _seen(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns
