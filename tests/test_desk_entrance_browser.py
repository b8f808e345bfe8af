"""A key to the desk made, used and taken away in a real browser without scripts, at its onion address over plain http.

The browser is told that the onion address is the desk's port; Tor itself is not here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, ViewportSize

from journalist_interface.desk_app import create_desk
from serving.server import CLOSE
from store.desk.roles import Role
from tests.chromium import start_chromium
from tests.desk_entrance import let_in_at, open_service
from tests.desk_office import PASSWORD, Office, new_office
from tests.served import served

NARROW = ViewportSize(width=320, height=640)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with ada, its administrator, and ben, a reviewer."""
    with new_office(tmp_path / "desk", {"ada": (Role.ADMINISTRATOR,), "ben": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def page(office: Office, playwright: Playwright) -> Iterator[Page]:
    """A narrow window of Debian's Chromium, whose addresses begin at the desk's onion service."""
    onion = open_service(office)
    app = create_desk(office.folder)
    with served(app) as url:
        rules = f"--host-resolver-rules=MAP {onion}:80 {url.removeprefix('http://')}"
        browser = start_chromium(playwright, rules)
        context = browser.new_context(java_script_enabled=False, viewport=NARROW, base_url=f"http://{onion}")
        yield context.new_page()
        browser.close()
    app.extensions[CLOSE]()


def sign_in(page: Page, username: str, code: str) -> None:
    """Sign in, by the labels that people read."""
    page.goto("/sign-in")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code from your authenticator").fill(code)
    page.get_by_role("button", name="Sign in").click()


def is_narrow(page: Page) -> bool:
    """Nothing stands out at the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"])


def test_from_no_key_to_a_key_and_back(office: Office, page: Page) -> None:
    """The session's cookie comes back over http; whose session it is ends with the key; all of it fits in 320 px."""
    sign_in(page, "ben", office.code("ben"))
    theirs = page.context.storage_state()["cookies"]
    page.context.clear_cookies()
    sign_in(page, "ada", office.code("ada"))
    page.get_by_role("link", name="ben").click()
    assert is_narrow(page)
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_label("Key to the desk").input_value()
    assert len(key) == 52
    assert page.url.endswith(".onion/people/ben/key")
    assert is_narrow(page)
    assert let_in_at(office) == ("ben",)
    page.get_by_role("link", name="I have it: go on").click()
    assert key not in page.content()
    page.get_by_role("button", name="Take the key away").click()
    assert "They have no key to the desk any more." in page.get_by_role("status").inner_text()
    assert let_in_at(office) == ()
    page.context.clear_cookies()
    page.context.add_cookies([{"name": each["name"], "value": each["value"], "url": page.url} for each in theirs])
    page.goto("/")
    assert page.url.endswith("/sign-in")
    sign_in(page, "ben", office.code("ben", steps=1))
    assert page.get_by_role("heading", name="Nothing needs you now").is_visible()
