"""The desk through HTTP: who gets in and who does not, what a form needs, what the answers carry."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.gate import roles_for
from journalist_interface.throttle import Throttle
from serving.headers import COMMON_HEADERS
from store.desk.account_tables import audit, sessions
from store.desk.roles import Role
from store.errors import NoRoom
from tests.desk_office import PASSWORD, Office, acts, new_office, sign_in, token


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def client(app: Flask, office: Office) -> FlaskClient:
    """A browser in which amina is signed in."""
    browser = app.test_client()
    sign_in(browser, office)
    return browser


def test_every_page_needs_a_session_but_sign_in(app: Flask) -> None:
    """A route without a session leads to sign-in, whatever the method; no route is forgotten."""
    by_link = {"invitation.show", "invitation.accept", "reset.show", "reset.enter"}
    open_routes = {"sign_in.show", "sign_in.enter", "static"} | by_link
    looked_at = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in open_routes:
            continue
        address = rule.rule.replace("<reference>", "7K3M-Q9TW").replace("<attachment_id>", "a" * 32)
        address = address.replace("<submission>", "b" * 32)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = app.test_client().open(address, method=method)
            assert (answer.status_code, answer.location) == (303, "/sign-in"), (method, address)
            looked_at += 1
    assert looked_at >= 11


def test_every_change_needs_the_sessions_token(app: Flask, client: FlaskClient, office: Office) -> None:
    """No token, or another session's: 400, and nothing was done."""
    other = app.test_client()
    office.add("bartek")
    sign_in(other, office, "bartek")
    others = {}
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR):
        office.add(role.value, role)
        others[frozenset({role})] = app.test_client()
        sign_in(others[frozenset({role})], office, role.value)
    before = acts(office)
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or getattr(app.view_functions[rule.endpoint], "open_to_all", False):
            continue
        asks = others.get(roles_for(app.view_functions[rule.endpoint]), client)
        address = rule.rule.replace("<reference>", "7K3M-Q9TW")
        for wrong in ({}, {"csrf_token": token(other)}, {"csrf_token": "é"}):
            assert asks.post(address, data=wrong).status_code == 400, address
    assert acts(office) == before


def test_a_form_from_another_site_is_refused(client: FlaskClient) -> None:
    """The browser says where a request comes from; sign-in listens too."""
    for address in ("/sign-in", "/post/unlock"):
        answer = client.post(address, data={"csrf_token": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 400


def test_uploads_are_refused_before_they_are_parsed(client: FlaskClient) -> None:
    """The parser of files would write to a temporary file: such a body is not read at all."""
    answer = client.post("/post/lock", data={"csrf_token": "x"}, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 415
    assert client.post("/post/lock", data={"csrf_token": "x" * 600_000}).status_code == 413


WRONG = {
    "password": {"password": "seven quiet otter"},
    "user name": {"username": "nobody"},
    "code": {"code": "000000"},
    "empty": {"username": "", "password": "", "code": ""},
    "odd": {"username": "é\x00\ud7ff", "password": "\ud7ff" * 2000, "code": "\uff11\uff12\uff13"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_every_failed_sign_in_looks_the_same(app: Flask, office: Office, wrong: str) -> None:
    """One sentence, one status; a name that nobody has is not recorded."""
    form = {"username": "amina", "password": PASSWORD, "code": office.code(), **WRONG[wrong]}
    answer = app.test_client().post("/sign-in", data=form)
    assert answer.status_code == 401
    assert "That did not work. If you pressed the button twice, you may be signed in already" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert acts(office)[-1] == "sign-in-failed"
    with office.desk.database.reading() as connection:
        actor = connection.execute(audit.select().order_by(audit.c.number.desc())).first()
        assert actor is not None
        assert actor.actor == ("amina" if form["username"] == "amina" else "")


def test_a_code_opens_once(app: Flask, office: Office) -> None:
    """The same code again is refused, even with the right password."""
    form = {"username": "amina", "password": PASSWORD, "code": office.code()}
    assert app.test_client().post("/sign-in", data=form).status_code == 303
    assert app.test_client().post("/sign-in", data=form).status_code == 401


def test_guessing_is_slowed_down(app: Flask, office: Office) -> None:
    """After five failures the sixth must wait, whoever it is; the page says so."""
    # No machine is so slow that the wait is over when the sixth comes.
    app.extensions["candour_desk"] = replace(app.extensions["candour_desk"], throttle=Throttle(lambda: 1.0))
    form = {"username": "nobody", "password": "x", "code": "1"}
    for _ in range(5):
        assert app.test_client().post("/sign-in", data=form).status_code == 401
    answer = app.test_client().post("/sign-in", data=form)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Wait a moment" in answer.text
    sign_in(app.test_client(), office)


def test_the_session_cookie_is_guarded_and_ends(client: FlaskClient, office: Office) -> None:
    """HttpOnly, SameSite=Strict; after signing out row and cookie are gone and the old cookie opens nothing."""
    cookie = client.get_cookie("candour_desk")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    with office.desk.database.reading() as connection:
        row = connection.execute(sessions.select()).one()
    assert cookie.value.encode() not in row.sealed + row.lookup_hash
    assert office.secrets["amina"].seed not in row.sealed
    answer = client.post("/sign-out", data={"csrf_token": token(client)})
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    client.set_cookie("candour_desk", cookie.value)
    assert client.get("/").status_code == 303
    with office.desk.database.reading() as connection:
        assert connection.execute(sessions.select()).all() == []


def test_a_session_idles_out(client: FlaskClient, office: Office) -> None:
    """After sixty minutes without a click it is no session any more."""
    with office.desk.database.writing() as connection:
        connection.execute(sessions.update().values(last_used=sessions.c.last_used - 3601))
    assert client.get("/").status_code == 303


def test_a_session_row_given_to_another_name_opens_nothing(client: FlaskClient, office: Office) -> None:
    """Who can write to the database cannot act in a colleague's name."""
    office.add("bartek")
    with office.desk.database.writing() as connection:
        connection.execute(sessions.update().values(username="bartek"))
    assert client.get("/").status_code == 303


def test_every_answer_carries_the_headers(client: FlaskClient) -> None:
    """Pages, redirects, errors and the style sheet."""
    for address in ("/", "/post", "/nope", "/static/desk.css", "/case/7K3M-Q9TW"):
        with client.get(address) as answer:
            for name, value in COMMON_HEADERS.items():
                if not (name == "Cache-Control" and address.startswith("/static")):
                    assert answer.headers.get(name) == value, (address, name)
            assert b"<script" not in answer.data
            assert b" style=" not in answer.data


def test_signing_out_on_a_full_disk_forgets_the_cookie_all_the_same(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever leaves a desk whose disk is full has left it."""

    def full(*_arguments: object) -> None:
        raise NoRoom("the disk is full")

    monkeypatch.setattr("journalist_interface.views_sign_in.sign_out", full)
    answer = client.post("/sign-out", data={"csrf_token": token(client)})
    assert answer.status_code == 303
    assert client.get_cookie("candour_desk") is None
