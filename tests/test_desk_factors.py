"""Second factors at the desk: recovery codes, another authenticator, an exchanged key noticed."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.commands import main
from journalist_interface.proof import prove
from journalist_interface.recovery_codes import CODES, codes_left, draw_codes
from keys.errors import SignInRefused
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import stop_agent
from store.desk.account_tables import audit, reviewers, second_factors, sessions
from store.desk.audit_reading import verify_trail
from tests.desk_office import PASSWORD, Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


def give_codes(office: Office, username: str = "amina") -> tuple[str, ...]:
    """Give an account new codes; return them, as its owner has them on paper."""
    drawn = draw_codes(office.secrets[username].seed, username)
    with office.desk.database.writing() as connection:
        drawn.keep(connection)
    return drawn.codes


def enter(app: Flask, code: str, username: str = "amina", password: str = PASSWORD) -> tuple[FlaskClient, int, str]:
    """Try to sign in; return the browser, the status and where it led."""
    client = app.test_client()
    answer = client.post("/sign-in", data={"username": username, "password": password, "code": code})
    # Each page has a challenge of its own for passkeys.
    page = re.sub(r'data-challenge="[^"]*"', "", answer.text)
    return client, answer.status_code, answer.location or page


def last_record(office: Office) -> tuple[str, str, str]:
    """The newest record of the trail: actor, act, note. The trail as a whole must hold."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        row = connection.execute(audit.select().order_by(audit.c.number.desc()).limit(1)).one()
    return row.actor, row.act, row.note


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(app: Flask, office: Office) -> None:
    """In the box of the other code, however it is typed; then the account page; the trail names the kind."""
    codes = give_codes(office)
    client, status, led_to = enter(app, codes[3].lower().replace("-", " "))
    assert (status, led_to) == (303, "/account?recovered=1")
    assert "9 recovery codes are left" in " ".join(client.get(led_to).text.split())
    assert last_record(office) == ("amina", "sign-in", "recovery-code")
    assert enter(app, codes[3])[1] == 401
    assert last_record(office)[:2] == ("amina", "sign-in-failed")
    assert enter(app, codes[4])[1] == 303
    assert codes_left(office.desk, "amina") == CODES - 2
    raw = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    for code in codes:
        assert code.encode() not in raw
        assert code.replace("-", "").encode() not in raw


def test_the_authenticators_code_leads_to_the_cases(app: Flask, office: Office) -> None:
    """And is what the trail names."""
    assert enter(app, office.code())[1:] == (303, "/today")
    assert last_record(office) == ("amina", "sign-in", "authenticator")


def test_every_failure_is_one_answer(app: Flask, office: Office) -> None:
    """Wrong password and right code, somebody else's code, a used one, nobody's name: one page, nothing used up."""
    codes, theirs = give_codes(office), give_codes(office, "bartek")
    assert enter(app, codes[0])[1] == 303
    pages = {
        enter(app, code, "amina", password)[2]
        for password, code in ((PASSWORD + "x", codes[1]), (PASSWORD, theirs[0]), (PASSWORD, codes[0]), (PASSWORD, ""))
    }
    pages |= {enter(app, codes[1], "nobody")[2].replace("nobody", "amina")}
    assert len(pages) == 1
    assert "That did not work" in pages.pop()
    assert codes_left(office.desk, "amina") == CODES - 1
    assert codes_left(office.desk, "bartek") == CODES


def test_recovery_codes_are_guessed_as_slowly_as_all_else(app: Flask, office: Office) -> None:
    """The brake is the account's, whichever factor is tried."""
    codes = give_codes(office)
    statuses = [enter(app, f"0000-0000-000{guess}")[1] for guess in range(6)]
    assert statuses == [401] * 5 + [429]
    assert enter(app, codes[0])[1] == 429
    assert codes_left(office.desk, "amina") == CODES


def test_two_at_once_with_one_code_are_one(office: Office) -> None:
    """Both found it right; only one can use it up."""
    (code, *_more) = give_codes(office)
    first, second = (prove(office.desk, "amina", PASSWORD, code) for _ in range(2))
    with office.desk.database.writing() as connection:
        first.spend(connection)
    with pytest.raises(SignInRefused), office.desk.database.writing() as connection:
        second.spend(connection)


def test_whoever_writes_to_the_database_adds_no_code(app: Flask, office: Office) -> None:
    """Neither sealed with a secret of their own, nor copied from their own account, nor called another kind."""
    mine = draw_codes(secrets.token_bytes(SEED_SIZE), "amina")
    with office.desk.database.writing() as connection:
        mine.keep(connection)
    assert enter(app, mine.codes[0])[1] == 401
    theirs = give_codes(office, "bartek")
    with office.desk.database.writing() as connection:
        connection.execute(second_factors.delete().where(second_factors.c.username == "amina"))
        connection.execute(second_factors.update().values(username="amina"))
    for code in theirs[:2]:
        assert enter(app, code)[1] == 401


def test_an_account_without_codes_gets_in_with_its_authenticator(app: Flask, office: Office) -> None:
    """As those of before do."""
    assert codes_left(office.desk, "bartek") == 0
    client, status, _led_to = enter(app, office.code("bartek"), "bartek")
    assert status == 303
    assert "There are no recovery codes" in client.get("/account").text


def test_init_and_added_reviewers_get_codes(tmp_path: Path, office: Office) -> None:
    """Printed once, for paper; each opens the account."""
    folder = tmp_path / "new"
    arguments = ["init", "--data", str(folder), "--username", "demo", "--password-stdin", "--json"]
    made = json.loads(CliRunner().invoke(main, arguments, input=PASSWORD + "\n").stdout)
    stop_agent(folder / "gnupg")
    assert len(set(made["recovery_codes"])) == CODES
    typed = f"amina\n{PASSWORD}\n{office.code()}\nplum ladder frost\nplum ladder frost\n"
    done = CliRunner().invoke(main, ["reviewer", "add", "cora", "--data", str(office.folder)], input=typed)
    assert done.exit_code == 0, done.output
    codes = re.findall(r"^  ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})$", done.output, re.MULTILINE)
    assert len(codes) == CODES
    assert prove(office.desk, "cora", "plum ladder frost", codes[7]).factor.kind == "recovery-code"


def test_an_exchanged_public_key_is_noticed_and_nobody_is_let_in(app: Flask, office: Office) -> None:
    """Only after all three are right; recorded; told in plain words. A wrong code says what it always says."""
    with office.desk.database.writing() as connection:
        public = SecretKey(secrets.token_bytes(SEED_SIZE)).public
        connection.execute(reviewers.update().where(reviewers.c.username == "amina").values(public_key=public))
    assert "That did not work" in enter(app, "000000")[2]
    code = office.code()
    client, status, page = enter(app, code)
    assert status == 403
    assert "Your key was exchanged" in page
    assert "Tell your supervisor and the auditor now" in page
    assert last_record(office) == ("amina", "key-exchanged", "")
    with office.desk.database.reading() as connection:
        assert connection.execute(sessions.select()).all() == []
    assert client.get("/account").status_code == 303
    # The code is used up all the same.
    assert enter(app, code)[1] == 401


def browser(app: Flask, office: Office, steps: int = 0) -> FlaskClient:
    """A browser in which amina is signed in with the code of so many steps from now."""
    client, status, _led_to = enter(app, office.code(steps=steps))
    assert status == 303
    return client


def hidden(page: str, name: str) -> str:
    """A hidden value of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def test_new_codes_are_shown_once_and_the_old_ones_are_void(app: Flask, office: Office) -> None:
    """Only after a proof; recorded; in no file afterwards."""
    old = give_codes(office)
    client = browser(app, office)
    page = client.get("/account/recovery-codes").text
    assert "10 that you still have become void" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "current": PASSWORD, "code": "000000"}
    refused = client.post("/account/recovery-codes", data=form)
    assert refused.status_code == 401
    assert "Nothing was changed" in refused.text
    shown = client.post("/account/recovery-codes", data=form | {"code": old[0]}).text
    new = re.findall(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>", shown)
    assert len(set(new)) == CODES
    assert last_record(office) == ("amina", "factor-added", "recovery-code")
    # Sent again by the browser's "Reload": the code is used up, and the codes on paper still count.
    assert client.post("/account/recovery-codes", data=form | {"code": old[0]}).status_code == 401
    assert new[0] not in client.get("/account/recovery-codes").text
    assert enter(app, old[1])[1] == 401
    assert enter(app, new[0])[1] == 303


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


def test_a_changed_password_keeps_every_factor(app: Flask, office: Office) -> None:
    """They hang on the seed, which stays."""
    codes = give_codes(office)
    client = browser(app, office)
    form = {"csrf_token": hidden(client.get("/account").text, "csrf_token"), "current": PASSWORD, "code": codes[0]}
    form |= {"new": "plum ladder frost", "again": "plum ladder frost"}
    assert client.post("/account/password", data=form).status_code == 303
    assert enter(app, codes[1], password="plum ladder frost")[1] == 303
    assert enter(app, office.code(steps=1), password="plum ladder frost")[1] == 303


def test_nobody_sees_or_removes_somebody_elses_passkey(app: Flask, office: Office) -> None:
    """Theirs is the page of what never was."""
    client = browser(app, office)
    theirs = office.give_passkey("bartek")
    never_was = client.get("/account/passkeys/" + "0" * 32)
    assert never_was.status_code == 404
    assert client.get("/account/passkeys/" + theirs).text == never_was.text
    form = {"csrf_token": hidden(client.get("/account").text, "csrf_token"), "current": PASSWORD}
    sent = client.post("/account/passkeys/" + theirs, data=form | {"code": office.code(steps=1)})
    assert sent.status_code == 404
    with office.desk.database.reading() as connection:
        assert connection.execute(second_factors.select().where(second_factors.c.id == theirs)).one()
