"""Reading a database as it lies there: nothing is brought up to date, nothing is written, nothing is made beside it.

For who looks at a host every minute: it must not be the one who brings the data of a host along to another version, nor
leave a file behind that is another user's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine

from store.database import told_apart
from store.errors import StoreBehind
from store.revisions import is_up_to_date


@contextmanager
def looking_at(database: Path, migrations: str) -> Iterator[Connection]:
    """Give a connection that sees one consistent state of an SQLite file, and can change nothing.

    Raises StoreOutdated for that of a later version, StoreBehind for that of an earlier one, StoreDamaged.
    """
    engine = create_engine("sqlite://", creator=lambda: _connect(database), poolclass=NullPool, hide_parameters=True)
    with told_apart(), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        if not is_up_to_date(connection, migrations):
            raise StoreBehind(
                _(
                    "This host's data is of an earlier version of Candour, and was not brought up to date yet. Nothing "
                    "was changed. Start the services, or run check: either does it."
                )
            )
        yield connection


def _connect(database: Path) -> sqlite3.Connection:
    # At rest there is neither a log nor its index, and none is to be made.
    log, index = (database.with_name(f"{database.name}{ending}") for ending in ("-wal", "-shm"))
    way = "mode=ro" if index.exists() or (log.exists() and log.stat().st_size) else "immutable=1"
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?{way}", uri=True, timeout=30, isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection
