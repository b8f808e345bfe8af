"""Coming back after a loss, with an administrator's link and a second person's code: what is there then."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface import resetting
from journalist_interface.case_page import read_case
from journalist_interface.recovering import recover
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.walls import clear, withdraw
from keys.errors import SignInRefused
from keys.hpke import SecretKey
from store.desk.reviewers import find_reviewer, put_secret
from store.desk.roles import Role
from store.errors import Missing
from tests.coming_back import NEW_PASSWORD, PEOPLE, Desk, at_work, come_back, everything, sealed_secret
from tests.custodians import key_of
from tests.desk_office import PASSWORD, Office, new_office, read_list, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an officer, a reviewer, a supervisor and an administrator."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def desk(app: Flask, office: Office) -> Desk:
    """The desk with its people."""
    return Desk(app, office)


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    letter = write_letter(SecretKey(secrets.token_bytes(96)).public)
    return office.open(office.deliver(letter), cleared=("amina", "ben"))


def test_a_forgotten_password_brings_nobody_a_case(desk: Desk, office: Office, reference: str) -> None:
    """They sign in again, see no case, and a colleague lets them in; the old password and session open nothing."""
    before = desk.who("ben")
    old = sealed_secret(office)
    answer = come_back(desk.app, desk.ask(), desk.consent()).answer
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"<code>([0-9A-Z-]{14})</code>", answer.text)
    assert len(codes) == 10
    assert before.get("/account").status_code == 303
    assert old[:40] not in everything(office)
    client = desk.app.test_client()
    entered = client.post("/sign-in", data={"username": "ben", "password": NEW_PASSWORD, "code": codes[0]})
    assert entered.status_code == 303
    assert "No cases yet" in client.get("/").text
    assert client.get(f"/case/{reference}").status_code == 404
    with pytest.raises(SignInRefused):
        at_work(office, PASSWORD)
    amina = desk.who("amina")
    assert "ben lost their key" in amina.get(f"/case/{reference}").text
    clear(office.desk, office.signed_in(), reference, "ben", "It is he; I asked him.")
    assert client.get(f"/case/{reference}").status_code == 200
    assert "ben lost their key" not in amina.get(f"/case/{reference}").text


def test_a_lost_authenticator_costs_no_case(desk: Desk, office: Office, reference: str) -> None:
    """The password of now is asked for, the key stays; the old authenticator, passkeys and codes count no more."""
    old = office.code("ben")
    answer, _secret, used = come_back(desk.app, desk.ask("second-factor"), desk.consent(), PASSWORD)
    assert answer.status_code == 200, answer.text
    assert read_case(office.desk, at_work(office, PASSWORD), reference).case.card.name
    refused = desk.app.test_client().post("/sign-in", data={"username": "ben", "password": PASSWORD, "code": old})
    assert refused.status_code == 401
    client = desk.app.test_client()
    # The code that proved the new one counts once.
    assert client.post("/sign-in", data={"username": "ben", "password": PASSWORD, "code": used}).status_code == 401
    codes = re.findall(r"<code>([0-9A-Z-]{14})</code>", answer.text)
    entered = client.post("/sign-in", data={"username": "ben", "password": PASSWORD, "code": codes[3]})
    assert entered.status_code == 303
    assert client.get(f"/case/{reference}").status_code == 200


def test_a_wrong_password_of_now_changes_nothing(desk: Desk, office: Office) -> None:
    """The link stays good."""
    before = sealed_secret(office)
    link, consent = desk.ask("second-factor"), desk.consent()
    answer = come_back(desk.app, link, consent, "a password of somebody else").answer
    assert answer.status_code == 401
    assert sealed_secret(office) == before
    assert come_back(desk.app, link, consent, PASSWORD)[0].status_code == 200


def test_guessing_at_sign_in_keeps_nobody_from_coming_back(desk: Desk) -> None:
    """Attempts at a link are counted by the link."""
    link, consent = desk.ask(), desk.consent()
    for _attempt in range(8):
        desk.app.test_client().post("/sign-in", data={"username": "ben", "password": "x", "code": "0"})
    assert come_back(desk.app, link, consent).answer.status_code == 200


def test_a_password_that_was_changed_meanwhile_does_not_come_back(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the old one and the end of a slow reset the owner chose another."""
    link, consent = desk.ask("second-factor"), desk.consent()

    def change_it_first(seed: bytes, username: str) -> RecoveryCodes:
        changed = office.secrets["ben"].seal_under(NEW_PASSWORD, "ben")
        with office.desk.database.writing() as connection:
            put_secret(connection, "ben", changed)
        return draw_codes(seed, username)

    monkeypatch.setattr(resetting, "draw_codes", change_it_first)
    assert come_back(desk.app, link, consent, PASSWORD).answer.status_code == 401
    at_work(office, NEW_PASSWORD)
    with pytest.raises(SignInRefused):
        at_work(office, PASSWORD)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"again": "another one altogether"}, "differ"),
        ({"code": "000000"}, "does not fit"),
        ({"password": "candourcandour", "again": "candourcandour"}, "guessed"),
        ({"offered": "x"}, "too old"),
    ],
)
def test_a_mistake_keeps_the_qr_code_and_the_link(desk: Desk, changed: dict[str, str], said: str) -> None:
    """And the code of consent that was typed. Another QR code is shown only if the old one did not come back."""
    link, consent = desk.ask(), desk.consent()
    answer, secret, _code = come_back(desk.app, link, consent, **changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{consent}"' in answer.text
    assert (secret in answer.text) == ("offered" not in changed)
    assert come_back(desk.app, link, consent)[0].status_code == 200


def test_a_case_that_only_they_could_read_opens_with_the_recovery_key(desk: Desk, office: Office) -> None:
    """No case is lost by a reset."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("ben",))
    assert come_back(desk.app, desk.ask(), desk.consent())[0].status_code == 200
    ben = at_work(office, NEW_PASSWORD)
    with pytest.raises(Missing):
        read_case(office.desk, ben, reference)
    recover(office.desk, key_of(office), "ben", [reference], "His password is gone.")
    assert read_case(office.desk, ben, reference).case.card.name


def test_whoever_lost_the_key_can_be_kept_out_for_good(desk: Desk, office: Office, reference: str) -> None:
    """A colleague says no: nothing is offered any more, and the case has a new key."""
    assert come_back(desk.app, desk.ask(), desk.consent())[0].status_code == 200
    withdraw(office.desk, office.signed_in(), reference, "ben", "It may not be he.")
    page = read_case(office.desk, office.signed_in(), reference)
    assert not page.lapsed
    assert page.readers == ("amina",)
    assert read_list(office.desk, at_work(office, NEW_PASSWORD)).total == 0


def test_an_officer_who_is_reset_has_to_be_handed_the_intake_key(desk: Desk, office: Office) -> None:
    """It was sealed to the key that is gone."""
    office.add("finn", Role.INTAKE_OFFICER)
    assert come_back(desk.app, desk.ask(username="finn"), desk.consent())[0].status_code == 200
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "finn").sealed_passphrase is None
