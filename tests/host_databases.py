"""A database of either host, as its migrations make it, and something really sealed to keep in it.

`migrations` and `database` are fixtures: who imports them names them in `__all__`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, insert

from keys.ciphertext import Ciphertext
from keys.session_seal import SessionToken
from store.database import Database, open_database
from store.desk import tables as desk_tables
from store.drop import tables as drop_tables

DROP, DESK = "store.drop.migrations", "store.desk.migrations"
METADATA: dict[str, MetaData] = {DROP: drop_tables.metadata, DESK: desk_tables.metadata}
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
