"""The desk's pages through HTTP: who gets in, what a form needs, what the answers carry."""

import re
import secrets
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.gate import roles_for
from keys.hpke import SecretKey
from keys.letter import Answer
from serving.headers import COMMON_HEADERS
from store.desk.account_tables import audit, sessions
from store.desk.audit_reading import verify_trail
from store.desk.courier_state import read_courier
from store.desk.parcels import mark_problem, read_parcel
from store.desk.roles import Role
from store.errors import NoRoom
from tests.desk_office import PASSWORD, Office, new_office, sign_in, write_letter


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


@pytest.fixture
def source_key() -> SecretKey:
    """Return a source's reply key."""
    return SecretKey(secrets.token_bytes(96))


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def token(client: FlaskClient) -> str:
    """Return the form token of the session."""
    return field(client.get("/post").text, "csrf_token")


def acts(office: Office) -> list[str]:
    """Return the acts recorded so far, in order."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        return [row.act for row in connection.execute(audit.select().order_by(audit.c.number))]


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


def test_the_whole_road_of_an_officer(client: FlaskClient, office: Office) -> None:
    """Locked queue, unlock, open, read, reply, download, close, lock."""
    content = secrets.token_bytes(100_000)
    key = SecretKey(secrets.token_bytes(96))
    letter = office.deliver(write_letter(key.public, "the <b>message</b>"), {"ev\u202eil .pdf": content})
    locked = client.get("/post").text
    assert "1 letter waits" in locked
    assert "Sergeant Blunt" not in locked
    form = {"csrf_token": token(client)}
    assert client.post("/post/open", data={**form, "all": "1", "cleared": "amina"}).status_code == 409
    client.post("/post/unlock", data=form)
    queue = client.get("/post").text
    assert "Sergeant Blunt" in queue
    assert "message" not in queue.replace("messages", "")
    assert client.post("/post/open", data={**form, "submission": letter.submission}).status_code == 422
    opened = client.post("/post/open", data={**form, "submission": letter.submission, "cleared": "amina"})
    case = opened.location
    page = client.get(case).text
    assert "the &lt;b&gt;message&lt;/b&gt;" in page
    assert "⟨U+202E⟩" in page
    link = re.search(r'href="([^"]*/attachment/[0-9a-f]{32})"', page)
    assert link
    download = client.get(link[1])
    assert download.data == content
    assert download.headers["Content-Disposition"] == "attachment; filename=\"evil .pdf\"; filename*=UTF-8''evil%20.pdf"
    assert download.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in download.headers["Content-Security-Policy"]
    reply = {**form, "item": field(page, "item"), "text": "Hello", "question": ["When?", "", ""]}
    assert client.post(f"{case}/reply", data=reply).status_code == 303
    closing = {**form, "item": "d" * 32, "status": "closed", "reason": "Done", "outcome": "no-evidence"}
    assert client.post(f"{case}/status", data=closing).status_code == 303
    assert client.post(f"{case}/note", data={**form, "item": "e" * 32, "note": "Seen"}).status_code == 303
    page = client.get(case).text
    for words in ("Hello", "When?", "waiting for the courier", "Closed", "Note by amina"):
        assert words in page
    client.post("/post/lock", data=form)
    assert [act for act in acts(office)[1:] if act != "key-named"] == (
        ["sign-in", "unlock", "queue", "open", "read", "download", "reply", "status", "status", "note", "read", "lock"]
    )


def test_open_all_opens_everything(client: FlaskClient, office: Office) -> None:
    """Every letter becomes a case; those that do not open are listed and kept."""
    for _ in range(3):
        office.deliver(write_letter(None, must_not_reach=""))
    bad = office.deliver(write_letter(None, must_not_reach=""))
    with office.desk.database.reading() as connection:
        blob = read_parcel(connection, bad.submission).letter.blob
    office.desk.post.path(blob).write_bytes(b"nonsense")
    form = {"csrf_token": token(client)}
    client.post("/post/unlock", data=form)
    assert client.post("/post/open", data={**form, "all": "1", "cleared": "amina"}).status_code == 303
    page = client.get("/post").text
    assert "Could not be opened" in page
    assert "The post is empty" in page
    assert client.get("/").text.count('scope="row"') == 3


def test_open_all_leaves_a_must_not_reach_note_to_a_person(client: FlaskClient, office: Office) -> None:
    """Who is named could be among those cleared: such a letter waits, whether the queue was looked at or not."""
    for _ in range(2):
        office.deliver(write_letter(None, must_not_reach=""))
    noted = office.deliver(write_letter(None, must_not_reach="Amina, at the charity"))
    form = {"csrf_token": token(client)}
    client.post("/post/unlock", data=form)
    client.post("/post/open", data={**form, "all": "1", "cleared": "amina"})
    assert client.get("/").text.count('scope="row"') == 2
    office.deliver(write_letter(None, must_not_reach=""))
    office.deliver(write_letter(None, must_not_reach=""))
    page = client.get("/post").text
    assert "Open all without a “must not reach” note" in page
    assert "1 letter carries a “must not reach” note" in page
    client.post("/post/open", data={**form, "all": "1", "cleared": "amina"})
    assert client.get("/").text.count('scope="row"') == 4
    chosen = {**form, "submission": noted.submission, "cleared": "amina", "although": "amina"}
    one = client.post("/post/open", data=chosen)
    assert "Amina, at the charity" in client.get(one.location).text


@pytest.mark.parametrize("said", ["yes", "not-sure", "no"])
def test_the_alarm_says_what_to_read_before_ringing_999(client: FlaskClient, office: Office, said: str) -> None:
    """The person may work for the force that answers; where nobody may be in danger there is no alarm."""
    letter = office.deliver(write_letter(None, answers=(Answer("q-danger", said),)))
    page = client.get(f"/case/{office.open(letter)}").text
    alarm = re.search(r'<div class="alarm" role="alert">(.*?)</div>', page, re.DOTALL)
    assert (alarm is not None) == (said != "no")
    if alarm:
        assert "read whom it must not reach and when it is safe" in alarm[1]


def test_what_was_typed_survives_a_refusal(client: FlaskClient, office: Office) -> None:
    """422, the sentence, and every word still in its box."""
    reference = office.open(office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public)))
    form = {"csrf_token": token(client), "item": "a" * 32}
    answer = client.post(f"/case/{reference}/reply", data={**form, "text": "y" * 8001, "question": ["Why <me>?"]})
    assert answer.status_code == 422
    assert "y" * 8001 in answer.text
    assert "Why &lt;me&gt;?" in answer.text
    assert "8,001 characters" in answer.text
    answer = client.post(f"/case/{reference}/status", data={**form, "status": "closed", "reason": ""})
    assert answer.status_code == 422
    assert '<option value="closed" selected>' in answer.text


def test_a_one_way_case_has_no_reply_box(client: FlaskClient, office: Office) -> None:
    """The page says that nothing can reach the source."""
    page = client.get(f"/case/{office.open(office.deliver(write_letter(None)))}").text
    assert "No reply can reach them" in page
    assert 'name="text"' not in page


def test_a_case_of_somebody_else_is_the_page_of_no_case(client: FlaskClient, office: Office) -> None:
    """Not there, not yours, not a reference: one page, byte for byte."""
    office.add("bartek")
    walled = office.open(office.deliver(write_letter(None)), "bartek", cleared=("bartek",))
    pages = {client.get(f"/case/{reference}").text for reference in (walled, "7K3M-Q9TW", "nonsense", "%00")}
    assert len(pages) == 1
    assert walled not in client.get("/").text
    assert "No cases yet" in client.get("/").text


def test_collect_now_is_a_wish_for_the_courier(client: FlaskClient, office: Office) -> None:
    """The button writes the wish; the courier, another process, sees it."""
    assert client.post("/post/collect", data={"csrf_token": token(client)}).status_code == 303
    with office.desk.database.reading() as connection:
        assert read_courier(connection).wanted


def test_locking_stops_what_was_read_from_being_shown(client: FlaskClient, office: Office) -> None:
    """After "Lock now" the queue is a number again."""
    office.deliver(write_letter(None, must_not_reach="Inspector Hale"))
    form = {"csrf_token": token(client)}
    client.post("/post/unlock", data=form)
    assert "Inspector Hale" in client.get("/post").text
    client.post("/post/lock", data=form)
    assert "Inspector Hale" not in client.get("/post").text


def test_a_letter_that_could_not_be_opened_goes_back_into_the_queue(client: FlaskClient, office: Office) -> None:
    """There its note and the choice of readers are seen; nobody is cleared by trying again."""
    letter = office.deliver(write_letter(None, must_not_reach="bartek"))
    with office.desk.database.writing() as connection:
        mark_problem(connection, letter.submission, "The agent was away.")
    assert "The agent was away." in client.get("/post").text
    answer = client.post("/post/retry", data={"csrf_token": token(client), "submission": letter.submission})
    assert answer.status_code == 303
    with office.desk.database.reading() as connection:
        assert read_parcel(connection, letter.submission).problem is None
    assert "retry" in acts(office)


def test_what_was_typed_survives_an_ended_session_and_an_old_page(
    client: FlaskClient, office: Office, source_key: SecretKey
) -> None:
    """A long reply is given back, word for word, whether the token is stale or the session is gone."""
    reference = office.open(office.deliver(write_letter(source_key.public)))
    form = {"csrf_token": "0" * 64, "item": "ab" * 16, "text": "an hour of <work>", "question": "Where?"}
    stale = client.post(f"/case/{reference}/reply", data=form)
    assert stale.status_code == 400
    client.delete_cookie("candour_desk")
    ended = client.post(f"/case/{reference}/reply", data=form)
    assert ended.status_code == 403
    for answer in (stale, ended):
        assert "an hour of &lt;work&gt;" in answer.text
        assert "Where?" in answer.text


def test_an_edited_form_sent_again_is_not_passed_over(
    client: FlaskClient, office: Office, source_key: SecretKey
) -> None:
    """The same form with other words is refused with the words, not thanked for and dropped."""
    reference = office.open(office.deliver(write_letter(source_key.public)))
    form = {"csrf_token": token(client), "item": "ab" * 16, "text": "first"}
    assert client.post(f"/case/{reference}/reply", data=form).status_code == 303
    assert client.post(f"/case/{reference}/reply", data=form).status_code == 303
    edited = client.post(f"/case/{reference}/reply", data=form | {"text": "first, and more"})
    assert edited.status_code == 422
    assert "first, and more" in edited.text
    assert "sent already" in edited.text
    note = {"csrf_token": token(client), "item": "cd" * 16, "note": "one"}
    assert client.post(f"/case/{reference}/note", data=note).status_code == 303
    assert client.post(f"/case/{reference}/note", data=note | {"note": "two"}).status_code == 422


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
