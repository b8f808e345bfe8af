"""The databases of both hosts: every setting on every connection, sealed columns, nothing left of what was erased."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, LargeBinary, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from keys.ciphertext import Ciphertext
from keys.session_seal import SessionToken
from store.columns import Sealed
from store.database import Database, open_database
from store.desk import tables as desk_tables
from store.drop import tables as drop_tables
from store.errors import StoreOutdated
from store.newer import known_revisions

DROP, DESK = "store.drop.migrations", "store.desk.migrations"
METADATA: dict[str, MetaData] = {DROP: drop_tables.metadata, DESK: desk_tables.metadata}
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
CANARY = b"kestrel-over-the-viaduct"


@pytest.fixture(params=[DROP, DESK], ids=["drop", "desk"])
def migrations(request: pytest.FixtureRequest) -> str:
    """The migrations of each host in turn."""
    return str(request.param)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A source host's database."""
    opened = open_database(tmp_path / "drop.sqlite", DROP)
    yield opened
    opened.close()


def alembic_config(migrations: str) -> Config:
    """Alembic's own view of the scripts."""
    config = Config()
    config.set_main_option("script_location", migrations.replace(".", ":", 1).replace(".", "/"))
    return config


def sealed(secret: bytes = CANARY) -> Ciphertext:
    """Something really sealed."""
    return SessionToken.draw().seal(secret)


def keep_session(database: Database, lookup_hash: bytes, content: Ciphertext) -> None:
    """Insert a session row."""
    with database.writing() as connection:
        connection.execute(insert(drop_tables.sessions).values(lookup_hash=lookup_hash, sealed=content))


def everything(folder: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_every_setting_is_on_for_every_connection(tmp_path: Path, migrations: str) -> None:
    """However many connections are open, each has every setting, also after the database was opened again."""
    for _ in range(2):
        database = open_database(tmp_path / "host.sqlite", migrations)
        with database.reading() as one, database.reading() as other, database.writing() as third:
            for connection in (one, other, third):
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in SETTINGS}
                assert found == SETTINGS
        database.close()


def test_the_migrations_make_what_the_tables_say(tmp_path: Path, migrations: str) -> None:
    """Alembic finds no difference between the migrated database and the tables in the code."""
    database = open_database(tmp_path / "host.sqlite", migrations)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA[migrations]) == []
    database.close()


def test_the_scripts_are_one_line_named_after_their_revisions(migrations: str) -> None:
    """What the names of the files say is what Alembic finds in them: the newest is its head, each follows the last."""
    scripts = ScriptDirectory.from_config(alembic_config(migrations))
    line = [(script.revision, script.down_revision) for script in scripts.walk_revisions()][::-1]
    known = known_revisions(migrations)
    assert line == list(zip(known, (None, *known), strict=False))
    assert scripts.get_current_head() == known[-1]


def test_what_the_tests_write_down_again_is_what_the_migrations_make(tmp_path: Path, migrations: str) -> None:
    """Line for line and row for row, as `sqlite3 .dump` has it: tests/made_schema.py invents nothing.

    Lines sorted, for in which order Alembic names the foreign keys of a table that it copies changes by the process.
    """
    program = (
        "import sys; from pathlib import Path; from store.database import open_database;"
        "open_database(Path(sys.argv[1]), sys.argv[2]).close()"
    )
    migrated, written = tmp_path / "migrated.sqlite", tmp_path / "written.sqlite"
    subprocess.run([sys.executable, "-c", program, str(migrated), migrations], check=True)
    for path in (tmp_path / "first.sqlite", written):
        open_database(path, migrations).close()
    dumps = []
    for path in (migrated, written):
        with closing(sqlite3.connect(path)) as connection:
            dumps.append(
                sorted(sorted(map(str.strip, one.replace(",", "").split("\n"))) for one in connection.iterdump())
            )
    assert dumps[0] == dumps[1]
    assert len(dumps[0]) > 10


def test_alembic_is_loaded_for_what_is_to_be_brought_up_to_date_alone(tmp_path: Path, migrations: str) -> None:
    """A process that finds its database as it should be never loads it; one that makes the database does."""
    program = (
        "import sys; from pathlib import Path; from store.database import open_database;"
        "open_database(Path(sys.argv[1]), sys.argv[2]).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "host.sqlite"), migrations]
    said = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(2)]
    assert said == ["True\n", "False\n"]


def test_rows_are_kept_in_no_order_of_arrival(tmp_path: Path, migrations: str) -> None:
    """Tables are WITHOUT ROWID exactly where the code says so; on the source host that is all of them."""
    database = open_database(tmp_path / "host.sqlite", migrations)
    with database.reading() as connection:
        without = {
            str(row.name): bool(row.wr)
            for row in connection.exec_driver_sql("PRAGMA table_list")
            if row.schema == "main" and row.name in METADATA[migrations].tables
        }
    database.close()
    said = {
        name: not table.dialect_options["sqlite"]["with_rowid"] for name, table in METADATA[migrations].tables.items()
    }
    assert without == said
    if migrations == DROP:
        assert all(without.values())


def test_the_source_host_has_no_column_for_a_time_or_an_address() -> None:
    """No column of the source host could hold a time finer than a day, an address, a browser or a login."""
    forbidden = (
        "time",
        "_at",
        "stamp",
        "hour",
        "ip",
        "host",
        "agent",
        "browser",
        "port",
        "login",
        "seen",
        "count",
        "visit",
    )
    columns = [column for table in drop_tables.metadata.tables.values() for column in table.columns]
    for column in columns:
        words = column.name.split("_")
        assert not any(word in words or column.name.endswith(word) for word in forbidden), column
        # A day has ten characters; nothing else is called one.
        if column.name.endswith("day"):
            assert getattr(column.type, "length", None) == 10
        assert type(column.type).__name__ not in {"DateTime", "Date", "Time", "TIMESTAMP", "Float", "Interval"}
    # The numbers that are kept are the sizes of sealed blobs, and of which pepper a lookup id is: all have the same but
    # in the months after a rotation. The one address is the hash of a reply key.
    assert [str(column) for column in columns if type(column.type).__name__ == "Integer"] == [
        "sources.pepper",
        "parts.size",
        "reply_files.size",
    ]
    assert [str(column) for column in columns if "address" in column.name] == ["sources.address"]


NOT_SEALED = {"bytes": CANARY, "a text": "text", "a byte array": bytearray(CANARY), "a number": 1}


@pytest.mark.parametrize("value", NOT_SEALED.values(), ids=NOT_SEALED.keys())
def test_a_sealed_column_refuses(database: Database, tmp_path: Path, value: object) -> None:
    """What no sealing function made is refused at run time, and not a byte of it is written."""
    with pytest.raises(StatementError, match="only sealed bytes"), database.writing() as connection:
        connection.execute(insert(drop_tables.sessions).values(lookup_hash=bytes(32), sealed=value))
    assert CANARY not in everything(tmp_path)


def test_a_sealed_column_gives_ciphertext_back(database: Database) -> None:
    """What was sealed comes back as ciphertext, byte for byte."""
    content = sealed()
    keep_session(database, bytes(32), content)
    with database.reading() as connection:
        found = connection.execute(select(drop_tables.sessions.c.sealed)).scalar_one()
    assert isinstance(found, Ciphertext)
    assert found == content


def test_no_column_keeps_bytes_that_are_not_public() -> None:
    """Columns of plain bytes hold hashes, MACs and public keys alone; all other bytes are sealed."""
    plain = {
        str(column)
        for table in drop_tables.metadata.tables.values()
        for column in table.columns
        if type(column.type) is LargeBinary
    }
    allowed = {
        "sent_forms.id",
        "sent_forms.content",
        "sources.lookup_id",
        "sources.reply_key",
        "submissions.lookup_id",
        "replies.lookup_id",
        "reply_files.lookup_id",
        "sessions.lookup_hash",
    }
    assert plain == allowed
    assert isinstance(drop_tables.replies.c.sealed.type, Sealed)


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


def test_sealed_columns_may_be_empty() -> None:
    """A nullable sealed column takes nothing at all, and gives nothing back."""
    table = Table("t", MetaData(), Column("sealed", Sealed, nullable=True))
    assert isinstance(table.c.sealed.type, Sealed)
    bind, result = table.c.sealed.type.process_bind_param, table.c.sealed.type.process_result_value
    assert bind(None, None) is None  # type: ignore[arg-type]  # the dialect is not looked at
    assert result(None, None) is None  # type: ignore[arg-type]  # nor here
