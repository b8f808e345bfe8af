"""Which revision a database has and which ones this version knows, found without Alembic.

Every process of both hosts opens its database, and nearly none finds anything to bring up to date. Alembic takes a
quarter of a second to load and some megabytes, which a host that locks its memory would hold for ever: only
`store.migrating` loads it, and only when there is something to do.

Rules:
- The scripts are one line, without branches: the file `rev_0003.py` holds revision `0003`, which follows `0002`.
- A revision that has no script here is a newer version's: nothing is touched.
"""

from sqlalchemy import Connection, inspect

from store.newer import known_revisions, outdated

_TABLE = "alembic_version"


def is_up_to_date(connection: Connection, migrations: str) -> bool:
    """Tell whether the database has the newest revision of all. Raises StoreOutdated if this version has no such."""
    known = known_revisions(migrations)
    found = _revision_of(connection)
    if found is not None and found not in known:
        raise outdated(found)
    return found == known[-1]


def _revision_of(connection: Connection) -> str | None:
    """Return the revision that Alembic noted; None for a new database."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}").scalar_one_or_none()  # noqa: S608  # ours
    return None if found is None else str(found)
