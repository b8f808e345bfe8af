"""Another authenticator in the place of the old: proved by both, chosen by nobody else; a mistake uses nothing up."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.proof import prove
from journalist_interface.recovery_codes import CODES, codes_left
from keys.errors import SignInRefused
from tests.desk_office import PASSWORD, Office, new_office
from tests.entering import browser, enter, give_codes, hidden, last_record


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


@dataclass
class Enrolling:
    """Somebody on the page for another authenticator, and the new device."""

    client: FlaskClient
    page: str

    def device(self) -> pyotp.TOTP:
        """The new authenticator, once it has scanned what the page shows."""
        found = re.search(r"<code>([A-Z2-7]{32})</code>", self.page)
        assert found
        return pyotp.TOTP(found[1])

    def send(self, **typed: str) -> tuple[int, str]:
        """Send the form; keep the page that comes."""
        form = {name: hidden(self.page, name) for name in ("csrf_token", "offered")}
        form |= {"current": PASSWORD, "new_code": self.device().now(), **typed}
        answer = self.client.post("/account/authenticator", data=form)
        if answer.status_code != 303:
            self.page = answer.text
        return answer.status_code, answer.location or answer.text


@pytest.fixture
def enrolling(app: Flask, office: Office) -> Enrolling:
    """amina, signed in, with the page open."""
    client = browser(app, office)
    return Enrolling(client, client.get("/account/authenticator").text)


def test_another_authenticator_takes_the_place_of_the_old(app: Flask, office: Office, enrolling: Enrolling) -> None:
    """Proved with a recovery code and its own first code. Seed, codes and this session stay; other sessions end."""
    codes, old = give_codes(office), office.secrets["amina"]
    other = browser(app, office, steps=1)
    proved_with = enrolling.device().now()
    status, led_to = enrolling.send(code=codes[0], new_code=proved_with)
    assert (status, led_to) == (303, "/account?done=authenticator#factors")
    assert last_record(office) == ("amina", "factor-added", "authenticator")
    assert "The new authenticator counts" in enrolling.client.get(led_to).text
    assert other.get("/account").status_code == 303
    proof = prove(office.desk, "amina", PASSWORD, codes[1])
    assert proof.secret.seed == old.seed
    assert proof.secret.totp_secret != old.totp_secret
    device = enrolling.device()
    for code in (proved_with, office.code(steps=1)):
        with pytest.raises(SignInRefused):  # used up by the proof; and the old one's
            prove(office.desk, "amina", PASSWORD, code)
    assert enter(app, device.at(int(time.time()) + 30))[1] == 303


REFUSED = {
    "a wrong code of the new one": ({"new_code": "000000"}, 422, "does not fit"),
    "the old one's code in both boxes": ({"new_code": "old"}, 422, "does not fit"),
    "a wrong password": ({"current": "seven quiet otter"}, 401, "Nothing was changed"),
    "a wrong code of the old one": ({"code": "000000"}, 401, "Nothing was changed"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_mistake_shows_the_same_qr_code_and_uses_nothing_up(office: Office, enrolling: Enrolling, row: str) -> None:
    """Who has scanned it need not scan another; then the same form goes through."""
    typed, wanted, said = REFUSED[row]
    codes = give_codes(office)
    secret = enrolling.device().secret
    sent = {"code": codes[0], **typed}
    sent = {name: office.code() if value == "old" else value for name, value in sent.items()}
    status, page = enrolling.send(**sent)
    assert status == wanted
    assert said in page
    assert enrolling.device().secret == secret
    assert codes_left(office.desk, "amina") == CODES
    assert enrolling.send(code=codes[0])[0] == 303


def test_nobody_chooses_the_secret_for_somebody_else(app: Flask, office: Office, enrolling: Enrolling) -> None:
    """A secret sealed in another session, altered, too long or none is refused; the page offers a new one."""
    (code, *_more) = give_codes(office)
    other = browser(app, office, steps=1)
    theirs = hidden(other.get("/account/authenticator").text, "offered")
    mine = hidden(enrolling.page, "offered")
    for offered in (theirs, mine[:-4] + "AAA=", "", "é", "A" * 5_000):
        status, page = enrolling.send(code=code, offered=offered)
        assert status == 422
        assert "too old to be used" in page
    assert codes_left(office.desk, "amina") == CODES


def test_a_stolen_session_guesses_no_faster_here(office: Office, enrolling: Enrolling) -> None:
    """The account page's forms pass the brake of sign-in."""
    form = {"csrf_token": hidden(enrolling.page, "csrf_token"), "current": "guess", "code": "000000"}
    addresses = ["recovery-codes", f"passkeys/{office.give_passkey('amina')}"] * 4
    statuses = [enrolling.client.post("/account/" + each, data=form).status_code for each in addresses]
    assert statuses == [401] * 5 + [429] * 3
    assert enrolling.send(code=office.code(steps=1))[0] == 429
