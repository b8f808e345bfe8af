"""What was erased leaves the log of the database too: while somebody reads, after a crash, from another process."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from journalist_interface import commands_recovery, desk_folder, resealing, walls
from journalist_interface.casework.board import Boards
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import clear_desk_leftovers, empty_log, open_desk
from journalist_interface.housekeeping import BUSY_SECONDS, ROUND_SECONDS, Housekeeper
from journalist_interface.resealing import Resealed
from journalist_interface.trail_page import Filters, export_for_auditor
from journalist_interface.walls import withdraw
from serving.server import CLOSE
from store.desk import audit_reading
from store.desk.audit_reading import Wanted, read_trail, read_trail_in_batches
from store.desk.cases import find_case
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A desk where nobody waits long for a reader to end."""
    monkeypatch.setattr(desk_folder, "_BETWEEN_ATTEMPTS", 0)
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        yield made


class Crash(BaseException):
    """The process ends here."""


def two_readers(office: Office) -> tuple[str, bytes]:
    """A case of amina and bartek: its reference, and its key as it is sealed to bartek."""
    reference = office.open(office.deliver(write_letter(None), {"a.pdf": b"x" * 1000}), cleared=("amina", "bartek"))
    with office.desk.database.reading() as connection:
        sealed = find_case(connection, "bartek", reference).sealed_key
    assert office.desk.database.leave_no_trace()
    return reference, sealed


def on_disk(office: Office, secret: bytes) -> bool:
    """Whether a whole piece of a secret can be found in a file of the database."""
    files = office.folder.glob("desk.sqlite*")
    return any(secret[at : at + 32] in path.read_bytes() for path in files for at in range(0, len(secret) - 32, 32))


@pytest.fixture
def reader(office: Office) -> Iterator[sqlite3.Connection]:
    """Somebody who can read the database, and takes their time."""
    connection = sqlite3.connect(office.desk.paths.database, isolation_level=None)
    yield connection
    connection.close()


def begin_reading(reader: sqlite3.Connection) -> None:
    """Hold a read transaction."""
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM audit").fetchall()


def test_the_housekeeper_takes_out_what_a_reader_kept_in(office: Office, reader: sqlite3.Connection) -> None:
    """As long as somebody reads it is tried each second; afterwards the old key is nowhere."""
    reference, old = two_readers(office)
    begin_reading(reader)
    withdraw(office.desk, office.signed_in(), reference, "bartek", "cousin")
    housekeeper = Housekeeper(office.desk, Boards())
    assert housekeeper.round() == BUSY_SECONDS
    assert on_disk(office, old)
    reader.execute("COMMIT")
    assert housekeeper.round() == ROUND_SECONDS
    assert not on_disk(office, old)


def test_a_serving_desk_has_a_housekeeper(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the application and is gone after it."""
    did: list[str] = []
    monkeypatch.setattr(Housekeeper, "start", lambda _self: did.append("start"))
    monkeypatch.setattr(Housekeeper, "stop", lambda _self: did.append("stop"))
    app = create_desk(office.folder)
    assert did == ["start"]
    app.extensions[CLOSE]()
    assert did == ["start", "stop"]


def test_a_housekeeper_ends_when_it_is_told_to(office: Office) -> None:
    """And not at its next round."""
    housekeeper = Housekeeper(office.desk, Boards())
    housekeeper.start()
    housekeeper.stop()
    assert not housekeeper._thread.is_alive()


def test_the_next_start_empties_the_log_after_a_crash(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the commit of a wall and its settling."""
    reference, old = two_readers(office)

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(walls, "settle", crash)
    with pytest.raises(Crash):
        withdraw(office.desk, office.signed_in(), reference, "bartek", "cousin")
    assert on_disk(office, old)
    again = open_desk(office.folder)
    clear_desk_leftovers(again)
    assert not on_disk(office, old)
    again.database.close()


def test_a_step_of_settling_that_fails_keeps_no_other_from_being_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while files are settled does not leave the old key in the log."""
    reference, old = two_readers(office)
    monkeypatch.setattr(resealing, "finish_erasing", failing)
    withdraw(office.desk, office.signed_in(), reference, "bartek", "cousin")
    assert not on_disk(office, old)
    monkeypatch.setattr(type(office.desk.vault), "settle", failing)
    emptied: list[bool] = []
    monkeypatch.setattr(resealing, "empty_log", lambda _desk: emptied.append(True))
    resealing.settle(office.desk, Resealed(key=None, files={}))  # type: ignore[arg-type]  # no key is looked at
    assert emptied == [True]


def failing(*_: object) -> None:
    """A disk that fails."""
    raise OSError("the disk")


def test_an_export_that_is_taken_slowly_keeps_nothing_in_the_log(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a trickled download nor a slow stick holds a transaction between two records."""
    monkeypatch.setattr(audit_reading, "_BATCH", 1)
    two_readers(office)
    pieces = export_for_auditor(office.desk, office.signed_in(), "jsonl", Filters())
    next(pieces)
    assert office.desk.database.leave_no_trace()
    links = read_trail_in_batches(office.desk.database, Wanted())
    next(links)
    assert office.desk.database.leave_no_trace()


@pytest.mark.parametrize("batch", [1, 2, 500])
@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(last=2), Wanted(actor="amina"), Wanted(actor="amina", last=1), Wanted(actor="nobody")]
)
def test_batches_give_what_one_reading_gives(
    office: Office, monkeypatch: pytest.MonkeyPatch, batch: int, wanted: Wanted
) -> None:
    """The same records in the same order."""
    monkeypatch.setattr(audit_reading, "_BATCH", batch)
    two_readers(office)
    with office.desk.database.reading() as connection:
        whole = list(read_trail(connection, wanted))
    assert list(read_trail_in_batches(office.desk.database, wanted)) == whole


def test_the_terminal_says_so_if_old_keys_stay_for_now(
    office: Office, reader: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """Custodians who replaced a key hear that the old one is not out of the log yet."""
    commands_recovery.say_if_traces_stay(office.desk)
    assert capsys.readouterr().out == ""
    begin_reading(reader)
    two = office.deliver(write_letter(None))
    office.open(two)
    commands_recovery.say_if_traces_stay(office.desk)
    assert "still stand in its log" in capsys.readouterr().out
    reader.execute("COMMIT")
    assert empty_log(office.desk)


def test_a_database_that_cannot_be_read_ends_no_rounds(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a moment, as of a failing disk: what was kept for sessions waits, and the log is emptied all the same."""

    def refuse() -> NoReturn:
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(office.desk.database, "reading", refuse)
    housekeeper = Housekeeper(office.desk, Boards())
    assert housekeeper.round() in (ROUND_SECONDS, BUSY_SECONDS)
