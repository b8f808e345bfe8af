"""The desk's pages through HTTP: the post and its cases, and what was typed there given back when it is refused."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from keys.hpke import SecretKey
from keys.letter import Answer
from store.desk.courier_state import read_courier
from store.desk.parcels import mark_problem, read_parcel
from tests.desk_office import Office, acts, field, new_office, sign_in, token, write_letter


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
