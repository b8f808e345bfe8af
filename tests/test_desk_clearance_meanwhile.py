"""Between the page of a letter and its button: locks, news, double clicks. No choice is lost, nothing done twice."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface import clearance, views_clearance
from tests.clearing import COLLEAGUES, readers, ticked
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


def test_ticks_survive_a_lock_in_the_middle(amina: Person, office: Office) -> None:
    """The page keeps the choice; unlocked again, it goes on from there."""
    noted = letter(office, must_not_reach="Not Ben")
    amina.post("/post/lock")
    chosen = {"submission": noted.submission, "cleared": ["ben", "cora"], "although": "ben"}
    status, _to, page = amina.post("/post/open", **chosen)
    assert status == 409
    assert "Nothing was opened" in page
    assert "Chosen: ben and cora." in page
    assert "Not Ben" not in page
    assert amina.press(page, "It is unlocked: go on")[0] == 409
    amina.unlock()
    status, _to, page = amina.press(page, "It is unlocked: go on")
    assert (status, ticked(page)) == (200, {"ben", "cora"})
    assert amina.press(page, "Open for those ticked")[0] == 303
    assert readers(office) == [("ben", "cora")]


def test_the_page_of_a_letter_does_not_load_itself_anew(
    amina: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue does while letters are read; what is ticked on a page of its own stays."""
    found = letter(office)
    amina.get("/post")
    letter(office)
    monkeypatch.setattr(views_clearance, "SHOWING_SECONDS", 0.0)
    page = amina.get(f"/post/letter/{found.submission}")
    assert "1 letter is still being looked at, and may be from the same source." in page
    assert "http-equiv" not in page


def test_a_letter_waits_until_all_letters_were_read(
    amina: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note in the one that is read last may be about this source; the choice stands meanwhile."""
    key = source()
    silent = letter(office, key)
    page = amina.get(f"/post/letter/{silent.submission}")
    queue = amina.get("/post")
    letter(office, key, must_not_reach="Not Bartek")
    monkeypatch.setattr(clearance, "OPENING_SECONDS", 0.0)
    monkeypatch.setattr(views_clearance, "SHOWING_SECONDS", 0.0)
    status, _to, refused = amina.post("/post/open", submission=silent.submission, cleared=["ben"])
    assert status == 422
    assert "1 letter is still being looked at" in refused
    assert ticked(refused) == {"ben"}
    monkeypatch.undo()
    for form, button in ((queue, "Open for amina and bartek"), (page, "Open for those ticked")):
        status, _to, refused = amina.press(form, button)
        assert status == 422
        assert "Not Bartek" in refused
        assert "The note names bartek." in refused
    assert readers(office) == []


def test_what_came_since_the_page_was_made_is_looked_at_first(amina: Person, office: Office) -> None:
    """A note that is no conflict of anybody's still stops the button, once."""
    key = source()
    silent = letter(office, key)
    page = amina.get(f"/post/letter/{silent.submission}")
    letter(office, key, must_not_reach="the woman with the red scarf")
    status, _to, refused = amina.press(page, "Open for those ticked")
    assert status == 422
    assert "Something came to this letter since" in refused
    assert "red scarf" in refused
    assert ticked(refused) == ticked(page)
    assert amina.press(refused, "Open for those ticked")[0] == 303


def test_a_double_click_ends_where_the_first_click_led(amina: Person, office: Office) -> None:
    """On the case, or in the queue with a sentence if the officer cannot read it; what never was stays a 404."""
    mine, theirs = letter(office), letter(office)
    first = amina.post("/post/open", submission=mine.submission, cleared="amina")
    assert "/case/" in first[1]
    assert amina.post("/post/open", submission=mine.submission, cleared="amina")[:2] == first[:2]
    assert amina.post("/post/open", submission=theirs.submission, cleared="ben")[1] == "/post?opened=now"
    second = amina.post("/post/open", submission=theirs.submission, cleared="ben")
    assert second[:2] == (303, "/post?opened=before")
    assert "opened already. Nothing was done twice." in amina.get(second[1])
    assert amina.client.get(f"/post/letter/{theirs.submission}").location == "/post?opened=before"
    assert amina.post("/post/open", submission="a" * 32, cleared="ben")[0] == 404
    assert len(readers(office)) == 2


def test_two_clicks_at_the_same_moment(app: Flask, office: Office, amina: Person) -> None:
    """Neither ends on an error; there is one case."""
    found = letter(office)
    amina.get("/post")
    cookie = amina.client.get_cookie("candour_desk")
    assert cookie
    other = app.test_client()
    other.set_cookie("candour_desk", cookie.value)
    found_form = re.search(r'name="csrf_token" value="([^"]*)"', amina.get("/post"))
    assert found_form
    form = {"csrf_token": unescape(found_form[1]), "submission": found.submission, "cleared": "amina"}
    both, answers = Barrier(2), list[int]()

    def click(client: FlaskClient) -> None:
        both.wait()
        answers.append(client.post("/post/open", data=form).status_code)

    threads = [Thread(target=click, args=(client,)) for client in (amina.client, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert readers(office) == [("amina",)]
