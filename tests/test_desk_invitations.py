"""Joining by a link: what the new person sees and gets, mistakes, consent, an officer who waits for the key."""

import re
import time

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.accounts import make_account
from journalist_interface.commands import main
from keys.consent_code import draw_consent_code
from keys.totp import STEP_SECONDS
from store.desk.invitations import find_invitation_of
from store.desk.reviewers import add_reviewer, find_reviewer
from store.desk.roles import Role
from tests.desk_office import Office
from tests.newcomer import (
    PASSWORD,
    acts,
    ada,
    codes_on,
    consent_to,
    field,
    filled,
    join,
    link_for,
    names,
    newcomer,
    office,
    rows_of,
    secret_on,
)

__all__ = ["ada", "newcomer", "office"]


def test_somebody_joins(app: Flask, office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Password, authenticator and ten recovery codes are theirs; the roles are those of the link; it is recorded."""
    link = link_for(ada, "zoe", "reviewer")
    page = newcomer.get(link).text
    for said in ("ada invites you", "<strong>zoe</strong>", "Reads the cases that they are cleared for", "<svg"):
        assert said in page
    answer = newcomer.post(link, data=filled(page))
    assert answer.status_code == 200
    codes = codes_on(answer.text)
    assert len(set(codes)) == 10
    assert acts(office)[-2] == ("zoe", "join", "zoe: reviewer")
    later = pyotp.TOTP(secret_on(page)).at(int(time.time()) + STEP_SECONDS)
    entered = newcomer.post("/sign-in", data={"username": "zoe", "password": PASSWORD, "code": later})
    assert (entered.status_code, entered.location) == (303, "/today")
    assert newcomer.get("/").status_code == 200
    other = app.test_client()
    entered = other.post("/sign-in", data={"username": "zoe", "password": PASSWORD, "code": codes[0]})
    assert entered.status_code == 303


def test_the_code_that_proved_the_authenticator_is_used(ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Who read it over a shoulder, with the password, is not let in with it."""
    link = link_for(ada)
    form = filled(newcomer.get(link).text)
    assert newcomer.post(link, data=form).status_code == 200
    again = {"username": "zoe", "password": PASSWORD, "code": form["code"]}
    assert newcomer.post("/sign-in", data=again).status_code == 401


def test_looking_changes_nothing(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """A preview, a second look, a HEAD: the link stays as good as it was, and each look draws another secret."""
    link = link_for(ada)
    before = list(rows_of(office))
    first, second = newcomer.get(link).text, newcomer.get(link).text
    newcomer.head(link)
    assert secret_on(first) != secret_on(second)
    assert list(rows_of(office)) == before
    assert newcomer.post(link, data=filled(first)).status_code == 200


MISTAKES = {
    "a code that does not fit": ({"code": "abc"}, "The code of the new authenticator does not fit"),
    "passwords that differ": ({"again": PASSWORD + "!"}, "The two passwords differ"),
    "a short password": ({"password": "zoe", "again": "zoe"}, "at least 12 characters"),
    "a password that is guessed": ({"password": "zoezoezoezoe", "again": "zoezoezoezoe"}, "would be guessed soon"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_keeps_the_qr_code(office: Office, ada: FlaskClient, newcomer: FlaskClient, what: str) -> None:
    """Who has scanned it need not scan another; nothing was made, and the link is as good as before."""
    wrong, sentence = MISTAKES[what]
    link = link_for(ada)
    page = newcomer.get(link).text
    refused = newcomer.post(link, data=filled(page, **wrong))
    assert refused.status_code == 422
    assert sentence in refused.text
    assert secret_on(refused.text) == secret_on(page)
    assert drawing(refused.text) == drawing(page)
    assert 'type="password" autocomplete="new-password" required' in refused.text  # empty: it was not sent back
    assert "zoe" not in names(office)
    assert newcomer.post(link, data=filled(refused.text)).status_code == 200


def drawing(page: str) -> str:
    """The QR code on a page."""
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found
    return found[0]


def test_consent_is_a_second_persons(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Until somebody agreed the link says that it waits, and nothing more; then it takes their code and no other."""
    link = link_for(ada, "sam", "supervisor")
    form = {"offered": "", "password": PASSWORD, "again": PASSWORD, "code": "", "consent": draw_consent_code()}
    for answer in (newcomer.get(link), newcomer.post(link, data=form)):
        assert "This link waits for a second person" in answer.text
        assert "<svg" not in answer.text
    code = consent_to(office, "sam")
    page = newcomer.get(link).text
    assert "The code that amina gave you" in page
    for wrong in ("é", draw_consent_code(), code[:-1]):
        refused = newcomer.post(link, data=filled(page, consent=wrong))
        assert "The code of consent does not fit" in refused.text
        assert f'name="consent" value="{wrong}"' in refused.text
    assert "sam" not in names(office)
    assert newcomer.post(link, data=filled(page, consent=code.lower().replace("-", " "))).status_code == 200
    assert acts(office)[-2] == ("sam", "join", "sam: supervisor")


def test_an_officer_who_joins_waits_for_the_key(
    app: Flask, office: Office, ada: FlaskClient, newcomer: FlaskClient
) -> None:
    """They have the post, and no passphrase; `candour-desk check` finds no fault in that."""
    answer = join(newcomer, link_for(ada, "ola", "intake-officer"))
    assert "An officer who holds it has to hand it to you" in answer.text
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "ola").sealed_passphrase is None
    assert not may_unlock(app, answer)
    checked = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert "ola do not fit" not in checked.output
    assert checked.exit_code == 0, checked.output


def may_unlock(app: Flask, joined: TestResponse) -> bool:
    """Whether the officer can unlock the intake key, signed in with one of their recovery codes."""
    client = app.test_client()
    client.post("/sign-in", data={"username": "ola", "password": PASSWORD, "code": codes_on(joined.text)[0]})
    form = {"csrf_token": field(client.get("/post").text, "csrf_token")}
    return client.post("/post/unlock", data=form).status_code != 403


def test_a_name_that_was_given_away_meanwhile(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """By a command on the host: the account there stays as it is, and whoever joins is told what to ask for."""
    link = link_for(ada)
    account = make_account("zoe", PASSWORD, [Role.AUDITOR])
    with office.desk.database.writing() as connection:
        add_reviewer(connection, account.reviewer)
    refused = join(newcomer, link)
    assert refused.status_code == 422
    assert "Somebody got an account called “zoe” in the meantime" in refused.text
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "zoe").roles == {Role.AUDITOR}
        assert find_invitation_of(connection, "zoe", 0).username == "zoe"
