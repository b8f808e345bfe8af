"""Rows for every table of a database, whichever tables it has: made from what the database itself says of them."""

import hashlib
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

from sqlalchemy import Connection

ROWS = 2
Row = dict[str, Any]
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
_SIZE = re.compile(r"\((\d+)\)")
_DAY, _MONTH = 10, 7  # characters


def tables_of(connection: Connection) -> list[str]:
    """The tables, each after those that it refers to; Alembic's own is left out."""
    names = [name for name in connection.exec_driver_sql(_TABLES).scalars() if name != "alembic_version"]
    return list(TopologicalSorter({name: set(_parents(connection, name).values()) for name in names}).static_order())


def rows_of(connection: Connection, table: str) -> list[Row]:
    """All rows of a table."""
    return [dict(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()]  # noqa: S608  # ours


def fill(connection: Connection) -> None:
    """Put rows into every table that has none of ours yet. Foreign keys name rows that are there."""
    for table in tables_of(connection):
        if len(rows_of(connection, table)) < ROWS:
            for row in _made(connection, table):
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  # ours
                connection.exec_driver_sql(statement, tuple(row.values()))


def _made(connection: Connection, table: str) -> Iterator[Row]:
    columns = connection.exec_driver_sql(f'PRAGMA table_info("{table}")').mappings().all()
    referred = {
        name: [row[key] for row in rows_of(connection, parent)]
        for name, (parent, key) in _references(connection, table).items()
    }
    for number in range(1, ROWS + 1):
        yield {
            column["name"]: (
                referred[column["name"]][number - 1]
                if column["name"] in referred
                else _value(f"{table}.{column['name']}.{number}", str(column["type"]), number, bool(column["pk"]))
            )
            for column in columns
        }


def _value(name: str, kind: str, number: int, is_key: bool) -> object:
    sized = _SIZE.search(kind)
    size = int(sized[1]) if sized else 32
    text = hashlib.sha256(name.encode()).hexdigest()
    if kind.startswith("BOOLEAN"):
        return number % 2
    if kind.startswith("INTEGER"):
        return number + ROWS * is_key  # beside a row that a migration made
    if kind.startswith("BLOB"):
        return bytes.fromhex(text)
    if size in (_DAY, _MONTH):
        return f"2026-11-1{number}"[:size]
    return text[:size]


def _references(connection: Connection, table: str) -> dict[str, tuple[str, str]]:
    found = connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")').mappings()
    return {row["from"]: (row["table"], row["to"]) for row in found}


def _parents(connection: Connection, table: str) -> dict[str, str]:
    return {name: parent for name, (parent, _key) in _references(connection, table).items()}
