"""The way to the desk through Tor on its pages: shown once, for administrators alone, and every odd thing refused."""

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.tor_plan import plan_of
from onion.health import Health, write_health
from onion.own_files import alone
from store.desk.account_tables import audit
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import give_key, let_in_at, open_service
from tests.desk_office import Office, new_office, sign_in
from tests.desk_routes import form_to

OTHER_ONION = "p53lf57qovyuvwsc6xnrppyply3vtqm7l6pcobkmyqsiofyeznfu5uqd.onion"
KEY = re.compile(r'<textarea id="key"[^>]*>([A-Z2-7]{52})</textarea>')
PEOPLE = {
    "ada": (Role.ADMINISTRATOR,),
    "ben": (Role.REVIEWER,),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
    "evan": (Role.AUDITOR,),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with somebody of each kind."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def onion(office: Office) -> str:
    """The address of the desk's onion service."""
    return open_service(office)


def browser(app: Flask, office: Office, username: str = "ada") -> FlaskClient:
    """A browser in which somebody is signed in."""
    made = app.test_client()
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    sign_in(made, office, username)
    return made


def press(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """Press a button of a page."""
    return client.post(action, data=form_to(client.get(page).text, action).data(**fields))


def words(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", answer.text)).split())


def test_the_invitation_shows_the_key_once(app: Flask, office: Office, onion: str) -> None:
    """With the link at the onion address, whole and in groups, and what to do; then it is on no page."""
    ada = browser(app, office)
    answer = press(ada, "/people", "/people", username="jo.smith", role="reviewer")
    found = KEY.search(answer.text)
    assert found
    assert re.search(rf">http://{onion}/invitation/[\w-]{{86}}<", answer.text)
    assert " ".join(re.findall("....", found[1])) in answer.text
    assert "Tor Browser asks for a key" in answer.text
    assert let_in_at(office) == ("jo.smith",)
    assert answer.headers["Cache-Control"] == "no-store"
    for page in ("/people", "/people/ben"):
        assert found[1] not in ada.get(page).text


def test_the_link_works_under_the_onion_address(app: Flask, office: Office, onion: str) -> None:
    """Whoever comes through Tor finds the page to join."""
    answer = press(browser(app, office), "/people", "/people", username="zoe", role="reviewer")
    link = re.search(rf">http://{onion}(/invitation/[\w-]{{86}})<", answer.text)
    assert link
    joined = app.test_client().get(link[1], headers={"Host": onion})
    assert joined.status_code == 200
    assert "zoe" in joined.text


def test_without_an_onion_service_nothing_is_said_of_keys(app: Flask, office: Office) -> None:
    """The pages are as they were."""
    ada = browser(app, office)
    assert not KEY.search(press(ada, "/people", "/people", username="zoe", role="reviewer").text)
    page = ada.get("/people/ben").text
    assert "Their way here" not in page
    assert "/people/ben/key" not in page


def test_the_page_of_a_person_says_whether_they_have_a_key(app: Flask, office: Office, onion: str) -> None:
    """And what can be done about it; after each act it says how things are."""
    ada = browser(app, office)
    assert "They have no key" in words(ada.get("/people/ben"))
    made = press(ada, "/people/ben", "/people/ben/key")
    assert KEY.search(made.text)
    assert f">http://{onion}/<" in made.text
    assert "They have a key" in words(ada.get("/people/ben"))
    away = press(ada, "/people/ben", "/people/ben/key/away")
    assert away.location == "/people/ben?done=key-away"
    assert "They have no key to the desk any more." in words(ada.get(away.location))
    assert let_in_at(office) == ()


def test_suspending_says_that_the_key_is_gone_and_readmitting_that_it_stays_away(
    app: Flask, office: Office, onion: str
) -> None:
    """Each in words, on the page that follows; and no button makes a key for a suspended account."""
    assert onion
    give_key(office, "ben")
    ada = browser(app, office)
    after = ada.get(press(ada, "/people/ben", "/people/ben/suspend").location or "")
    assert "It has no key to the desk any more." in words(after)
    assert "Letting them in again does not bring their key to the desk back." in words(after)
    assert "/people/ben/key" not in after.text
    again = ada.get(press(ada, "/people/ben", "/people/ben/readmit").location or "")
    assert "Their key to the desk did not come back" in words(again)


def test_a_page_never_says_that_a_key_is_gone_which_is_there(app: Flask, office: Office, onion: str) -> None:
    """Not for an address that claims so; and a suspension that left it says it in red, and what shuts the way."""
    assert onion
    give_key(office, "ben")
    (path,) = office.folder.rglob("ben.auth")
    path.unlink()
    (path / "something").mkdir(parents=True)
    ada = browser(app, office)
    assert "any more" not in words(ada.get("/people/ben?done=key-away"))
    answer = press(ada, "/people/ben", "/people/ben/suspend")
    assert answer.status_code == 500
    assert "Done, but not all of it" in words(answer)
    assert "could NOT be taken away from ben" in words(answer)
    for address in ("/people/ben", "/people/ben?done=suspended"):
        page = words(ada.get(address))
        assert "could not be taken away yet" in page
        assert "It has no key" not in page


def test_a_reset_is_given_out_at_the_address_that_its_owner_can_reach(app: Flask, office: Office, onion: str) -> None:
    """Through Tor if they have a key; else under the name by which the administrator came."""
    give_key(office, "ben")
    ada = browser(app, office)
    assert "Was the device lost" in ada.get("/people/ben").text
    assert f">http://{onion}/reset/" in press(ada, "/people/ben", "/people/ben/reset", kind="second-factor").text
    assert ">http://localhost/reset/" in press(ada, "/people/cora", "/people/cora/reset", kind="password").text


@pytest.mark.parametrize("who", ["ben", "cora", "evan", "amina"])
@pytest.mark.parametrize("action", ["/people/ben/key", "/people/ben/key/away"])
def test_nobody_but_an_administrator_has_these_buttons(
    app: Flask, office: Office, onion: str, who: str, action: str
) -> None:
    """To everybody else the address never was, and nothing changes."""
    assert onion
    give_key(office, "ben")
    before = (let_in_at(office), [path.read_bytes() for path in office.folder.rglob("ben.auth")])
    client = browser(app, office, who)
    token = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert token
    answer = client.post(action, data={"csrf_token": unescape(token[1])})
    assert answer.status_code == 404
    assert (let_in_at(office), [path.read_bytes() for path in office.folder.rglob("ben.auth")]) == before


def _suspended(office: Office) -> None:
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)


ODD = {
    "nobody": ("nobody-here", 404),
    "the key that nobody holds": ("NOBODY", 404),
    "a path": ("..%5c..%5cdesk", 404),
    "another ending": ("ben.auth", 404),
    "a capital": ("Ben", 404),
    "markup": ("<b>ben", 404),
    "NUL": ("ben%00", 404),
    "oneself": ("ada", 422),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("act", ["key", "key/away"])
def test_an_odd_name_gets_no_key_and_loses_none(app: Flask, office: Office, onion: str, what: str, act: str) -> None:
    """No file is made, no file goes, and nothing is recorded."""
    assert onion
    give_key(office, "ben")
    ada = browser(app, office)
    name, status = ODD[what]
    form = form_to(ada.get("/people/ben").text, "/people/ben/key").data()
    files = sorted(office.folder.joinpath("tor").rglob("*"))
    with office.desk.database.reading() as connection:
        records = len(connection.execute(audit.select()).all())
    assert ada.post(f"/people/{name}/{act}", data=form).status_code == status
    assert sorted(office.folder.joinpath("tor").rglob("*")) == files
    with office.desk.database.reading() as connection:
        assert len(connection.execute(audit.select()).all()) == records


def test_two_tabs_make_two_keys_and_the_last_one_works(app: Flask, office: Office, onion: str) -> None:
    """Whoever pressed first sees a key that is void: the page says that one before opens nothing. A suspended one gets
    none from a page that was open before."""
    assert onion
    ada = browser(app, office)
    tabs = [form_to(ada.get("/people/ben").text, "/people/ben/key").data() for _tab in range(3)]
    first, second = (KEY.search(ada.post("/people/ben/key", data=form).text) for form in tabs[:2])
    assert first
    assert second
    assert first[1] != second[1]
    assert let_in_at(office) == ("ben",)
    _suspended(office)
    late = ada.post("/people/ben/key", data=tabs[2])
    assert late.status_code == 422
    assert "The account is suspended, so it gets no key" in late.text


NAMES: dict[str, tuple[Callable[[str], str], int]] = {
    "its own onion": (lambda onion: onion, 200),
    "its own onion in capitals, with a port": (lambda onion: onion.upper() + ":80", 200),
    "loopback": (lambda _onion: "127.0.0.1:8000", 200),
    "another onion": (lambda _onion: OTHER_ONION, 421),
    "a name below its onion": (lambda onion: f"evil.{onion}", 421),
    "a name that ends so": (lambda _onion: "evil.onion", 421),
}


@pytest.mark.parametrize("what", NAMES)
def test_the_desk_answers_under_its_own_onion_alone(app: Flask, onion: str, what: str) -> None:
    """Once it has one: a service elsewhere that leads to this socket is not the desk."""
    host, status = NAMES[what]
    assert app.test_client().get("/sign-in", headers={"Host": host(onion)}).status_code == status


def test_a_service_without_keys_yet_is_no_reason_to_answer_all(app: Flask, office: Office) -> None:
    """The folder is there, the address not: no onion is the desk's."""
    (office.folder / "tor" / "desk").mkdir(parents=True)
    assert app.test_client().get("/sign-in", headers={"Host": OTHER_ONION}).status_code == 421


def test_signing_in_through_the_onion_works_without_a_secure_cookie(app: Flask, office: Office, onion: str) -> None:
    """Tor Browser reaches the desk over http: a cookie marked Secure might not come back."""
    client = app.test_client()
    base = f"http://{onion}"
    form = {"username": "ben", "password": "seven quiet otters", "code": office.code("ben")}
    answer = client.post("/sign-in", data=form, base_url=base)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/", base_url=base).status_code == 200


def test_no_page_says_that_a_key_is_shut_out_before_tor_has_started_again(
    app: Flask, office: Office, onion: str
) -> None:
    """Tor does not run; runs as it was before the key went; runs without it."""
    assert onion
    give_key(office, "ben")
    ada, plan = browser(app, office), plan_of(office.folder)
    assert "nobody comes to the desk through it now" in words(ada.get("/people/ben"))
    with alone(plan.folder):
        write_health(plan.folder.health, Health(int(time.time()), 100, {"desk": True}, taken=plan.mark()))
        assert "those taken away or replaced are shut out" in words(ada.get("/people/ben"))
        assert "opens nothing as soon as Tor has started again" in words(press(ada, "/people/ben", "/people/ben/key"))
        after = words(ada.get(press(ada, "/people/ben", "/people/ben/key/away").location or ""))
        assert "may still open the way" in after
        assert "shut out" not in after
        write_health(plan.folder.health, Health(int(time.time()), 100, {"desk": True}, taken=plan.mark()))
        assert "those taken away or replaced are shut out" in words(ada.get("/people/ben"))
