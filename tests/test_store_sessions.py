"""Sessions in the source host's store: kept while they are used, destroyed when they are not, and without a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from keys.session_seal import SessionToken
from store.database import Database, open_database
from store.drop.sessions import Sessions
from store.drop.tables import sessions
from store.errors import Missing
from tests.drop_contents import dump

IDLE = 3_600.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A source host's database."""
    opened = open_database(tmp_path / "drop.sqlite", "store.drop.migrations")
    yield opened
    opened.close()


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The seconds now."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def kept(found: Sessions) -> SessionToken:
    """A session newly kept."""
    token = SessionToken.draw()
    found.keep(token.lookup_hash(), token.seal(b"secret"), SessionToken.draw().lookup_hash())
    return token


def rows(database: Database) -> set[bytes]:
    """The sessions in the database."""
    with database.reading() as connection:
        return set(connection.execute(select(sessions.c.lookup_hash)).scalars())


def test_a_session_lives_while_it_is_used(database: Database, clock: Clock) -> None:
    """Each request starts the idle time anew; an hour without one ends the session."""
    live = Sessions(database, IDLE, clock)
    token = kept(live)
    for _ in range(5):
        clock.now += IDLE - 1
        assert token.open(live.find(token.lookup_hash())) == b"secret"
    clock.now += IDLE
    with pytest.raises(Missing):
        live.find(token.lookup_hash())
    with pytest.raises(Missing):
        live.find(token.lookup_hash())


def test_the_sweep_destroys_idle_rows_alone(database: Database, clock: Clock) -> None:
    """What was idle for too long is gone from the database; what was used stays."""
    live = Sessions(database, IDLE, clock)
    idle, used = kept(live), kept(live)
    clock.now += IDLE - 1
    live.find(used.lookup_hash())
    live.sweep()
    assert rows(database) == {idle.lookup_hash(), used.lookup_hash()}
    clock.now += 1
    live.sweep()
    assert rows(database) == {used.lookup_hash()}


def test_leaving_destroys_the_row(database: Database, clock: Clock) -> None:
    """An ended session is gone at once; ending it again is no error."""
    live = Sessions(database, IDLE, clock)
    token, other = kept(live), kept(live)
    for _ in range(2):
        live.end(token.lookup_hash())
    with pytest.raises(Missing):
        live.find(token.lookup_hash())
    assert rows(database) == {other.lookup_hash()}


def test_a_restart_adopts_what_it_finds(database: Database, clock: Clock) -> None:
    """After a restart a row found gets one full idle period more, and then goes."""
    token = kept(Sessions(database, IDLE, clock))
    restarted = Sessions(database, IDLE, clock)
    clock.now += IDLE - 1
    restarted.sweep()
    assert token.open(restarted.find(token.lookup_hash())) == b"secret"
    clock.now += IDLE
    restarted.sweep()
    assert rows(database) == set()


def test_a_session_unknown_to_this_process_is_missing(database: Database, clock: Clock) -> None:
    """A lookup hash that nobody kept finds nothing, and neither does one whose row somebody erased."""
    live = Sessions(database, IDLE, clock)
    with pytest.raises(Missing):
        live.find(bytes(32))
    token = kept(live)
    with database.writing() as connection:
        connection.execute(sessions.delete())
    with pytest.raises(Missing):
        live.find(token.lookup_hash())


def test_a_row_that_could_not_be_destroyed_is_destroyed_later(database: Database, clock: Clock) -> None:
    """When the database refuses to erase a row, its session is over all the same, and the next sweep erases it."""
    live = Sessions(database, IDLE, clock)
    token = kept(live)
    refusal = "CREATE TRIGGER refusal BEFORE DELETE ON sessions BEGIN SELECT RAISE(ABORT, 'not now'); END"
    with database.writing() as connection:
        connection.execute(text(refusal))
    with pytest.raises(Exception, match="not now"):
        live.end(token.lookup_hash())
    with pytest.raises(Missing):
        live.find(token.lookup_hash())
    with database.writing() as connection:
        connection.execute(text("DROP TRIGGER refusal"))
    live.sweep()
    assert rows(database) == set()


def test_a_session_row_has_no_time(database: Database) -> None:
    """Using a session changes not a byte of its row: nobody can tell from it when somebody was here."""
    live = Sessions(database, IDLE)
    token = kept(live)
    before = dump(database)["sessions"]
    for _ in range(3):
        live.find(token.lookup_hash())
    assert dump(database)["sessions"] == before
    assert {column.name for column in sessions.columns} == {"lookup_hash", "sealed"}


def test_a_session_takes_the_place_of_the_one_before(database: Database, clock: Clock) -> None:
    """Whoever signs in again leaves no second session behind, and the first opens nothing any more."""
    live = Sessions(database, IDLE, clock)
    before, after = kept(live), SessionToken.draw()
    live.keep(after.lookup_hash(), after.seal(b"secret"), before.lookup_hash())
    assert rows(database) == {after.lookup_hash()}
    with pytest.raises(Missing):
        live.find(before.lookup_hash())
    assert after.open(live.find(after.lookup_hash())) == b"secret"


def test_a_session_of_nobody_is_written_and_never_there(database: Database, tmp_path: Path, clock: Clock) -> None:
    """A wrong codename costs the disk as much as a right one: the log grows, and no row is left."""
    live = Sessions(database, IDLE, clock)
    token = SessionToken.draw()
    log = tmp_path / "drop.sqlite-wal"
    before = log.stat().st_size
    live.keep_none(token.lookup_hash(), token.seal(b"secret"))
    assert log.stat().st_size > before
    assert rows(database) == set()
    with pytest.raises(Missing):
        live.find(token.lookup_hash())
