"""Both stores, from every schema there ever was, with rows in every table of it: nothing is lost, nothing is half done.

Which revisions there are, and which tables each has, is asked of the scripts themselves: none can be forgotten.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import get_ident

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event

from store.database import open_database
from store.desk.audit_guards import guards_stand
from store.newer import known_revisions
from tests.rows_of_before import ROWS, Row, fill, rows_of, tables_of

STORES = ("drop", "desk")
# What a migration takes away on purpose, by store: whoever takes more away says so here, and in a decision.
GIVEN_UP = {"drop": set[str](), "desk": {"cases.danger"}}
ALL = [(store, revision) for store in STORES for revision in known_revisions(f"store.{store}.migrations")]
_KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from store.database import open_database
counted = 0
@event.listens_for(Engine, "before_cursor_execute")
def count(*_all):
    global counted
    counted += 1
    if counted == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
open_database(Path(sys.argv[1]), sys.argv[3])
"""


def package(store: str) -> str:
    """Where a store's scripts lie."""
    return f"store.{store}.migrations"


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """A plain connection, in one transaction."""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def bring_to(connection: Connection, store: str, revision: str) -> None:
    """Run the scripts up to and with this one."""
    config = Config()
    config.set_main_option("script_location", f"store:{store}/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture(scope="module")
def of_before(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A database of each revision, with rows in every table it then had: each made from the one before it."""
    folder = tmp_path_factory.mktemp("before")
    made: dict[tuple[str, str], Path] = {}
    for store in STORES:
        path = folder / f"{store}.sqlite"
        path.touch(0o600)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA auto_vacuum=FULL")
        for revision in known_revisions(package(store)):
            with opened(path) as connection:
                bring_to(connection, store, revision)
                fill(connection)
            made[store, revision] = folder / f"{store}-{revision}.sqlite"
            shutil.copy(path, made[store, revision])
    return made


def contents(path: Path) -> dict[str, list[Row]]:
    """Every row of every table."""
    with opened(path) as connection:
        return {table: rows_of(connection, table) for table in tables_of(connection)}


def schema(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What each table's columns are, and every index and trigger by name."""
    with opened(path) as connection:
        found = {
            table: sorted(tuple(row)[1:] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")'))
            for table in tables_of(connection)
        }
        found["other"] = sorted(
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('index', 'trigger')"
            )
        )
        return found


def lines(path: Path) -> list[str]:
    """The whole database as text, its schema and its revision too."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def lost(store: str, before: dict[str, list[Row]], after: dict[str, list[Row]]) -> set[str]:
    """The columns of which something that was there is not there any more."""
    found: set[str] = set()
    for table, rows in before.items():
        kept = after.get(table, [])
        for name in rows[0] if rows else ():
            if [row[name] for row in rows if row[name] not in [each.get(name, row) for each in kept]]:
                found.add(f"{table}.{name}")
        common = set(rows[0]) & set(kept[0] if kept else ())
        pairs = [{name: row[name] for name in common} for row in kept]
        if any({name: row[name] for name in common} not in pairs for row in rows):
            found.add(f"{table}: rows")
    return found - GIVEN_UP[store]


@pytest.mark.parametrize(("store", "revision"), ALL, ids=lambda value: value)
def test_nothing_is_lost_on_the_way_to_the_newest(
    store: str, revision: str, of_before: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    """Every row with every column, foreign keys, pages, guards; and the schema is that of a new database."""
    path = tmp_path / f"{store}.sqlite"
    shutil.copy(of_before[store, revision], path)
    before = contents(path)
    assert all(len(rows) >= ROWS for rows in before.values()), "a table of this revision has no rows"
    database = open_database(path, package(store))
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert store != "desk" or guards_stand(connection)
    database.close()
    assert lost(store, before, contents(path)) == set()
    new = tmp_path / "new.sqlite"
    open_database(new, package(store)).close()
    assert schema(path) == schema(new)


def test_what_is_lost_would_be_seen(of_before: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    """A row, a column of a row, a table: each would be told."""
    store, revision = ALL[0]
    path = tmp_path / "drop.sqlite"
    shutil.copy(of_before[store, revision], path)
    before = contents(path)
    assert lost(store, before, contents(path)) == set()
    for harm in ("DELETE FROM parts", "UPDATE parts SET size = 0", "DROP TABLE notices"):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(harm)
        assert lost(store, before, contents(path))


def test_who_could_read_before_there_were_roles_still_can(
    of_before: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    """A table that is filled from another: everybody of before is a reviewer."""
    path = tmp_path / "desk.sqlite"
    shutil.copy(of_before["desk", "0004"], path)
    open_database(path, package("desk")).close()
    after = contents(path)
    readers = {row["username"] for row in after["roles"] if row["role"] == "reviewer"}
    assert {row["username"] for row in after["reviewers"]} == readers != set()


@pytest.mark.parametrize("store", STORES)
def test_a_migration_that_fails_anywhere_has_changed_nothing(
    store: str, of_before: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    """From the first schema to the newest is one transaction, whichever statement of it fails."""
    path = tmp_path / f"{store}.sqlite"
    shutil.copy(of_before[store, known_revisions(package(store))[0]], path)
    before = lines(path)
    total = _statements(path, store)
    assert total > 20
    for failing in (*range(3, total, max(1, total // 8)), total):
        with _failing_at(failing), pytest.raises(ZeroDivisionError):
            open_database(path, package(store))
        assert lines(path) == before, f"statement {failing} of {total}"


@pytest.mark.parametrize("store", STORES)
def test_a_process_killed_in_the_middle_has_changed_nothing(
    store: str, of_before: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    """SIGKILL, with the log of the half-done transaction beside the database; the next start does it all."""
    path = tmp_path / f"{store}.sqlite"
    shutil.copy(of_before[store, known_revisions(package(store))[0]], path)
    before, at = lines(path), _statements(path, store) * 3 // 4
    killed = subprocess.run([sys.executable, "-c", _KILLED, path, str(at), package(store)], check=False)
    assert killed.returncode == -9
    assert lines(path) == before
    open_database(path, package(store)).close()
    assert lines(path) != before


def _statements(path: Path, store: str) -> int:
    """How many statements the whole way takes; done on a copy."""
    copy = path.with_name("counted.sqlite")
    shutil.copy(path, copy)
    with _failing_at(-1) as counted:
        open_database(copy, package(store)).close()
    copy.unlink()
    return counted[0]


@contextmanager
def _failing_at(number: int) -> Iterator[list[int]]:
    """Have the statement of this number fail, before it is run; give how many there were."""
    counted = [0]
    # A desk that other tests share may be tidied up meanwhile, in a thread of its own.
    here = get_ident()

    def fail(*_all: object) -> None:
        if get_ident() != here:
            return
        counted[0] += 1
        if counted[0] == number:
            raise ZeroDivisionError

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
