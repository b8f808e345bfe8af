"""When what was sent leaves: a courier that stays says when it goes next; of one that is not there nobody says it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.talking import read_next_collection
from journalist_interface.clock import now
from store.desk.courier_state import Doing, beat, say_finished, say_next, say_started
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk where amina does everything."""
    with new_office(tmp_path / "desk") as made:
        yield made


def told(app: Flask, office: Office) -> str:
    """What the page of a case says of it."""
    reference = office.open(letter(office, source()))
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    page = Person(app, office, "amina").get(f"/case/{reference}")
    return page[page.index("1 reply waits for the next collection.") :].split("</p>")[0]


def test_a_courier_that_stays_says_when_it_goes_next(app: Flask, office: Office) -> None:
    """While it goes, when it goes, and that nobody knows."""
    assert "No courier is at work just now" in told(app, office)
    with office.desk.database.writing() as connection:
        say_started(connection, now())
    assert "on its way just now" in told(app, office)
    with office.desk.database.writing() as connection:
        say_finished(connection, now(), Doing.DONE, "Nothing came.")
    assert "goes again soon" in told(app, office)
    with office.desk.database.writing() as connection:
        say_next(connection, now() + 600)
    assert "The next collection is expected about " in told(app, office)


def test_what_a_courier_said_that_is_gone_is_not_believed(office: Office) -> None:
    """Its heart stopped, or its time has passed, or it goes already: no time is told."""
    with office.desk.database.writing() as connection:
        say_finished(connection, now() - 3_600, Doing.DONE, "Nothing came.")
        say_next(connection, now() + 600)
        assert read_next_collection(connection).next_at is None
        beat(connection, now())
        assert read_next_collection(connection).next_at is not None
        say_next(connection, now() - 1)
        assert read_next_collection(connection).next_at is None
        say_next(connection, now() + 600)
        say_started(connection, now())
        assert read_next_collection(connection).next_at is None


def test_what_was_sent_cannot_be_changed_and_the_page_says_so(app: Flask, office: Office) -> None:
    """No way to edit, take back or delete a reply, on any route."""
    reference = office.open(letter(office, source()))
    page = Person(app, office, "amina").get(f"/case/{reference}")
    assert "What was sent cannot be changed or taken back." in page
    about_replies = {rule.rule for rule in app.url_map.iter_rules() if "/reply" in rule.rule or "<kind>" in rule.rule}
    assert about_replies == {"/case/<reference>/reply"} | {
        f"/case/<reference>/<kind>/{act}" for act in ("look", "draft", "discard", "write")
    }
