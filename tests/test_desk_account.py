"""One's own account at the desk: sessions listed and ended, the longest a session lives, another password."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.proof import prove
from keys.errors import SignInRefused
from store.desk.account_tables import audit, sessions
from store.desk.reviewers import find_reviewer
from tests.desk_office import PASSWORD, Office, new_office, sign_in, write_letter

NEW = "nine loud badgers"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


def browser(app: Flask, office: Office, username: str = "amina", steps: int = 0) -> FlaskClient:
    """A browser in which somebody is signed in with the code of so many steps from now."""
    made = app.test_client()
    form = {"username": username, "password": PASSWORD, "code": office.code(username, steps)}
    assert made.post("/sign-in", data=form).status_code == 303
    return made


def values(client: FlaskClient, name: str) -> list[str]:
    """The hidden values of that name on the account's page."""
    return [unescape(found) for found in re.findall(rf'name="{name}" value="([^"]*)"', client.get("/account").text)]


def is_in(client: FlaskClient) -> bool:
    """Tell whether a browser is signed in still."""
    return client.get("/account").status_code == 200


@pytest.mark.parametrize("how", ["ended from the list", "another password"])
def test_the_trail_tells_until_when_a_key_was_open_in_a_session_that_was_ended(
    app: Flask, office: Office, how: str
) -> None:
    """The intake key is locked with the session, and once: of a session without it nothing is said."""
    other, this = browser(app, office, steps=-1), browser(app, office)
    assert other.post("/post/unlock", data={"csrf_token": values(other, "csrf_token")[0]}).status_code == 303
    form = {"csrf_token": values(this, "csrf_token")[0]}
    if how == "ended from the list":
        ended = this.post("/account/end", data=form | {"session": values(this, "session")[0]})
    else:
        typed = {"current": PASSWORD, "code": office.code(steps=1), "new": NEW, "again": NEW}
        ended = this.post("/account/password", data=form | typed)
    assert ended.status_code == 303
    with office.desk.database.reading() as connection:
        found = [(row.actor, row.note) for row in connection.execute(audit.select()) if row.act == "lock"]
    assert found == [("amina", "its session ended")]


def test_sessions_are_listed_and_ended_one_by_one(app: Flask, office: Office) -> None:
    """One's own alone; this window cannot end itself here; the other is out at once, and its intake key locked."""
    office.deliver(write_letter(None))
    other, this = browser(app, office), browser(app, office, steps=1)
    sign_in(app.test_client(), office, "bartek")
    (token, *_more) = values(other, "csrf_token")
    assert other.post("/post/unlock", data={"csrf_token": token}).status_code == 303
    unlocked = app.extensions["candour_desk"].lock._unlocked
    assert len(unlocked) == 1
    (ended,) = values(this, "session")
    assert this.get("/account").text.count("this window") == 1
    sent = this.post("/account/end", data={"csrf_token": values(this, "csrf_token")[0], "session": ended})
    assert (sent.status_code, sent.location) == (303, "/account")
    assert is_in(this)
    assert not is_in(other)
    assert unlocked == {}
    with office.desk.database.reading() as connection:
        assert connection.execute(audit.select().where(audit.c.act == "end-session")).one().actor == "amina"


def test_nobody_ends_somebody_elses_session(app: Flask, office: Office) -> None:
    """Whatever id is sent, odd ones too."""
    amina, bartek = browser(app, office), browser(app, office, "bartek")
    with office.desk.database.reading() as connection:
        query = sessions.select().where(sessions.c.username == "bartek")
        theirs = connection.execute(query).one().lookup_hash.hex()
    for untrusted in (theirs, "", "zz", "é", "00" * 32):
        form = {"csrf_token": values(amina, "csrf_token")[0], "session": untrusted}
        assert amina.post("/account/end", data=form).status_code == 303
    assert is_in(bartek)
    assert is_in(amina)


@pytest.mark.parametrize(("hours", "lives"), [(11.9, True), (12.1, False)])
def test_a_session_in_use_ends_after_a_working_day(app: Flask, office: Office, hours: float, lives: bool) -> None:
    """A stolen cookie that is kept warm is good for that long and no longer."""
    client = browser(app, office)
    with office.desk.database.writing() as connection:
        connection.execute(sessions.update().values(begun_at=sessions.c.begun_at - int(hours * 3600)))
    assert is_in(client) is lives


def change(client: FlaskClient, office: Office, **typed: str) -> tuple[int, str]:
    """Ask for another password; return status and page."""
    form = {"current": PASSWORD, "code": office.code(steps=1), "new": NEW, "again": NEW, **typed}
    answer = client.post("/account/password", data={"csrf_token": values(client, "csrf_token")[0], **form})
    return answer.status_code, answer.text


def test_the_new_password_opens_the_account_and_the_old_one_nothing(app: Flask, office: Office) -> None:
    """Key and TOTP secret are the same, so every case stays open; other sessions end; the log holds nothing old."""
    other, client = browser(app, office, steps=-1), browser(app, office)
    with office.desk.database.reading() as connection:
        before = find_reviewer(connection, "amina")
    assert change(client, office)[0] == 303
    assert "Your password is changed" in client.get("/account?changed=1").text
    assert is_in(client)
    assert not is_in(other)
    with office.desk.database.reading() as connection:
        after = find_reviewer(connection, "amina")
        connection.execute(sessions.select())
    assert (after.public_key, after.sealed_passphrase) == (before.public_key, before.sealed_passphrase)
    secret = office.secrets["amina"]
    assert after.sealed_secret != before.sealed_secret
    assert secret.__class__.open(after.sealed_secret, NEW, "amina") == secret
    with pytest.raises(SignInRefused):
        secret.__class__.open(after.sealed_secret, PASSWORD, "amina")
    with pytest.raises(SignInRefused):
        prove(office.desk, "amina", PASSWORD, office.code(steps=1))
    raw = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert bytes(after.sealed_secret) in raw
    assert bytes(before.sealed_secret) not in raw


REFUSED: dict[str, tuple[dict[str, str], int, str]] = {
    "too short": ({"new": "short", "again": "short"}, 422, "at least 12 characters"),
    "typed differently": ({"again": "nine loud badger"}, 422, "two new passwords differ"),
    "a wrong password of now": ({"current": "seven quiet otter"}, 401, "Nothing was changed"),
    "a wrong code": ({"code": "000000"}, 401, "Nothing was changed"),
    "nothing": ({"current": "", "code": "", "new": "", "again": ""}, 422, "at least 12 characters"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_will_not_do_changes_nothing(app: Flask, office: Office, row: str) -> None:
    """One sentence that says so; no password comes back in the page."""
    typed, status, said = REFUSED[row]
    client = browser(app, office)
    answer = change(client, office, **typed)
    assert answer[0] == status
    assert said in answer[1]
    assert NEW not in answer[1]
    with office.desk.database.reading() as connection:
        sealed = find_reviewer(connection, "amina").sealed_secret
    secret = office.secrets["amina"]
    assert secret.__class__.open(sealed, PASSWORD, "amina") == secret


def test_guessing_the_password_from_a_stolen_session_is_slowed(app: Flask, office: Office) -> None:
    """The same brake as at sign-in: a cookie is no licence to try passwords."""
    client = browser(app, office)
    statuses = [change(client, office, current=f"guess number {guess}")[0] for guess in range(8)]
    assert statuses[0] == 401
    assert 429 in statuses


@pytest.mark.parametrize("how", ["signed out", "ended from elsewhere"])
def test_a_session_that_is_over_is_in_no_file(app: Flask, office: Office, how: str) -> None:
    """Not in a free page, not in the log: the cookie that was stolen opens nothing of a disk that is stolen later."""
    this, other = browser(app, office), browser(app, office, steps=1)
    (ended,) = values(this, "session")
    with office.desk.database.reading() as connection:
        query = sessions.select().where(sessions.c.lookup_hash == bytes.fromhex(ended))
        sealed = bytes(connection.execute(query).one().sealed)
    if how == "signed out":
        assert other.post("/sign-out", data={"csrf_token": values(other, "csrf_token")[0]}).status_code == 303
    else:
        form = {"csrf_token": values(this, "csrf_token")[0], "session": ended}
        assert this.post("/account/end", data=form).status_code == 303
    assert not is_in(other)
    raw = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert sealed not in raw
