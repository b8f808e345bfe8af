"""How SQLite goes about what the desk asks of it: which index it searches, and what it begins with."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event


@contextmanager
def plans_of(connection: Connection) -> Iterator[list[str]]:
    """Give a list that has, after the block, the plan of each statement that ran in it, one step a line."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    plans: list[str] = []

    def note(_c: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)
    for statement, parameters in asked:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.append("\n".join(step.detail for step in steps))
