"""The databases of both hosts: every setting on every connection, one state for a reader, nothing left of what went."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from store.database import Database, open_database
from store.drop import tables as drop_tables
from store.errors import StoreOutdated
from tests.host_databases import CANARY, DROP, database, everything, keep_session, migrations, sealed

__all__ = ["database", "migrations"]

SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "secure_delete": 1,
    "foreign_keys": 1,
    "auto_vacuum": 1,  # FULL
    "temp_store": 2,  # MEMORY
    "trusted_schema": 0,
    "busy_timeout": 30_000,
}


def test_every_setting_is_on_for_every_connection(tmp_path: Path, migrations: str) -> None:
    """However many connections are open, each has every setting, also after the database was opened again."""
    for _ in range(2):
        database = open_database(tmp_path / "host.sqlite", migrations)
        with database.reading() as one, database.reading() as other, database.writing() as third:
            for connection in (one, other, third):
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in SETTINGS}
                assert found == SETTINGS
        database.close()


def test_alembic_is_loaded_for_what_is_to_be_brought_up_to_date_alone(tmp_path: Path, migrations: str) -> None:
    """A process that finds its database as it should be never loads it; one that makes the database does."""
    program = (
        "import sys; from pathlib import Path; from store.database import open_database;"
        "open_database(Path(sys.argv[1]), sys.argv[2]).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "host.sqlite"), migrations]
    said = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(2)]
    assert said == ["True\n", "False\n"]


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path, migrations: str) -> None:
    """A revision this version does not know is refused by name, and not a byte of the file changes."""
    path = tmp_path / "host.sqlite"
    open_database(path, migrations).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreOutdated, match="9999"):
        open_database(path, migrations)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["host.sqlite"]


def test_opening_and_looking_writes_nothing(tmp_path: Path, migrations: str) -> None:
    """Opening a database again, with several connections that only read, changes not a byte of it."""
    path = tmp_path / "host.sqlite"
    open_database(path, migrations).close()
    before = path.read_bytes()
    database = open_database(path, migrations)
    with database.reading() as one, database.reading() as other:
        assert one.execute(text("SELECT count(*) FROM sessions")).scalar() == 0
        assert other.execute(text("SELECT count(*) FROM sessions")).scalar() == 0
    database.close()
    assert path.read_bytes() == before


def test_writers_wait_for_one_another(tmp_path: Path) -> None:
    """Eight threads in two opened databases that read and then write never meet "database is locked"."""
    hosts = [open_database(tmp_path / "drop.sqlite", DROP) for _ in range(2)]
    content = sealed()

    def work(number: int) -> None:
        host = hosts[number % 2]
        for step in range(15):
            with host.writing() as connection:
                connection.execute(select(drop_tables.sessions.c.lookup_hash)).all()
                name = f"{number}-{step}".encode()
                connection.execute(insert(drop_tables.sessions).values(lookup_hash=name, sealed=content))
            with host.reading() as connection:
                connection.execute(select(drop_tables.sessions.c.lookup_hash)).all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    with hosts[0].reading() as connection:
        assert len(connection.execute(select(drop_tables.sessions.c.lookup_hash)).all()) == 8 * 15
    for host in hosts:
        host.close()


def test_a_reader_sees_one_state_while_another_writes(database: Database) -> None:
    """What is committed while a reader looks is not seen by that reader until it looks anew."""
    with database.reading() as reader:
        assert reader.execute(select(drop_tables.sessions.c.lookup_hash)).all() == []
        keep_session(database, bytes(32), sealed())
        assert reader.execute(select(drop_tables.sessions.c.lookup_hash)).all() == []
    with database.reading() as reader:
        assert len(reader.execute(select(drop_tables.sessions.c.lookup_hash)).all()) == 1


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    """An error in the middle of a transaction takes everything back."""
    keep_session(database, bytes(32), sealed())
    rows = [{"lookup_hash": lookup_hash, "sealed": sealed()} for lookup_hash in (b"1" * 32, bytes(32))]
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(drop_tables.sessions), rows)
    with database.reading() as connection:
        assert connection.execute(select(drop_tables.sessions.c.lookup_hash)).scalars().all() == [bytes(32)]


def test_a_row_without_its_source_is_refused(database: Database) -> None:
    """Foreign keys hold: a reply to a source that is not there is not stored."""
    row = {"id": "0" * 32, "lookup_id": bytes(32), "sealed": sealed(), "day": "2026-11-23", "read": False}
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(drop_tables.replies).values(row))


@pytest.mark.parametrize("rows", [1, 200])
def test_erased_rows_leave_no_bytes(tmp_path: Path, rows: int) -> None:
    """After a checkpoint neither the file nor the log holds a byte of an erased row, small or spread over pages."""
    database = open_database(tmp_path / "drop.sqlite", DROP)
    # The lookup hash is the one thing that stands in the row as it was given.
    names = [CANARY + b"%08d" % number for number in range(rows)]
    for name in names:
        keep_session(database, name, sealed(bytes(3_000)))
    assert CANARY in everything(tmp_path)
    with database.writing() as connection:
        connection.execute(drop_tables.sessions.delete())
    with database.reading() as connection:
        connection.exec_driver_sql("COMMIT")
        assert connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar() == 0
        connection.exec_driver_sql("BEGIN")
    assert CANARY not in everything(tmp_path)
    database.close()
    assert CANARY not in everything(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["drop.sqlite"]


def test_a_database_survives_being_copied_while_open(tmp_path: Path, database: Database) -> None:
    """The file with its log, copied as a crash would leave them, opens with all that was committed."""
    keep_session(database, bytes(32), sealed())
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("drop.sqlite", "drop.sqlite-wal"):
        shutil.copyfile(tmp_path / name, copy / name)
    found = open_database(copy / "drop.sqlite", DROP)
    with found.reading() as connection:
        assert len(connection.execute(select(drop_tables.sessions.c.lookup_hash)).all()) == 1
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    found.close()
