"""Was this host's data brought up to date by a later version? Asked before a command does anything, whatever it does.

Also a command that opens no database must not go on then: a backup by an older version would leave out what it does not
know, and say that it is whole. Nothing is loaded for this but SQLite itself, and nothing is touched.
"""

import re
import sqlite3
from contextlib import closing
from gettext import gettext as _
from importlib.resources import files
from pathlib import Path

from store.errors import StoreOutdated

_SCRIPT = re.compile(r"rev_(?P<revision>[0-9]{4})\.py")


def known_revisions(migrations: str) -> tuple[str, ...]:
    """Return the revisions whose scripts lie in the package `migrations`, oldest first."""
    names = (script.name for script in (files(migrations) / "versions").iterdir())
    return tuple(sorted(found["revision"] for name in names if (found := _SCRIPT.fullmatch(name))))


def outdated(revision: str) -> StoreOutdated:
    """Return the refusal of a database with this revision."""
    return StoreOutdated(
        _(
            "A later version of Candour brought this host's data up to date (revision {revision}), and this version "
            "would not understand it. Nothing was changed. Use that version again; if it must be an older one: "
            "docs/guide-upgrade.md, “Back to an older version”."
        ).format(revision=revision)
    )


def refuse_newer(database: Path, migrations: str, *, only_reads: bool = False) -> None:
    """Raise StoreOutdated if a later version made, or changed, the database; nothing else is looked at.

    A log that was left without its index is read with one that SQLite makes then; for a command that `only_reads` it is
    not looked into (store.only_reading refuses it).
    """
    revision = _revision(database, only_reads=only_reads)
    if revision is not None and revision not in known_revisions(migrations):
        raise outdated(revision)


def _revision(database: Path, *, only_reads: bool) -> str | None:
    """Return what the database says of itself; None if it says nothing that can be read."""
    log, index = (database.with_name(f"{database.name}{ending}") for ending in ("-wal", "-shm"))
    try:
        if not database.is_file():
            return None
        # At rest: without a lock, for that would leave files beside it, and be another user's if root asks.
        way = "immutable=1"
        if index.exists() or (log.exists() and log.stat().st_size):
            way = "mode=ro&readonly_shm=1" if only_reads or index.exists() else "mode=ro"
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?{way}", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (OSError, sqlite3.Error):
        # Damaged, another user's, half made: each has a refusal of its own, with a sentence of its own.
        return None
    return None if row is None else str(row[0])
