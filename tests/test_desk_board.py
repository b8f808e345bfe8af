"""The list that is kept in memory while somebody works: always as the database is, and gone with its session."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from journalist_interface.case_access import open_case
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.board import Board
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.listing import Listing
from journalist_interface.casework.work import Priority
from journalist_interface.clock import now
from journalist_interface.gate import Works
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_status
from keys.hpke import SecretKey
from store.blobs import new_blob_id
from store.desk.cases import change_case
from tests.desk_office import Office, new_office, write_letter
from tests.desk_routes import Desk, furnished, token


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two reviewers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


def seen(board: Board, office: Office, who: str = "amina") -> set[str]:
    """The references on a board."""
    return {case.reference for case in board.look(office.desk, office.signed_in(who)).values()}


def test_each_look_shows_what_came_and_what_changed(office: Office) -> None:
    """New cases, further letters, work: on the next look, each from its own stamp on."""
    board = Board()
    assert seen(board, office) == set()
    source = SecretKey(secrets.token_bytes(96))
    first = office.open(office.deliver(write_letter(source.public)))
    assert seen(board, office) == {first}
    second = office.open(office.deliver(write_letter(None)))
    assert seen(board, office) == {first, second}
    office.open(office.deliver(write_letter(source.public)))
    found = {case.reference: case for case in board.look(office.desk, office.signed_in()).values()}
    card = found[first].card
    assert card is not None
    assert card.unread == 2
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), first)
        change_work(connection, case, lambda work: replace(work, priority=Priority.HIGH))
    found = {case.reference: case for case in board.look(office.desk, office.signed_in()).values()}
    assert found[first].work.priority is Priority.HIGH
    with office.desk.database.writing() as connection:
        change_case(connection, case.row.id, changed_at=now(), status="closed")
    found = {case.reference: case for case in board.look(office.desk, office.signed_in()).values()}
    assert found[first].status == "closed"


def test_who_is_kept_out_sees_nothing_on_the_next_look(office: Office) -> None:
    """Also when a case came at the same time, so that there are as many as before; and let in again, they see it."""
    board = Board()
    both = ("amina", "bartek")
    first = office.open(office.deliver(write_letter(None)), cleared=both)
    second = office.open(office.deliver(write_letter(None)), cleared=both)
    assert seen(board, office, "bartek") == {first, second}
    withdraw(office.desk, office.signed_in(), first, "bartek", "A friend of his.")
    third = office.open(office.deliver(write_letter(None)), cleared=both)
    assert seen(board, office, "bartek") == {second, third}
    withdraw(office.desk, office.signed_in(), second, "bartek", "Another friend.")
    # What changes while its reader is out, and is theirs again, is seen as it is.
    clear(office.desk, office.signed_in(), first, "bartek", "It was another Bartek.")
    assert seen(board, office, "bartek") == {first, third}
    found = {case.reference: case for case in board.look(office.desk, office.signed_in("bartek")).values()}
    with office.desk.database.reading() as connection:
        assert found[first].key == open_case(connection, office.signed_in(), first).key


def test_looks_of_many_threads_lose_nothing(office: Office) -> None:
    """Each look is as new as the database, and none takes a case away that another brought."""
    board = Board()
    faults: list[tuple[int, int]] = []

    def look_often() -> None:
        size = 0
        while not done.is_set():
            found = len(board.look(office.desk, office.signed_in()))
            if found < size:
                faults.append((size, found))
            size = found

    done = threading.Event()
    threads = [threading.Thread(target=look_often) for _n in range(3)]
    for thread in threads:
        thread.start()
    references = {office.open(office.deliver(write_letter(None))) for _n in range(6)}
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert seen(board, office) == references


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A furnished desk behind its pages."""
    with furnished(tmp_path / "desk") as made:
        yield made


def works_of(desk: Desk) -> Works:
    """What the process holds."""
    held = desk.app.extensions["candour_desk"]
    assert isinstance(held, Works)
    return held


def at_the_list(desk: Desk) -> FlaskClient:
    """A browser that looked at the list, whose board is kept."""
    browser = desk.browser("reviewer")
    assert desk.mine in browser.get("/").text
    return browser


def test_signing_out_forgets_the_board(desk: Desk) -> None:
    """At once."""
    browser = at_the_list(desk)
    assert len(works_of(desk).boards) == 1
    browser.post("/sign-out", data={"csrf_token": token(browser)})
    assert len(works_of(desk).boards) == 0


def test_a_session_that_ended_in_any_other_way_leaves_no_board(desk: Desk) -> None:
    """The housekeeper's next round forgets it: ended elsewhere, idled out, or suspended."""
    at_the_list(desk)
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sessions SET last_used = 0")
    Housekeeper(desk.office.desk, works_of(desk).boards).round()
    assert len(works_of(desk).boards) == 0


def test_a_session_at_work_keeps_its_board(desk: Desk) -> None:
    """The housekeeper forgets those of others."""
    at_the_list(desk)
    Housekeeper(desk.office.desk, works_of(desk).boards).round()
    assert len(works_of(desk).boards) == 1


def test_a_listing_is_what_a_new_one_would_be(office: Office) -> None:
    """Whatever came, changed, closed or went since the last: the same cases in the same order, and the same tags."""
    board, amina = Board(), office.signed_in()
    made = [office.open(office.deliver(write_letter(None)), cleared=("amina", "bartek")) for _ in range(4)]

    def check() -> Listing:
        seen, fresh = board.listing(office.desk, amina), Board().listing(office.desk, amina)
        assert [each.case.id for each in seen.cases] == [each.case.id for each in fresh.cases]
        assert [each.case.card for each in seen.cases] == [each.case.card for each in fresh.cases]
        assert [each.dues for each in seen.cases] == [each.dues for each in fresh.cases]
        assert [each.case.id for each in seen.open] == [each.case.id for each in fresh.open]
        assert (seen.tags, seen.assignees) == (fresh.tags, fresh.assignees)
        return seen

    first = check()
    assert board.listing(office.desk, amina) is first
    set_work(office.desk, amina, made[1], WorkForm("bartek", "high", "north, car park"))
    second = check()
    assert second is not first
    assert (second.tags, second.assignees) == (("car park", "north"), ("bartek",))
    write_status(office.desk, amina, made[2], new_blob_id(), "closed", "Done.", untrusted_outcome="misuse")
    made.append(office.open(office.deliver(write_letter(None))))
    assert len(check().open) == 4
    withdraw(office.desk, office.signed_in("bartek"), made[0], "amina", "A friend of his.")
    assert made[0] not in {each.case.reference for each in check().cases}
    clear(office.desk, office.signed_in("bartek"), made[0], "amina", "Not his friend after all.")
    assert made[0] in {each.case.reference for each in check().cases}
