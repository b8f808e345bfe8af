"""The tables of both hosts: what the migrations make is what the code says; no column for what must not be kept."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, LargeBinary, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from keys.ciphertext import Ciphertext
from store.columns import Sealed
from store.database import Database, open_database
from store.drop import tables as drop_tables
from store.newer import known_revisions
from tests.host_databases import CANARY, DROP, METADATA, database, everything, keep_session, migrations, sealed

__all__ = ["database", "migrations"]


def alembic_config(migrations: str) -> Config:
    """Alembic's own view of the scripts."""
    config = Config()
    config.set_main_option("script_location", migrations.replace(".", ":", 1).replace(".", "/"))
    return config


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


def test_sealed_columns_may_be_empty() -> None:
    """A nullable sealed column takes nothing at all, and gives nothing back."""
    table = Table("t", MetaData(), Column("sealed", Sealed, nullable=True))
    assert isinstance(table.c.sealed.type, Sealed)
    bind, result = table.c.sealed.type.process_bind_param, table.c.sealed.type.process_result_value
    assert bind(None, None) is None  # type: ignore[arg-type]  # the dialect is not looked at
    assert result(None, None) is None  # type: ignore[arg-type]  # nor here
