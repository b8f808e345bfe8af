"""Altering a desk's audit trail as somebody does who owns the database file and knows how the chain is made."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from store.desk.audit import START, Record
from store.desk.audit_guards import GUARDS

Rows = list[tuple[Record, bytes]]


@dataclass(frozen=True)
class Tampering:
    """What is done to the desk's folder; what verification says of it; and what only a checkpoint tells."""

    do: Callable[[Path], object]
    said: str
    takes_a_checkpoint: bool = False


def by_sql(*statements: str) -> Callable[[Path], None]:
    """Run SQL on the trail, guard rails down, and put them up again."""

    def do(folder: Path) -> None:
        connection = sqlite3.connect(folder / "desk.sqlite")
        for statement in (*(f"DROP TRIGGER {name}" for name in GUARDS), *statements, *GUARDS.values()):
            connection.execute(statement)
        connection.commit()
        connection.close()

    return do


def forge(change: Callable[[list[Record]], list[Record]]) -> Callable[[Path], None]:
    """Write the whole trail anew after `change`, numbers and chain values as they must be."""

    def do(folder: Path) -> None:
        connection = sqlite3.connect(folder / "desk.sqlite")
        rows = connection.execute("SELECT number, at, actor, act, case_reference, note FROM audit ORDER BY number")
        records = change([Record(*row) for row in rows.fetchall()])
        for name in GUARDS:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM audit")
        before = START
        for number, record in enumerate(records, 1):
            numbered = replace(record, number=number)
            before = numbered.link(before)
            connection.execute(
                "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, record.at, record.actor, record.act, record.case_reference, record.note, before),
            )
        for statement in GUARDS.values():
            connection.execute(statement)
        connection.commit()
        connection.close()

    return do
