"""A source's inbox in a browser without JavaScript, on the narrowest screen, with the keyboard alone where it matters:
answers box by box, taking the report back, and naming an older codename.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from keys.derivation import SourceKeys
from keys.letter import Letter
from keys.statuses import Status
from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.source_ground import SourceGround, opened_ground
from tests.source_site import running_site
from tests.test_source_narrow import check_cards, width_of


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host, for all tests here: each has sources of its own."""
    root = tmp_path_factory.mktemp("way-back")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    with opened_ground(DropFolder(root / "drop"), intake_secret) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(ground: SourceGround) -> Iterator[str]:
    """The running site of this host."""
    with running_site(ground.folder.root) as found:
        yield found


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The narrowest window."""
    with window(browser, url) as found:
        yield found


@contextmanager
def window(browser: Browser, url: str) -> Iterator[Page]:
    """A window on a small telephone, without JavaScript."""
    size = {"width": 320, "height": 568}
    context = browser.new_context(java_script_enabled=False, viewport=size, base_url=url)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def come_back(page: Page, codename: str) -> None:
    """Type a codename."""
    page.goto("/return")
    page.fill("#codename", codename)
    page.click("text=Open my report")


def letters_of(ground: SourceGround, keys: SourceKeys) -> list[Letter]:
    """The letters of one source that wait."""
    return [letter for letter in ground.letters() if letter.reply_key == keys.reply_key().public]


def press_on(page: Page, name: str) -> None:
    """Go to a link or button with Tab, and press Enter."""
    for _tab in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip() == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name!r} cannot be reached with the keyboard")


def test_one_question_of_three_is_answered_alone(ground: SourceGround, page: Page) -> None:
    """Each has its box; what was answered says so, box by box, and more can be added."""
    codename, keys = ground.source()
    ground.collect()
    asked = ground.reply(keys, "Please tell us more.", "Who was there?", "When was it?", "Where?")
    ground.status(keys, Status.QUESTION)
    come_back(page, codename.reveal())
    assert page.inner_text("#status-title") == "A question for you"
    check_cards(page)
    page.get_by_label("When was it?").fill("On a Friday.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_selector("text=Your message is in.")
    said = {question.text: _described(page, f"answer-{question.id}") for question in asked.questions}
    answered = "You answered this. You can add more."
    assert said == {"Who was there?": "", "When was it?": answered, "Where?": ""}
    [letter] = letters_of(ground, keys)
    assert [(answer.question, answer.text) for answer in letter.answers] == [(asked.questions[1].id, "On a Friday.")]


def _described(page: Page, name: str) -> str:
    """What a screen reader says of a box besides its label."""
    ids = (page.get_attribute(f"[id='{name}']", "aria-describedby") or "").split()
    return " ".join(page.inner_text(f"[id='{one}']") for one in ids)


def test_a_report_is_taken_back_and_opened_again(ground: SourceGround, page: Page) -> None:
    """With the keyboard alone: read what it does, say why, press; come back; write again."""
    codename, keys = ground.source()
    ground.collect()
    ground.reply(keys, "Thank you for telling us.")
    come_back(page, codename.reveal())
    page.focus("#message")
    press_on(page, "I want to take my report back")
    page.wait_for_selector("text=What the charity has already")
    check_cards(page)
    page.focus("#message")
    page.keyboard.type("I am afraid.")
    press_on(page, "Withdraw my report now")
    page.wait_for_selector("h1:text-is('Your report is withdrawn')")
    assert width_of(page) == 320
    press_on(page, "See my report")
    page.wait_for_selector("#status-title")
    assert page.inner_text("#status-title") == "Withdrawn"
    assert "Thank you for telling us." not in page.inner_text("main")
    assert page.locator("text=I want to take my report back").count() == 0
    page.fill("#message", "I changed my mind.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_selector("text=Your message is in.")
    assert page.inner_text("#status-title") == "Collected"
    assert sorted((letter.withdraws, letter.message) for letter in letters_of(ground, keys)) == [
        (False, "I changed my mind."),
        (True, "I am afraid."),
    ]


def test_a_report_that_nobody_collected_is_gone_and_a_second_press_says_the_same(
    ground: SourceGround, page: Page
) -> None:
    """The codename opens nothing, nobody is signed in, and to load the answer again does nothing more."""
    codename, keys = ground.source()
    come_back(page, codename.reveal())
    page.goto("/withdraw")
    assert "has not collected anything of yours" in page.inner_text("main")
    page.click("text=Withdraw my report now")
    page.wait_for_selector("text=It is as if you had never written.")
    page.reload()
    page.wait_for_selector("text=It is as if you had never written.")
    assert page.locator("nav >> text=My report").count() == 0
    come_back(page, codename.reveal())
    assert "We know no report with this codename." in page.inner_text("main")
    assert letters_of(ground, keys) == []


def test_who_was_away_types_the_codename_and_nothing_typed_is_lost(ground: SourceGround, page: Page) -> None:
    """The session is gone when the button is pressed: the reason is still there, and one codename withdraws."""
    codename, keys = ground.source()
    ground.collect()
    come_back(page, codename.reveal())
    page.goto("/withdraw")
    page.fill("#message", "They know it was me.")
    _end_every_session(ground)
    page.click("text=Withdraw my report now")
    page.wait_for_selector("text=You were away for a while")
    assert page.input_value("#message") == "They know it was me."
    page.fill("#codename", "abacus aple")
    page.click("text=Withdraw my report now")
    page.wait_for_selector(".summary")
    page.fill("#codename", codename.reveal())
    page.click("text=Withdraw my report now")
    page.wait_for_selector("h1:text-is('Your report is withdrawn')")
    assert [(letter.withdraws, letter.message) for letter in letters_of(ground, keys)] == [
        (True, "They know it was me.")
    ]


def _end_every_session(ground: SourceGround) -> None:
    for row in ground.rows("sessions"):
        ground.host.sessions.end(bytes(row[0]))  # type: ignore[call-overload]


def test_an_older_codename_is_named_once(ground: SourceGround, page: Page) -> None:
    """Forgiving as on the page for coming back: a misspelt word gets suggestions, the own one a kind word."""
    older, _older_keys = ground.source("first")
    newer, keys = ground.source("second")
    ground.collect()
    come_back(page, newer.reveal())
    page.focus("#message")
    press_on(page, "I wrote before with another codename")
    page.wait_for_selector("text=Your older codename")
    check_cards(page)
    words = older.reveal().split()
    page.fill("#codename", " ".join([*words[:6], "ablez"]))
    page.click("text=Tell the charity")
    page.wait_for_selector("text=Did you mean:")
    assert page.input_value("#codename") == " ".join([*words[:6], "ablez"])
    page.fill("#codename", newer.reveal())
    page.click("text=Tell the charity")
    page.wait_for_selector("text=These are the words of the report that is open now.")
    page.fill("#codename", "\n".join(words).upper())
    page.click("text=Tell the charity")
    page.wait_for_selector("text=You need not tell us again.")
    page.click("main >> text=See my report")
    assert "Keep both codenames until we tell you otherwise." in page.inner_text("main")
    assert page.locator("a[href='/join']").count() == 0
    assert [bool(letter.joins) for letter in letters_of(ground, keys)] == [True]


def test_a_closed_report_does_not_read_like_a_slammed_door(ground: SourceGround, page: Page) -> None:
    """Thanks, the reason, where else to go, and that one may write: in the narrowest window, by keyboard."""
    codename, keys = ground.source()
    ground.collect()
    ground.reply(keys, "We could not find out more. Thank you.")
    ground.status(keys, Status.CLOSED)
    come_back(page, codename.reveal())
    assert page.inner_text("#status-title") == "Closed. Thank you for telling us."
    press_on(page, "Where else you can go")
    found = page.inner_text("section.status")
    for words in (
        "Our answer below says why",
        "You can still write to us",
        "0800 555 111",
        "020 3117 2520",
        "0808 2000",
    ):
        assert words in found
    check_cards(page)
