"""The pages with a form in a browser without JavaScript, from the narrowest screen up: in view, in reach, in order."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page

from keys.wordlist import LONGEST_WORD, words

SIZES = {320: 568, 768: 900, 1280: 900}
LONGEST_CODENAME = " ".join([word for word in words() if len(word) == LONGEST_WORD and "m" in word][:7])


@contextmanager
def window(browser: Browser, url: str, width: int) -> Iterator[Page]:
    """A window of a width, without JavaScript."""
    size = {"width": width, "height": SIZES[width]}
    context = browser.new_context(java_script_enabled=False, viewport=size, base_url=url)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, site_of_file: str) -> Iterator[Page]:
    """A window of each width on a running site."""
    with window(browser, site_of_file, request.param) as found:
        yield found


@pytest.fixture
def narrow(browser: Browser, site_of_file: str) -> Iterator[Page]:
    """The narrowest window on a running site."""
    with window(browser, site_of_file, 320) as found:
        yield found


def edges(what: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of something."""
    box = what.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def width_of(page: Page) -> int:
    """How wide the document is."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def send_report(page: Page, place: str) -> None:
    """Write a report with a codename and send it with the first or the last button."""
    page.goto("/codename")
    codename = page.inner_text("#codename")
    page.goto("/report")
    page.fill("#codename_check", codename)
    page.fill("#message", "hello")
    sends = page.locator("#report-form button:text-is('Send')")
    assert sends.count() == 2
    (sends.first if place == "first" else sends.last).click()


def test_the_front_page_shows_where_to_begin_without_scrolling(narrow: Page) -> None:
    """On the smallest phone; and the words on danger stand above it."""
    narrow.goto("/")
    assert edges(narrow.locator("main >> text='Make a report'"))[3] <= SIZES[320]
    assert edges(narrow.locator("main >> text=In danger now?"))[1] < edges(narrow.locator("h1"))[1]


def test_the_head_is_low_and_whole_on_a_narrow_screen(narrow: Page) -> None:
    """A name, Leave, and two rows of links, signed in or out; each link is large enough for a finger."""
    check_head(narrow, "/", "/codename", "/report", "/return", "/safety", "/about")
    send_report(narrow, "first")
    check_head(narrow, "/", "/codename", "/report", "/inbox", "/safety", "/about")


def check_head(narrow: Page, *paths: str) -> None:
    """Look at the head of pages."""
    for path in paths:
        narrow.goto(path)
        assert edges(narrow.locator("main"))[1] <= 120, path
        for link in narrow.locator("nav a:visible").all():
            left, top, right, bottom = edges(link)
            assert left >= 0
            assert right <= 320
            assert bottom - top >= 24
        assert narrow.locator(".leave").first.is_visible()
        assert "Call 999" in narrow.inner_text("main")


def test_what_happened_comes_right_after_coming_back(page: Page) -> None:
    """The one question that needs an answer stands before all that may be left out, and can be sent at once."""
    page.goto("/report")
    parts = ["#part-codename", "#message", "text=You can press “Send” now.", "#q-danger", "text=What is it about?"]
    tops = [edges(page.locator(part).first)[1] for part in parts]
    assert tops == sorted(tops)
    assert "Call 999" in page.inner_text("main")


@pytest.mark.parametrize("place", ["first", "last"])
def test_both_buttons_send_the_report(narrow: Page, place: str) -> None:
    """One form, whichever is pressed."""
    send_report(narrow, place)
    assert narrow.inner_text("h1") == "Thank you. We have your report."


def test_a_whole_codename_is_seen_while_it_is_typed(page: Page) -> None:
    """Seven of the longest words fit into the box, and Enter between them sends nothing and means nothing."""
    page.goto("/return")
    box = page.locator("#codename")
    box.fill(LONGEST_CODENAME)
    assert box.evaluate("box => box.scrollHeight <= box.clientHeight")
    box.fill("")
    for word in LONGEST_CODENAME.split():
        box.press_sequentially(word)
        box.press("Enter")
    assert page.url.endswith("/return")
    page.click("text=Open my report")
    assert "We know no report with this codename." in page.inner_text("main")
    page.goto("/codename")
    codename = page.inner_text("#codename").split()
    page.goto("/report")
    box = page.locator("#codename_check")
    for word in codename:
        box.press_sequentially(word)
        box.press("Enter")
    assert page.locator("[role=alert]").count() == 0
    page.fill("#message", "hello")
    page.locator("button:text-is('Send')").first.click()
    assert page.inner_text("h1") == "Thank you. We have your report."


def test_the_box_for_a_codename_is_left_with_the_keyboard(narrow: Page) -> None:
    """Tab leads on to the button, and Enter on it opens the report."""
    narrow.goto("/return")
    narrow.focus("#codename")
    narrow.keyboard.press("Tab")
    narrow.keyboard.press("Enter")
    narrow.wait_for_selector("text=Type your codename: seven words.")


def test_nothing_runs_out_of_its_card(page: Page) -> None:
    """With a mistake in the form and files to add, on each page with a form: no button and no field is cut off."""
    page.goto("/codename")
    page.goto("/report")
    page.fill("#codename_check", "abacus aple")
    page.locator("button:text-is('Send')").last.click()
    check_cards(page)
    send_report(page, "first")
    page.goto("/inbox")
    check_cards(page)
    page.goto("/return")
    page.fill("#codename", "aple")
    page.click("text=Open my report")
    check_cards(page)


def check_cards(page: Page) -> None:
    """Look at every button and field of a page."""
    folded = page.locator("main details:not([open]) > summary")
    while folded.count():
        folded.first.click()
    size = page.viewport_size
    assert size is not None
    assert width_of(page) == size["width"]
    for card in page.locator(".part, .aside, .summary").all():
        left, _top, right, _bottom = edges(card)
        for part in card.locator("button:visible, a.button:visible, textarea:visible, input:visible").all():
            found = edges(part)
            assert left <= found[0]
            assert found[2] <= right


def test_a_short_link_leads_from_what_is_wrong_to_its_field(narrow: Page) -> None:
    """One line of link; the sentence stands beside it."""
    narrow.goto("/report")
    narrow.check("[name=one_way]")
    narrow.locator("button:text-is('Send')").first.click()
    link = narrow.locator(".summary a")
    assert link.inner_text() == "What happened?"
    _left, top, _right, bottom = edges(link)
    assert bottom - top < 45
    link.click()
    assert narrow.url.endswith("#message")
    assert 0 <= edges(narrow.locator("#message"))[1] < SIZES[320]


def test_advice_beside_a_form_leaves_the_form_alone(narrow: Page) -> None:
    """What was typed is still there after a look at how to stay safe."""
    narrow.goto("/report")
    narrow.fill("#message", "half a sentence")
    with narrow.context.expect_page() as opened:
        narrow.click("nav >> text=Stay safe")
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith("/safety")
    narrow.click("nav >> text=Make a report", force=True)
    assert narrow.input_value("#message") == "half a sentence"
