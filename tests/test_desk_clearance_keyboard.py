"""Clearing with a keyboard alone, in Debian's Chromium without scripts; pages that fit every window."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from journalist_interface.about_me import Written, save_own_page
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import TOPICS, Answer
from store.desk.case_tables import cases
from store.desk.cases import cleared_for
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.pictures.camera import sign_in, window
from tests.served import served_desk


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk where ben has a conflict, and a letter that names him waits behind one that does not."""
    with new_office(tmp_path / "desk") as made:
        made.add("ben", Role.REVIEWER)
        made.add("cora", Role.REVIEWER)
        save_own_page(made.desk, made.signed_in("ben"), Written(list(TOPICS), "", "Northtown", ""))
        key = SecretKey(secrets.token_bytes(SEED_SIZE)).public
        danger = (Answer("q-danger", "yes"),)
        made.deliver(write_letter(key, "at the car wash", must_not_reach="nobody in Northtown", answers=danger))
        made.deliver(write_letter(None, "a joke", must_not_reach="", topics=("hate",)))
        yield made


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where the desk answers."""
    with served_desk(office.folder) as address:
        yield address


def tab_to(page: Page, what: str) -> None:
    """Press the Tab key until the thing that has the focus is what somebody looks for."""
    wanted = page.locator(what).first
    expect(wanted).to_be_visible()
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.locator("*:focus").count() and page.locator(f"{what}:focus").count():
            return
    raise AssertionError(f"the keyboard does not reach {what}")


def test_an_officer_clears_with_the_keyboard_alone(browser: Browser, office: Office, url: str) -> None:
    """Unlock, choose, read the warning, untick and tick, open; then the other letter with one key."""
    with window(browser, url) as page:
        sign_in(page, office, "amina")
        page.goto("/post")
        tab_to(page, "form[action$='/unlock'] button")
        page.keyboard.press("Enter")
        rows = page.locator("ol.queue li")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("Someone is in danger now")
        tab_to(page, "ol.queue a.button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Who may read this letter")
        expect(page.get_by_role("main")).to_contain_text("Named “Northtown” as a conflict")
        expect(page.get_by_role("main")).not_to_contain_text("car wash")
        expect(page.get_by_role("checkbox", name="ben", exact=True)).not_to_be_checked()
        tab_to(page, "input[name=cleared][value=ben]")
        page.keyboard.press("Space")
        tab_to(page, "main form button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("ben should not read this. Nothing was opened.")
        expect(page.get_by_role("checkbox", name="ben", exact=True)).to_be_checked()
        tab_to(page, "input[name=cleared][value=ben]")
        page.keyboard.press("Space")
        tab_to(page, "main form button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_contain_text("at the car wash")
        page.goto("/post")
        tab_to(page, "ol.queue button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_contain_text("a joke")
    with office.desk.database.reading() as connection:
        read = sorted(cleared_for(connection, row.id) for row in connection.execute(cases.select()))
    assert read == [("amina", "ben"), ("amina", "cora")]


@pytest.mark.parametrize("width", [320, 768, 1280, 1920])
def test_nothing_is_cut_off_however_wide_the_window(browser: Browser, office: Office, url: str, width: int) -> None:
    """The queue, the letter and the reviewer's own page are no wider than the window."""
    with window(browser, url, width) as page:
        sign_in(page, office, "amina")
        page.goto("/post")
        page.click("text=Unlock the intake key")
        for address in ("/post", page.get_attribute("ol.queue a.button", "href"), "/about-me"):
            page.goto(str(address))
            # Scripts are off for the page, not for whoever measures it.
            box = page.locator("main").bounding_box()
            assert box is not None
            assert box["width"] <= width
            shown = [each.bounding_box() for each in page.locator("main *").all() if each.is_visible()]
            assert all(each is None or each["x"] + each["width"] <= width + 1 for each in shown), address
