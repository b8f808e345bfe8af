"""From the administrator's form to the new person's first sign-in, in a real browser without scripts."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from journalist_interface.consenting import consent, waiting_requests
from journalist_interface.desk_app import create_desk
from journalist_interface.inviting import invite
from journalist_interface.resetting import ask_reset
from keys.totp import STEP_SECONDS
from serving.server import CLOSE
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.invitations import InvitationKind
from store.desk.roles import Role
from tests.desk_office import PASSWORD as OFFICE_PASSWORD
from tests.desk_office import Office, new_office
from tests.newcomer import PASSWORD, filled
from tests.served import served


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, an intake officer, and ada, its administrator."""
    with new_office(tmp_path / "desk") as made:
        made.add("ada", Role.ADMINISTRATOR)
        yield made


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """The running desk's address."""
    app = create_desk(office.folder)
    with served(app) as url:
        yield url
    app.extensions[CLOSE]()


def without_scripts(browser: Browser) -> Page:
    """A browser of somebody's own, with JavaScript off."""
    return browser.new_context(java_script_enabled=False).new_page()


def enter(page: Page, username: str, password: str, code: str) -> None:
    """Sign in, by the labels that people read."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Code from your authenticator").fill(code)
    page.get_by_role("button", name="Sign in").click()


def test_from_the_form_to_the_first_sign_in(browser: Browser, office: Office, address: str) -> None:
    """An administrator invites; a new person makes a mistake, joins, takes ten codes down and signs in."""
    ada = without_scripts(browser)
    ada.goto(f"{address}/sign-in")
    enter(ada, "ada", OFFICE_PASSWORD, office.code("ada"))
    assert ada.url == f"{address}/people"
    ada.get_by_label("User name").fill("zoe")
    ada.get_by_role("checkbox", name="reviewer", exact=True).check()
    ada.get_by_role("button", name="Make a link").click()
    link = ada.get_by_label("Link").input_value()
    assert ada.url == f"{address}/people"  # and not the link's
    zoe = without_scripts(browser)
    zoe.goto(link)
    secret = zoe.locator("code", has_text=re.compile("^[A-Z2-7]{32}$")).inner_text()
    fill_in(zoe, secret, again="mistyped")
    assert "The two passwords differ" in zoe.get_by_role("alert").inner_text()
    assert secret in zoe.content()
    fill_in(zoe, secret, again=PASSWORD)
    expect(zoe.locator("ol code")).to_have_count(10)
    zoe.get_by_role("link", name="I have them on paper: sign in").click()
    enter(zoe, "zoe", PASSWORD, pyotp.TOTP(secret).at(int(time.time()) + STEP_SECONDS))
    assert zoe.get_by_role("heading", name="Nothing needs you now").is_visible()
    ada.goto(f"{address}/people")
    assert ada.get_by_role("row", name=re.compile("^zoe")).is_visible()
    assert "None. A link that an administrator gives out" in ada.locator("main").inner_text()


def invited(office: Office, address: str) -> str:
    """A link with which zoe joins."""
    return f"{address}/invitation/{invite(office.desk, office.signed_in('ada'), 'zoe', [Role.REVIEWER.value]).link}"


def test_a_double_click_loses_no_recovery_code(browser: Browser, office: Office, address: str) -> None:
    """The browser drops the first answer; the second is the same page, of an account that was made once."""
    zoe = without_scripts(browser)
    zoe.goto(invited(office, address))
    secret = zoe.locator("code", has_text=re.compile("^[A-Z2-7]{32}$")).inner_text()
    fill_in(zoe, secret, again=PASSWORD, press=False)
    zoe.get_by_role("button", name="Make my account").dblclick()
    expect(zoe.locator("ol code")).to_have_count(10)
    code = zoe.locator("ol code").first.inner_text()
    zoe.get_by_role("link", name="I have them on paper: sign in").click()
    enter(zoe, "zoe", PASSWORD, code)
    expect(zoe.get_by_text("9 recovery codes are left").first).to_be_visible()
    with office.desk.database.reading() as connection:
        joined = connection.execute(audit.select().where(audit.c.act == Act.JOIN.value)).all()
    assert [record.actor for record in joined] == ["zoe"]


def test_coming_back_sent_twice_shows_the_codes_twice(office: Office) -> None:
    """The page of the first sending, of a reset that was done once."""
    office.add("sue", Role.SUPERVISOR)
    token = ask_reset(office.desk, office.signed_in("ada"), "amina", InvitationKind.SECOND_FACTOR)
    waiting = waiting_requests(office.desk, office.signed_in("sue"))
    assert waiting
    _link, consented = consent(office.desk, office.signed_in("sue"), waiting[0].link.lookup_hash.hex())
    app = create_desk(office.folder)
    address = f"/reset/{token.cookie()}"
    form = filled(app.test_client().get(address).text, password=OFFICE_PASSWORD, consent=consented)
    pages = [app.test_client().post(address, data=form) for _click in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].text == pages[1].text
    assert pages[0].text.count("<li><code>") == 10
    with office.desk.database.reading() as connection:
        assert len(connection.execute(audit.select().where(audit.c.act == Act.RESET.value)).all()) == 1
    app.extensions[CLOSE]()


def test_other_words_with_a_used_link_get_nothing(office: Office) -> None:
    """The page is remembered for the very form that was done, and not for whoever has the link."""
    app = create_desk(office.folder)
    client = app.test_client()
    address = "/invitation/" + invite(office.desk, office.signed_in("ada"), "zoe", [Role.REVIEWER.value]).link
    form = filled(client.get(address).text)
    first = client.post(address, data=form)
    assert first.text.count("<li><code>") == 10
    assert app.test_client().post(address, data=form).text == first.text
    other = client.post(address, data={**form, "password": "another password entirely"})
    assert other.status_code == 404
    assert "<li><code>" not in other.text
    app.extensions[CLOSE]()


def fill_in(page: Page, secret: str, again: str, *, press: bool = True) -> None:
    """Fill the page behind the link in, and send it."""
    page.get_by_label("The code that it shows now").fill(pyotp.TOTP(secret).now())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(again)
    if press:
        page.get_by_role("button", name="Make my account").click()
