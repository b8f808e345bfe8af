"""The schema of a new database, made by its migrations once a run and then written down again as it was found.

Nearly every test makes a host of its own; twenty migrations, one after the other, take longer than most tests. A
database in which anything stands, and the databases of the commands that run in processes of their own, are brought up
to date by Alembic itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

Upgrade = Callable[[Connection, str], None]
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
_STATEMENTS = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"


@dataclass(frozen=True)
class MadeSchema:
    """What the migrations left in a new database: its statements, and the rows of each table that has any."""

    statements: tuple[str, ...]
    rows: dict[str, list[tuple[object, ...]]]

    @classmethod
    def of(cls, connection: Connection) -> "MadeSchema":
        """Take it down."""
        statements = tuple(connection.exec_driver_sql(_STATEMENTS).scalars())
        tables = connection.exec_driver_sql(_TABLES).scalars().all()
        found = {
            table: [tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')]  # noqa: S608  # ours
            for table in tables
        }
        return cls(statements, {table: rows for table, rows in found.items() if rows})

    def write(self, connection: Connection) -> None:
        """Write it into an empty database."""
        for statement in self.statements:
            connection.exec_driver_sql(statement)
        for table, rows in self.rows.items():
            marks = ", ".join("?" * len(rows[0]))
            connection.exec_driver_sql(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608  # ours


def once(upgrade: Upgrade) -> Upgrade:
    """Return what does as `upgrade` does, and migrates one new database of each kind alone."""
    made: dict[str, MadeSchema] = {}

    def upgrade_or_write(connection: Connection, migrations: str) -> None:
        is_new = not connection.exec_driver_sql(_TABLES).first()
        if is_new and migrations in made:
            made[migrations].write(connection)
            return
        upgrade(connection, migrations)
        if is_new:
            made[migrations] = MadeSchema.of(connection)

    return upgrade_or_write
