"""Access keys: on every page each at most once, each of them on the page that tells them, and the same everywhere."""

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from journalist_interface.access_keys import LETTERS, key_lines
from keys.hpke import SEED_SIZE, SecretKey
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list, sent_replies, write_letter
from tests.desk_routes import Desk, furnished, token
from tests.pictures.camera import sign_in, window
from tests.served import served_desk
from tests.test_desk_clearance_keyboard import tab_to


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: looking changes nothing here."""
    with furnished(tmp_path_factory.mktemp("keys") / "desk") as made:
        yield made


def pages(desk: Desk) -> Iterator[tuple[str, str]]:
    """Yield every page that somebody can come to, for each role; and those that answer a form of looking."""
    for who in ("amina", *(role.value for role in Role)):
        browser = desk.browser(who)
        for rule in desk.routes("GET"):
            if rule.endpoint != "static" and "attachment" not in rule.rule:
                yield rule.rule, browser.get(desk.address(rule), follow_redirects=True).text
        if who not in ("amina", Role.REVIEWER.value):
            continue
        told = {"csrf_token": token(browser)}
        listed = browser.get("/").text
        walk = re.search(rf"/case/{desk.mine}\?walk=\w+", listed)
        assert walk
        yield "a case of a list", browser.get(walk[0]).text
        for address, form in (
            ("/search", {"query": "computer"}),
            ("/bulk", {"picked": desk.mine}),
            ("/bulk/summary", {"picked": desk.mine, "deed": "close", "reason": "Done.", "outcome": "misuse"}),
            (f"/case/{desk.mine}/reply", {"text": ""}),
        ):
            yield address, browser.post(address, data={**told, **form}).text


def test_every_key_is_told_and_none_stands_twice(desk: Desk) -> None:
    """A key that a template has by itself, and not from the list, fails here."""
    seen, known = set(), set(LETTERS.values())
    for address, page in pages(desk):
        found = re.findall(r'accesskey="([^"]*)"', page)
        assert len(found) == len(set(found)), (address, sorted(found))
        assert set(found) <= known, address
        seen |= set(found)
        signed_in = 'action="/sign-out"' in page
        assert (f'href="/keyboard" accesskey="{LETTERS["keyboard"]}"' in page) == signed_in, address
    # The pages of a list that has more than one need more cases than a furnished desk has: test_desk_finding_browser.
    assert known - seen <= {LETTERS["next-page"], LETTERS["page-before"]}


def test_the_page_tells_every_letter(desk: Desk) -> None:
    """Once for each thing; letters of the alphabet, for signs lie elsewhere on other keyboards."""
    told = [line for _where, lines in key_lines() for line in lines]
    assert len(told) == len(LETTERS)
    assert {line.letter for line in told} == set(LETTERS.values())
    assert all(re.fullmatch("[a-z]", letter) for letter in LETTERS.values())
    page = desk.browser(Role.AUDITOR.value).get("/keyboard").text
    for line in told:
        assert f"<kbd>{line.letter.upper()}</kbd>" in page
        assert line.does in page


def test_keys_do_not_change_by_themselves() -> None:
    """Hands learn them: another letter is a decision."""
    assert "".join(LETTERS.values()) == "tcfphlmnbnburdelowsk"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A desk with three cases that amina can read."""
    with new_office(tmp_path_factory.mktemp("by-keys") / "desk") as made:
        for _number in range(3):
            made.open(made.deliver(write_letter(SecretKey(secrets.token_bytes(SEED_SIZE)).public, must_not_reach="")))
        yield made


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    """Where the desk answers."""
    with served_desk(office.folder) as address:
        yield address


def press_access_key(page: Page, letter: str) -> None:
    """Press Alt with a letter, as a keyboard does: Playwright leaves out the letter that the browser looks for."""
    session = page.context.new_cdp_session(page)
    pressed = {"modifiers": 1, "key": letter, "code": f"Key{letter.upper()}"}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **pressed})
    session.send("Input.dispatchKeyEvent", {"type": "char", **pressed, "text": letter, "unmodifiedText": letter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})
    session.detach()


def test_a_case_is_found_tagged_and_left_for_the_next_by_keys_alone(browser: Browser, office: Office, url: str) -> None:
    """Narrow the list, go in, skip to what to do, tag it, go on to the next case, up to the list, tick and change."""
    names = [each.card.name for each in read_list(office.desk, office.signed_in()).cases if each.card]
    with window(browser, url) as page:
        sign_in(page, office, "amina")
        press = page.keyboard.press
        page.goto("/keyboard")
        press_access_key(page, "c")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Cases")
        press_access_key(page, "l")
        expect(page.locator("#words")).to_be_focused()
        # Each two-word name has its own letters; what all have is the reference's hyphen.
        page.keyboard.type("-")
        press("Enter")
        page.wait_for_url("**/?list=*")
        tab_to(page, "table.list th[scope=row] > a:first-child")
        press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(names[0])
        press_access_key(page, "w")
        expect(page.locator("#assignee")).to_be_focused()
        tab_to(page, "#tags")
        page.keyboard.type("north")
        press("Enter")
        expect(page.locator(".state-of-work")).to_contain_text("north")
        press_access_key(page, "n")
        expect(page.get_by_role("heading", level=1)).to_contain_text(names[1])
        press_access_key(page, "o")
        expect(page.locator("#note-text")).to_be_focused()
        press_access_key(page, "n")
        expect(page.get_by_role("heading", level=1)).to_contain_text(names[2])
        press_access_key(page, "b")
        expect(page.get_by_role("heading", level=1)).to_contain_text(names[1])
        press_access_key(page, "u")
        page.wait_for_url("**/?list=*")
        tab_to(page, "input[name=picked]")
        press("Space")
        press_access_key(page, "m")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Many cases at once")
        tab_to(page, "#tags")
        page.keyboard.type("south")
        press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Before it is done")
        tab_to(page, "form.bulk-plan button")
        press("Enter")
        expect(page.get_by_role("status")).to_contain_text("1 case is changed.")


def test_a_case_lets_one_skip_to_what_to_do(browser: Browser, office: Office, url: str) -> None:
    """The second stop of the Tab key, after that to the content; then the first box of the reply. No key sends it."""
    [first, *_others] = [each.case.reference for each in read_list(office.desk, office.signed_in()).cases]
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    with window(browser, url) as page:
        sign_in(page, office, "amina")
        page.goto(f"/case/{first}")
        page.keyboard.press("Tab")
        expect(page.locator("a.skip").first).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to what to do")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#text")).to_be_focused()
        waiting = sent_replies(office)
        page.keyboard.type("Thank you.")
        press_access_key(page, "d")
        expect(page.get_by_role("heading", level=1)).to_contain_text("As the source will see it")
        assert sent_replies(office) == waiting
