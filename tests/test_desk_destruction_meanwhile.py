"""What happens between asking for a destruction and agreeing to it: the request goes, or cannot be agreed to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_consents import waiting_in_cases
from journalist_interface.casework.destruction import agree_to_end, end_case, refuse_end, take_back
from journalist_interface.casework.holding import hold, lift
from journalist_interface.casework.periods_kept import keep_periods
from journalist_interface.casework.retention import Periods
from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note
from keys.ciphertext import Ciphertext
from keys.hpke import SecretKey
from store.blobs import new_blob_id
from store.desk.account_tables import roles
from store.desk.case_tables import case_requests
from store.desk.further import NOTHING, note_further
from store.desk.reviewers import suspend
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter
from tests.ended_case import asked, close_and_wait, is_there, requests


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post, ben reads, cora is a supervisor who reads too, sue and sid supervisors alone."""
    both = (Role.REVIEWER, Role.SUPERVISOR)
    people = {"ben": (Role.REVIEWER,), "cora": both, "sue": (Role.SUPERVISOR,), "sid": (Role.SUPERVISOR,)}
    with new_office(tmp_path / "desk", people) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case of amina's and ben's whose time is over."""
    found = office.open(letter(office), cleared=("amina", "ben"))
    close_and_wait(office, found)
    return found


def _hold_and_lift(office: Office, reference: str) -> None:
    hold(office.desk, office.signed_in(), reference, "A court.")
    lift(office.desk, office.signed_in(), reference, "Done.")


def _refuse(office: Office, _reference: str) -> None:
    refuse_end(office.desk, office.signed_in("sue"), requests(office, "sue")[0])


MEANWHILE: dict[str, Callable[[Office, str], None]] = {
    "a note": lambda office, it: write_note(office.desk, office.signed_in(), it, new_blob_id(), "Wait!"),
    "a hold": lambda office, it: hold(office.desk, office.signed_in(), it, "A court."),
    "a hold that was lifted": _hold_and_lift,
    "a wall against who asked": lambda office, it: withdraw(office.desk, office.signed_in(), it, "ben", "A friend."),
    "taking it back": lambda office, it: take_back(office.desk, office.signed_in(), it),
    "a refusal": _refuse,
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_what_happens_meanwhile_takes_the_request_away(office: Office, reference: str, what: str) -> None:
    """It was another case that was to be agreed on; it can be asked for anew, unless it is held."""
    request = asked(office, reference)
    MEANWHILE[what](office, reference)
    assert waiting_in_cases(office.desk, office.signed_in("sue")) == ()
    with pytest.raises(SetUpRefused, match="not here any more"):
        agree_to_end(office.desk, office.signed_in("sue"), request)
    assert is_there(office, reference)


def test_who_asked_and_is_gone_asks_for_nothing(office: Office, reference: str) -> None:
    """Somebody suspended wants nothing here; nor does one who was asked and is no supervisor any more judge."""
    request = asked(office, reference)
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    with pytest.raises(SetUpRefused):
        agree_to_end(office.desk, office.signed_in("sue"), request)
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", False)
        connection.execute(roles.delete().where(roles.c.username == "sue"))
    with pytest.raises(SetUpRefused):
        agree_to_end(office.desk, office.signed_in("sue"), request)
    assert is_there(office, reference)


def test_a_further_letter_in_the_post_holds_it_up(office: Office) -> None:
    """Once an officer has read that it is there: before, and after somebody was asked."""
    source = SecretKey(bytes(range(96)))
    found = office.open(letter(office, source.public), cleared=("amina", "ben"))
    close_and_wait(office, found)
    request = asked(office, found)
    waiting = letter(office, source.public)
    with office.desk.database.writing() as connection:
        case_id = connection.exec_driver_sql("SELECT id FROM cases WHERE reference = ?", (found,)).scalar_one()
        note_further(connection, waiting.submission, case_id, {"ben": NOTHING})
    with pytest.raises(SetUpRefused, match="further letter"):
        agree_to_end(office.desk, office.signed_in("sue"), request)
    take_back(office.desk, office.signed_in("ben"), found)
    with pytest.raises(WritingRefused, match="further letter"):
        end_case(office.desk, office.signed_in("ben"), found, "sue")
    office.open(waiting)
    with pytest.raises(WritingRefused, match="is open"):
        end_case(office.desk, office.signed_in("ben"), found, "sue")


def test_words_that_do_not_open_are_not_agreed_to(app: Flask, office: Office, reference: str) -> None:
    """After a new key, or altered: she is told, can refuse, and cannot agree blindly."""
    request = asked(office, reference)
    with office.desk.database.writing() as connection:
        connection.execute(case_requests.update().values(sealed=Ciphertext(b"something else")))
    sue = Person(app, office, "sue")
    page = sue.get("/consents")
    assert "does not open" in page
    assert "I asked them: destroy" not in page
    with pytest.raises(SetUpRefused, match="does not open"):
        agree_to_end(office.desk, office.signed_in("sue"), request)
    refuse_end(office.desk, office.signed_in("sue"), request)
    assert "refused or taken back: sue" in Person(app, office, "ben").get(f"/case/{reference}")


def test_a_case_that_is_gone_is_gone_for_whoever_presses_second(office: Office, reference: str) -> None:
    """Two readers at once, where one is enough."""
    keep_periods(office.desk, office.signed_in("sue"), replace(Periods(), consent=False))
    assert end_case(office.desk, office.signed_in("ben"), reference)
    with pytest.raises(Missing):
        end_case(office.desk, office.signed_in(), reference)
