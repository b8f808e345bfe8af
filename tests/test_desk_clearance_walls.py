"""What an officer is told past a wall: of colleagues' load and of further letters of cases that they cannot read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.walls import clear, withdraw
from keys.letter import Answer
from store.desk.post_tables import further_letters
from tests.clearing import COLLEAGUES, REASON, alike, hidden_letter, readers, say, ticked, waiting
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina is officer and reviewer, so is bartek; ben and cora are reviewers, olu is an officer alone."""
    with new_office(tmp_path / "desk", COLLEAGUES) as made:
        yield made


@pytest.fixture
def amina(app: Flask, office: Office) -> Person:
    """The officer, with the key unlocked."""
    return Person(app, office, "amina").unlock()


def test_the_load_tells_nothing_of_what_colleagues_opened(app: Flask, office: Office, amina: Person) -> None:
    """Byte for byte the page is the same before and after others opened cases without this officer."""
    found = letter(office)
    bartek = Person(app, office, "bartek").unlock()
    before = alike(bartek.get(f"/post/letter/{found.submission}"))
    for _case in range(3):
        opened = letter(office)
        assert amina.post("/post/open", submission=opened.submission, cleared=["amina", "ben"])[0] == 303
    assert alike(bartek.get(f"/post/letter/{found.submission}")) == before
    assert "3 cases lately" not in before
    assert amina.get(f"/post/letter/{found.submission}").count("3 cases lately.") == 2
    bartek.post("/post/open", submission=letter(office).submission, cleared=["ben"])
    assert bartek.get(f"/post/letter/{found.submission}").count("1 case lately.") == 1


def test_a_colleague_let_in_counts_for_whoever_can_read_the_case(app: Flask, office: Office, amina: Person) -> None:
    """Also when another did it; once for each case, however often it is recorded."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    clear(office.desk, office.signed_in("ben"), reference, "cora", REASON)
    found = letter(office)
    page = amina.get(f"/post/letter/{found.submission}")
    assert page.count("1 case lately.") == 3
    assert ticked(page) == {"bartek", "amina"}
    bartek = Person(app, office, "bartek").unlock()
    assert "1 case lately." not in bartek.get(f"/post/letter/{found.submission}")


def test_a_further_letter_goes_to_the_readers_there_are(amina: Person, office: Office) -> None:
    """Nothing is chosen; who can read it already is shown, with what speaks against it."""
    key = source()
    office.open(letter(office, key), cleared=("amina", "ben"))
    plain = letter(office, key)
    queue = amina.get("/post")
    assert "More from" in queue
    assert amina.press(queue, "Open")[0] == 303
    say(office, "ben", "Westbury")
    harmful = letter(office, key, message="in Westbury")
    assert amina.post("/post/open", submission=harmful.submission, by_proposal="1")[0] == 422
    page = amina.get(f"/post/letter/{harmful.submission}")
    assert "or a conflict that they named" in page
    assert 'name="cleared"' not in page
    assert amina.press(page, "Open")[0] == 303
    assert readers(office) == [("amina", "ben")]
    assert plain.submission not in waiting(office)


def test_of_a_colleagues_further_letter_there_is_no_row_and_no_count(app: Flask, office: Office, amina: Person) -> None:
    """Queue, list of cases, the letter's own address, opening all: as if it were not there."""
    empty = alike(amina.get("/post"))
    _reference, further = hidden_letter(office, "ben")
    page = amina.get("/post")
    assert "The post is empty" in page
    assert alike(page) == empty
    assert "in the post</a>" not in amina.get("/")
    never = amina.client.get(f"/post/letter/{'a' * 32}")
    assert amina.client.get(f"/post/letter/{further.submission}").text == never.text
    for fields in ({"cleared": "amina"}, {"by_proposal": "1"}):
        assert amina.post("/post/open", submission=further.submission, **fields)[0] == 404
    amina.post("/post/open", all="1")
    assert "left for you" not in amina.get("/post")
    assert waiting(office) == {further.submission}
    locked = Person(app, office, "bartek")
    assert "1 letter waits" in locked.get("/post")


def test_the_readers_are_told_and_nobody_else(app: Flask, office: Office, amina: Person) -> None:
    """Once an officer has read the post; with danger if there is any, and whom to let in."""
    reference, _further = hidden_letter(office, "ben", answers=(Answer("q-danger", "yes"),))
    ben = Person(app, office, "ben")
    assert "more in the post" not in ben.get("/")
    amina.get("/post")
    assert "Perhaps danger: 1 more in the post" in ben.get("/")
    page = ben.get(f"/case/{reference}")
    assert "1 further letter of this source waits in the post" in page
    assert "let one of these in below: amina and bartek." in page
    with office.desk.database.reading() as connection:
        (row,) = connection.execute(further_letters.select()).all()
    assert row.holder == "ben"
    for colleague in (amina, Person(app, office, "bartek"), Person(app, office, "cora")):
        assert "more in the post" not in colleague.get("/")


def test_a_letter_that_nobody_could_open_is_opened_by_who_is_let_in(app: Flask, office: Office, amina: Person) -> None:
    """No letter is lost: the officer finds it in the queue from then on, and the reader's page is quiet again."""
    reference, further = hidden_letter(office, "ben")
    amina.get("/post")
    clear(office.desk, office.signed_in("ben"), reference, "amina", REASON)
    ben = Person(app, office, "ben")
    assert "can open it: amina." in ben.get(f"/case/{reference}")
    assert amina.press(amina.get("/post"), "Open")[:2] == (303, f"/case/{reference}")
    assert further.submission not in waiting(office)
    assert "in the post" not in ben.get(f"/case/{reference}")


def test_who_is_kept_out_finds_no_trace_of_what_waits(app: Flask, office: Office, amina: Person) -> None:
    """Not on a page, and no row sealed to them in the database."""
    reference, _further = hidden_letter(office, "ben", "cora")
    amina.get("/post")
    withdraw(office.desk, office.signed_in("cora"), reference, "ben", REASON)
    with office.desk.database.reading() as connection:
        assert [row.holder for row in connection.execute(further_letters.select())] == ["cora"]
    assert "more in the post" not in Person(app, office, "ben").get("/")


def test_an_officer_who_is_let_out_loses_the_row(office: Office, amina: Person) -> None:
    """A letter that was shown is hidden as soon as its case is not theirs any more."""
    reference, _further = hidden_letter(office, "amina", "ben")
    assert "More from" in amina.get("/post")
    withdraw(office.desk, office.signed_in("ben"), reference, "amina", REASON)
    page = amina.get("/post")
    assert "More from" not in page
    assert "The post is empty" in page
