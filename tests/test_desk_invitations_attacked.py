"""A link opens once, for whoever has it, as what it was made for and as nothing else; nothing of it is stored."""

import base64
import time

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface import joining
from journalist_interface.errors import LinkOver
from journalist_interface.joining import TypedJoin, find_join
from journalist_interface.offered_secret import offer_secret
from journalist_interface.throttle import Throttle
from keys.session_seal import SessionToken
from keys.totp import STEP_SECONDS, spoken_secret
from store.desk.account_tables import roles as roles_table
from store.desk.reviewers import find_reviewer, suspend
from store.desk.roles import Role
from tests.desk_office import Office, sign_in
from tests.newcomer import (
    PASSWORD,
    ada,
    change_links,
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

DEAD = ("used", "taken back", "expired", "never given out", "malformed", "of a suspended administrator", "of a reset")


@pytest.mark.parametrize("how", DEAD)
def test_a_link_that_opens_nothing(
    app: Flask, office: Office, ada: FlaskClient, newcomer: FlaskClient, how: str
) -> None:
    """One page, whatever the cause, to whoever looks and whoever sends; no account is made."""
    link = link_for(ada)
    form = filled(newcomer.get(link).text)
    kill(how, app, office, link)
    address = {"never given out": f"/invitation/{SessionToken.draw().cookie()}", "malformed": link[:-1] + "~"}
    link = address.get(how, link)
    before = names(office)
    looked, sent = newcomer.get(link), newcomer.post(link, data=form)
    never_was = newcomer.get(f"/invitation/{SessionToken.draw().cookie()}")
    assert looked.status_code == sent.status_code == never_was.status_code == 404
    assert looked.text == sent.text == never_was.text
    assert "This link opens nothing" in looked.text
    assert names(office) == before


def kill(how: str, app: Flask, office: Office, link: str) -> None:
    """Have the link open nothing, in one of the ways in which that comes about."""
    if how == "used":
        assert join(app.test_client(), link).status_code == 200
    elif how == "taken back":
        ada = app.test_client()
        office.add("ari", Role.ADMINISTRATOR)
        sign_in(ada, office, "ari")
        form = {"csrf_token": field(ada.get("/people").text, "csrf_token"), "username": "zoe"}
        ada.post("/links/take-back", data=form)
    elif how == "expired":
        change_links(office, expires_at=int(time.time()))
    elif how == "of a reset":
        change_links(office, kind="password")
    elif how == "of a suspended administrator":
        with office.desk.database.writing() as connection:
            suspend(connection, "ada", True)


def test_a_link_dies_with_the_role_of_who_gave_it(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Who is no administrator any more lets nobody in."""
    link = link_for(ada)
    with office.desk.database.writing() as connection:
        connection.execute(roles_table.update().where(roles_table.c.username == "ada").values(role="auditor"))
    assert newcomer.get(link).status_code == 404


def test_two_tabs(app: Flask, office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """One wins; the other is told kindly, and the account is the winner's."""
    link = link_for(ada)
    one, other = newcomer.get(link).text, app.test_client().get(link).text
    assert newcomer.post(link, data=filled(one)).status_code == 200
    late = app.test_client().post(link, data=filled(other, password="six hollow marbles", again="six hollow marbles"))
    assert late.status_code == 404
    assert "If you have just joined, in another window perhaps" in late.text
    assert names(office).count("zoe") == 1
    code = pyotp.TOTP(secret_on(one)).at(int(time.time()) + STEP_SECONDS)
    entered = app.test_client().post("/sign-in", data={"username": "zoe", "password": PASSWORD, "code": code})
    assert entered.status_code == 303


def test_two_at_the_same_moment(office: Office, ada: FlaskClient) -> None:
    """Both found the link before either used it: the second finds it gone in its transaction, and leaves nothing."""
    link = link_for(ada)
    text = link.rsplit("/", 1)[1]
    token, found = find_join(office.desk, text)
    offered = offer_secret(token)
    code = pyotp.TOTP(spoken_secret(offered.totp_secret)).now()
    typed = TypedJoin(PASSWORD, PASSWORD, code, "", offered)
    joining.join(office.desk, Throttle(), found, typed)
    before = list(rows_of(office))
    with pytest.raises(LinkOver):
        joining.join(office.desk, Throttle(), found, typed)
    assert list(rows_of(office)) == before


def test_the_form_chooses_neither_name_nor_roles(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Whatever is added to it: the account is what the administrator asked for."""
    link = link_for(ada)
    more = {"username": "amina", "role": ["supervisor", "intake-officer"], "roles": "administrator"}
    assert join(newcomer, link, **more).status_code == 200
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "zoe").roles == {Role.REVIEWER}
        assert find_reviewer(connection, "amina").roles == {Role.INTAKE_OFFICER, Role.REVIEWER}


def test_the_secret_is_the_desks(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """One that was altered, or offered with another link, is not taken: another is drawn, and nothing is made."""
    link, other = link_for(ada), link_for(ada, "yan")
    strange = field(newcomer.get(other).text, "offered")
    for offered in ("", "é", strange, strange[:-8] + "AAAAAAA=", "A" * 5000):
        refused = join(newcomer, link, offered=offered)
        assert refused.status_code == 422
        assert "too old to be used" in refused.text
    assert "zoe" not in names(office)


def test_guessing_slows_down_for_the_link_alone(ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Five mistakes are free; then one waits, with the same QR code. Others wait for nothing."""
    link, other = link_for(ada), link_for(ada, "yan")
    page = newcomer.get(link).text
    for _attempt in range(5):
        assert newcomer.post(link, data=filled(page, code="abc")).status_code == 422
    held_up = newcomer.post(link, data=filled(page))
    assert held_up.status_code == 429
    assert int(held_up.headers["Retry-After"]) >= 1
    assert secret_on(held_up.text) == secret_on(page)
    assert newcomer.post("/invitation/x", data={}).status_code == 404
    assert join(newcomer, other).status_code == 200


def test_nothing_secret_is_stored(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """Neither the link, nor the authenticator's secret, the password, a recovery code or the code of consent, in any
    file of the desk: while the link waits, after a mistake, and after somebody joined."""
    link = link_for(ada, "sam", "supervisor")
    consent = consent_to(office, "sam")
    page = newcomer.get(link).text
    form = filled(page, consent=consent)
    secret = secret_on(page)
    token = SessionToken.read(link.rsplit("/", 1)[1])
    hidden = [link.rsplit("/", 1)[1], PASSWORD, consent, secret, str(form["offered"])]
    raw = [base64.b32decode(secret), base64.urlsafe_b64decode(token.cookie() + "==")[:32]]
    raw.append(base64.urlsafe_b64decode(token.cookie() + "==")[32:])
    found_nowhere(office, hidden, raw)
    newcomer.post(link, data={**form, "code": "abc"})
    found_nowhere(office, hidden, raw)
    answer = newcomer.post(link, data=form)
    assert answer.status_code == 200
    found_nowhere(office, [*hidden, *codes_on(answer.text)], raw)
    # It would be seen, were it there.
    with pytest.raises(AssertionError, match="sqlite"):
        found_nowhere(office, ["sam: supervisor"], [])


def found_nowhere(office: Office, texts: list[str], raw: list[bytes]) -> None:
    """No file of the desk holds any of it; database and log are read as they lie on the disk."""
    sought = [*(text.encode() for text in texts), *raw]
    for file in office.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [one for one in sought if one in content], file.name


def test_a_form_from_another_site_joins_nobody(office: Office, ada: FlaskClient, newcomer: FlaskClient) -> None:
    """The browser says so, and the desk listens here too."""
    link = link_for(ada)
    form = filled(newcomer.get(link).text)
    assert newcomer.post(link, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert "zoe" not in names(office)
