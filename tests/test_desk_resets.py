"""Coming back after a loss: with the link of an administrator and the code of a second person, and not otherwise."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface import resetting
from journalist_interface.case_page import read_case
from journalist_interface.recovering import recover
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.sessions import SignedIn
from journalist_interface.walls import clear, withdraw
from keys.errors import SignInRefused
from keys.hpke import SecretKey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.desk.account_tables import invitations
from store.desk.reviewers import find_reviewer, put_secret
from store.desk.roles import Role
from store.errors import Missing
from tests.custodians import key_of
from tests.desk_office import PASSWORD, Office, new_office, read_list, sign_in, write_letter

NEW_PASSWORD = "eleven patient herons wading"
PEOPLE = {
    "ben": (Role.REVIEWER,),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
    "dora": (Role.ADMINISTRATOR,),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an officer, a reviewer, a supervisor and an administrator."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    letter = write_letter(SecretKey(secrets.token_bytes(96)).public)
    return office.open(office.deliver(letter), cleared=("amina", "ben"))


@dataclass
class Desk:
    """Browsers at the desk, each with one person in it."""

    app: Flask
    office: Office

    def who(self, username: str) -> FlaskClient:
        """A browser in which somebody is signed in."""
        made = self.app.test_client()
        sign_in(made, self.office, username)
        return made

    def ask(self, kind: str = "password", username: str = "ben") -> str:
        """Have dora ask for a reset; return the path of the link."""
        self.dora = self.who("dora")
        answer = post(self.dora, f"/people/{username}/reset", f"/people/{username}", kind=kind)
        assert answer.status_code == 200, answer.text
        return found(r"http://localhost(/reset/[\w-]{86})", answer.text)

    def consent(self, username: str = "cora") -> str:
        """Have somebody consent to what waits; return the code."""
        client = self.who(username)
        request = found(r'name="request" value="(\w{64})"', client.get("/consents").text)
        answer = post(client, "/consents/agree", "/consents", request=request)
        assert answer.status_code == 200, answer.text
        return found(r"<code class=\"large\">([\w-]+)</code>", answer.text)


@pytest.fixture
def desk(app: Flask, office: Office) -> Desk:
    """The desk with its people."""
    return Desk(app, office)


def found(pattern: str, text: str) -> str:
    """What stands in a page."""
    match = re.search(pattern, text)
    assert match, text
    return unescape(match[1])


def post(client: FlaskClient, address: str, page: str, **form: str) -> TestResponse:
    """Send a form of a page."""
    token = found(r'name="csrf_token" value="([^"]*)"', client.get(page).text)
    return client.post(address, data={"csrf_token": token, **form})


class Back(NamedTuple):
    """What came of it, the new authenticator's secret, and the code that was typed."""

    answer: TestResponse
    secret: str
    code: str


def come_back(app: Flask, link: str, consent: str, password: str = NEW_PASSWORD, **other: str) -> Back:
    """Fill in the page behind a link, as its owner does."""
    client = app.test_client()
    page = client.get(link).text
    secret = found(r"<p><code>([A-Z2-7]{32})</code></p>", page)
    form = {
        "offered": found(r'name="offered" value="([^"]*)"', page),
        "consent": consent,
        "password": password,
        "again": password,
        "code": pyotp.TOTP(secret).now(),
        **other,
    }
    return Back(client.post(link, data=form), secret, form["code"])


def sealed_secret(office: Office, username: str = "ben") -> bytes:
    """What the password of somebody opens."""
    with office.desk.database.reading() as connection:
        return find_reviewer(connection, username).sealed_secret


def at_work(office: Office, password: str, username: str = "ben") -> SignedIn:
    """Somebody with the key that a password opens. Raises SignInRefused."""
    key = ReviewerSecret.open(sealed_secret(office, username), password, username).key()
    return SignedIn(username, key, SessionToken.draw())


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


def everything(office: Office) -> bytes:
    """Every byte of the database and its log."""
    return b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))


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


def test_the_administrator_alone_comes_in_nowhere(desk: Desk, office: Office) -> None:
    """Before consent and after it, without the code, or with one that they can find in the database."""
    before = sealed_secret(office)
    link = desk.ask()
    answer = come_back(desk.app, link, "").answer
    assert answer.status_code == 422
    assert "Nobody has consented yet" in answer.text
    desk.consent()
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    for guess in ("", "0" * 20, row.consent_hash.hex(), row.lookup_hash.hex()[:20]):
        assert come_back(desk.app, link, guess)[0].status_code == 401
    assert sealed_secret(office) == before


def test_the_second_person_alone_has_no_link(desk: Desk, office: Office) -> None:
    """What stands on their pages and in the database finds no link."""
    link = desk.ask()
    cora = desk.who("cora")
    page = cora.get("/consents").text
    post(cora, "/consents/agree", "/consents", request=found(r'name="request" value="(\w{64})"', page))
    assert link.removeprefix("/reset/")[:40] not in page + everything(office).decode("latin-1")
    for guess in re.findall(r"\w{64}", page):
        assert desk.app.test_client().get(f"/reset/{guess}").status_code == 404


def test_whoever_asked_or_is_concerned_does_not_consent(desk: Desk, office: Office) -> None:
    """Nor does an officer while there is another supervisor."""
    office.add("sue", Role.SUPERVISOR)
    desk.ask(username="cora")
    cora = desk.who("cora")
    assert "somebody else must agree" in cora.get("/consents").text
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    refused = post(cora, "/consents/agree", "/account", request=row.lookup_hash.hex())
    assert refused.status_code == 422
    amina = desk.who("amina")
    assert amina.get("/consents").status_code == 404
    refused = post(amina, "/consents/agree", "/account", request=row.lookup_hash.hex())
    assert refused.status_code in (404, 422)
    assert desk.dora.get("/consents").status_code == 404
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    assert row.consented_by is None


def test_without_a_supervisor_an_officer_consents(desk: Desk) -> None:
    """A small desk has nobody else."""
    dora = desk.who("dora")
    assert post(dora, "/people/cora/suspend", "/people/cora").status_code == 303
    link = found(r"(/reset/[\w-]{86})", post(dora, "/people/ben/reset", "/people/ben", kind="password").text)
    assert come_back(desk.app, link, desk.consent("amina"))[0].status_code == 200


def test_a_link_is_used_once(desk: Desk) -> None:
    """Of two tabs one wins; afterwards it is the page of a link that never was."""
    link, consent = desk.ask(), desk.consent()
    assert come_back(desk.app, link, consent)[0].status_code == 200
    over = desk.app.test_client().get(link)
    never = desk.app.test_client().get("/reset/" + SessionToken.draw().cookie())
    assert (over.status_code, over.text) == (never.status_code, never.text) == (404, never.text)
    assert desk.app.test_client().get("/reset/x").text == never.text


def test_a_refused_or_withdrawn_or_expired_link_opens_nothing(desk: Desk, office: Office) -> None:
    """Each is recorded."""
    link = desk.ask()
    cora = desk.who("cora")
    request = found(r'name="request" value="(\w{64})"', cora.get("/consents").text)
    assert post(cora, "/consents/refuse", "/consents", request=request).status_code == 303
    assert desk.app.test_client().get(link).status_code == 404
    again = post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").text
    second = found(r"(/reset/[\w-]{86})", again)
    assert "given out already" in post(desk.dora, "/people/ben/reset", "/people/cora", kind="password").text
    assert post(desk.dora, "/links/take-back", "/people/ben", username="ben").status_code == 303
    assert desk.app.test_client().get(second).status_code == 404
    third = found(r"(/reset/[\w-]{86})", post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").text)
    with office.desk.database.writing() as connection:
        connection.execute(invitations.update().values(expires_at=1))
    assert desk.app.test_client().get(third).status_code == 404
    assert post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").status_code == 200
    text = everything(office).decode("latin-1")
    for note in ("ben: refused", "ben: taken back", "ben: expired"):
        assert note in text


def test_a_code_of_consent_is_for_one_request(desk: Desk) -> None:
    """Cora's code for ben does not let in whoever has a link for amina."""
    for_ben, consent = desk.ask(), desk.consent()
    for_amina = found(
        r"(/reset/[\w-]{86})", post(desk.dora, "/people/amina/reset", "/people/amina", kind="password").text
    )
    assert come_back(desk.app, for_amina, consent)[0].status_code == 422
    assert come_back(desk.app, for_ben, consent)[0].status_code == 200


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


def test_nobody_asks_for_themselves(desk: Desk) -> None:
    """A second administrator does."""
    dora = desk.who("dora")
    assert post(dora, "/people/dora/reset", "/people/ben", kind="password").status_code == 422
    assert post(dora, "/people/nobody/reset", "/people/ben", kind="password").status_code == 404
    assert post(dora, "/people/ben/reset", "/people/ben", kind="x").status_code == 422
