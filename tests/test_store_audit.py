"""The trail in the database: guard rails, any alteration found whatever it is, desks from before brought along."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DatabaseError

from store.database import Database, open_database
from store.desk.audit import Act, record_act
from store.desk.audit_guards import GUARDS, drop_guards, guards_stand, make_guards
from store.desk.audit_reading import Break, TrailBroken, Wanted, link_at, read_trail, trail_length, verify_trail
from store.desk.settings import Setting, put_setting, read_setting
from store.errors import Missing

DESK = "store.desk.migrations"
RECORDS = 8


class Undone(Exception):
    """Raised by a test at the end of a transaction, so that nothing of it stays."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A trail of eight records, which no test changes for good."""
    opened = open_database(tmp_path_factory.mktemp("trail") / "desk.sqlite", DESK)
    with opened.writing() as connection:
        record_act(connection, "amina", Act.SET_UP, note="desk and signer")
        for number in range(RECORDS - 1):
            record_act(connection, "bartek", Act.READ, f"REF-{number:05}", f"note {number}")
    yield opened
    opened.close()


def altered(database: Database, alter: Callable[[Connection], object]) -> TrailBroken | None:
    """Return what verification says of the trail after `alter`, which is undone again."""
    found: TrailBroken | None = None
    try:
        with database.writing() as connection:
            drop_guards(connection)
            try:
                alter(connection)
            except DatabaseError:
                # SQLite takes no such value there.
                assume(False)
            try:
                verify_trail(connection)
            except TrailBroken as broken:
                found = broken
            raise Undone
    except Undone:
        return found


def cells(connection: Connection, number: int) -> tuple[object, ...]:
    """Return everything of a record, as SQLite has it."""
    kinds = ", ".join(f"typeof({name})" for name in ("at", "actor", "act", "case_reference", "note", "chain"))
    return tuple(connection.execute(text(f"SELECT *, {kinds} FROM audit WHERE number = {number}")).one())  # noqa: S608


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.binary(max_size=40),
    st.binary(min_size=32, max_size=32),
)


@given(
    st.integers(1, RECORDS), st.sampled_from(["at", "actor", "act", "case_reference", "note", "chain"]), VALUES
)  # fmt: skip
def test_any_single_alteration_of_any_record_is_found(
    database: Database, number: int, column: str, value: object
) -> None:
    """Whatever is put into whatever column of whatever record, that record is named."""

    def alter(connection: Connection) -> None:
        before = cells(connection, number)
        connection.execute(text(f"UPDATE audit SET {column} = :value WHERE number = {number}"), {"value": value})  # noqa: S608
        assume(cells(connection, number) != before)

    broken = altered(database, alter)
    assert broken is not None
    assert broken.number == number


@given(st.integers(1, RECORDS), st.integers(-(2**63), 2**63 - 1))
def test_any_record_moved_anywhere_is_found(database: Database, number: int, to: int) -> None:
    """A number of its own, above or below all others or in a gap, does not hide where it was."""
    assume(to not in range(1, RECORDS + 1))
    broken = altered(
        database, lambda c: c.execute(text("UPDATE audit SET number = :to WHERE number = :n"), {"to": to, "n": number})
    )
    assert broken is not None
    assert broken.number <= number


@given(st.integers(1, RECORDS - 1))
def test_any_record_taken_out_is_named(database: Database, number: int) -> None:
    """But the last: that is a tail cut off, which takes a checkpoint."""
    broken = altered(database, lambda c: c.execute(text(f"DELETE FROM audit WHERE number = {number}")))  # noqa: S608
    assert broken is not None
    assert (broken.number, broken.how) == (number, Break.MISSING)


@given(st.permutations(range(1, RECORDS + 1)))
def test_any_other_order_is_found(database: Database, order: list[int]) -> None:
    """The first record that is not where it was is named."""
    moved = [number for number, was in enumerate(order, 1) if number != was]
    assume(moved)

    def alter(connection: Connection) -> None:
        connection.execute(text("UPDATE audit SET number = number + 1000"))
        for number, was in enumerate(order, 1):
            connection.execute(text(f"UPDATE audit SET number = {number} WHERE number = {was + 1000}"))  # noqa: S608

    broken = altered(database, alter)
    assert broken is not None
    assert broken.number == moved[0]


@given(st.integers(1, RECORDS), st.integers(1, RECORDS + 1))
def test_any_record_put_in_anywhere_is_found(database: Database, copied: int, at: int) -> None:
    """A copy of a genuine record, chain value and all, with all later ones moved up to make room."""

    def alter(connection: Connection) -> None:
        row = connection.execute(text(f"SELECT * FROM audit WHERE number = {copied}")).one()  # noqa: S608
        connection.execute(text(f"UPDATE audit SET number = number + 1001 WHERE number >= {at}"))  # noqa: S608
        connection.execute(text("UPDATE audit SET number = number - 1000 WHERE number > 1000"))
        names = ", ".join(f":{name}" for name in row._fields)
        connection.execute(text(f"INSERT INTO audit VALUES ({names})"), {**row._mapping, "number": at})  # noqa: S608

    broken = altered(database, alter)
    assert broken is not None
    assert broken.number in (at, at + 1)


ODD = {
    "bytes that are no UTF-8": ("UPDATE audit SET note = CAST(x'ff' AS TEXT) WHERE number = 3", 3, Break.ALTERED),
    "a chain value of a terabyte": ("UPDATE audit SET chain = 1099511627776 WHERE number = 3", 3, Break.ALTERED),
    "a record before the first": (
        "INSERT INTO audit SELECT 0, at, actor, act, case_reference, note, chain FROM audit WHERE number = 1",
        1, Break.ALTERED,
    ),
    "nothing left": ("DELETE FROM audit", 1, Break.EMPTY),
    "another first act": ("UPDATE audit SET act = 'read' WHERE number = 1", 1, Break.NO_SET_UP),
}  # fmt: skip


@pytest.mark.parametrize("how", ODD)
def test_odd_alterations_are_found_and_named_like_any_other(database: Database, how: str) -> None:
    """What would break a careless reader is a finding, not an error."""
    statement, number, kind = ODD[how]
    broken = altered(database, lambda connection: connection.execute(text(statement)))
    assert broken is not None
    assert (broken.number, broken.how) == (number, kind)


def test_an_untouched_trail_is_whole(database: Database) -> None:
    """Its end is told, and what it says of its desk; nothing above left a mark."""
    assert altered(database, lambda _connection: None) is None
    with database.reading() as connection:
        end = verify_trail(connection)
        assert (end.number, end.named) == (RECORDS, "desk and signer")
        assert link_at(connection, RECORDS) == end.chain
        assert link_at(connection, RECORDS + 1) is None
        assert trail_length(connection) == RECORDS
        assert guards_stand(connection)


_COPY = "SELECT {number}, at, actor, act, case_reference, note, chain FROM audit WHERE number = 3"
REFUSED = {
    "a change": "UPDATE audit SET note = 'x' WHERE number = 3",
    "a change of every record to what it is": "UPDATE audit SET note = note",
    "taking one out": "DELETE FROM audit WHERE number = 3",
    "taking the last out": f"DELETE FROM audit WHERE number = {RECORDS}",  # noqa: S608
    "emptying": "DELETE FROM audit",
    "a number that is taken": f"INSERT INTO audit {_COPY.format(number=3)}",
    "one in the place of another": f"INSERT OR REPLACE INTO audit {_COPY.format(number=3)}",
    "a number too far": f"INSERT INTO audit {_COPY.format(number=RECORDS + 2)}",
    "a number before the first": f"INSERT INTO audit {_COPY.format(number=0)}",
    "no number": f"INSERT INTO audit {_COPY.format(number='NULL')}",
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses_everything_but_the_next_record(database: Database, what: str) -> None:
    """Also to whoever opens the file with another program."""
    with database.reading() as connection:
        path = connection.engine.url.database
    with pytest.raises(DatabaseError, match="at its end, and nothing else"), database.writing() as connection:
        connection.execute(text(REFUSED[what]))
    stranger = sqlite3.connect(str(path))
    with pytest.raises(sqlite3.IntegrityError, match="at its end, and nothing else"):
        stranger.execute(REFUSED[what])
    stranger.close()


def test_the_next_record_is_taken_by_an_empty_and_by_a_full_trail(tmp_path: Path) -> None:
    """The guard rails stand in nobody's way."""
    database = open_database(tmp_path / "desk.sqlite", DESK)
    with database.writing() as connection:
        record_act(connection, "amina", Act.SET_UP)
        record_act(connection, "amina", Act.SIGN_IN)
    with database.reading() as connection:
        assert verify_trail(connection).number == 2
    database.close()


@pytest.mark.parametrize("name", GUARDS)
@pytest.mark.parametrize("harm", ["gone", "weakened"])
def test_a_guard_that_was_taken_down_is_missed(tmp_path: Path, name: str, harm: str) -> None:
    """So is one that does nothing any more; both are put up again."""
    database = open_database(tmp_path / "desk.sqlite", DESK)
    with database.writing() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        if harm == "weakened":
            connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON audit BEGIN SELECT 1; END")
    with database.writing() as connection:
        assert not guards_stand(connection)
        make_guards(connection)
        assert guards_stand(connection)
    database.close()


def migrate(path: Path, revision: str) -> None:
    """Bring the database to a revision, as the version of that time did."""
    config = Config()
    config.set_main_option("script_location", "store:desk/migrations")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_desk_from_before_gets_its_id_and_keeps_its_chain(tmp_path: Path) -> None:
    """The record of its set-up names no desk; not a byte of its trail is touched."""
    path = tmp_path / "desk.sqlite"
    migrate(path, "0003")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        put_setting(connection, Setting.INTAKE_FINGERPRINT, b"AB" * 20)
        record_act(connection, "amina", Act.SET_UP)
        record_act(connection, "amina", Act.SIGN_IN)
        before = list(read_trail(connection, Wanted()))
    engine.dispose()
    database = open_database(path, DESK)
    with database.reading() as connection:
        assert len(bytes.fromhex(read_setting(connection, Setting.DESK_ID).decode())) == 16
        assert list(read_trail(connection, Wanted())) == before
        assert verify_trail(connection).named == ""
        assert guards_stand(connection)
    database.close()


def test_a_new_database_has_no_id_before_its_desk_is_made(tmp_path: Path) -> None:
    """`init` draws it, together with everything else that makes the desk."""
    database = open_database(tmp_path / "desk.sqlite", DESK)
    with database.reading() as connection, pytest.raises(Missing):
        read_setting(connection, Setting.DESK_ID)
    database.close()
