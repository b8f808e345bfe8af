"""docs/guide-sources.md, walked as it stands: whoever presses what it says, in that order, tells us and comes back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from source_interface.drop_folder import DropFolder
from source_interface.site_address import keep_site_address
from tests.onion_names import onion_name
from tests.source_site import running_site

GUIDE = (Path(__file__).parent.parent / "docs" / "guide-sources.md").read_text("utf-8")
PRESS = re.compile(r"[Pp]ress \*\*“([^”]+)”\*\*")


def section(title: str) -> str:
    """One section of the guide."""
    return GUIDE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture(params=[320, 1280])
def page(request: pytest.FixtureRequest, browser: Browser, drop_folder: DropFolder) -> Iterator[Page]:
    """A phone's window, and a computer's, without scripts."""
    with running_site(drop_folder.root) as url:
        size = {"width": request.param, "height": 700}
        context = browser.new_context(java_script_enabled=False, base_url=url, viewport=size)  # type: ignore[arg-type]
        yield context.new_page()
        context.close()


def press(page: Page, name: str) -> None:
    """Press what has this name: in the page's own part if it is there, or else at its head."""
    for place in (page.locator("main"), page.locator("body")):
        found = place.locator("a:visible, button:visible").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))
        if found.count():
            found.first.click()
            return
    raise AssertionError(f"nothing is called “{name}” on {page.url}")


def test_the_guide_leads_to_a_report_and_back(page: Page) -> None:
    """Its buttons are there, under these names, in this order; what it says of each page is so."""
    begin, go_on, send = PRESS.findall(section("Telling us"))
    page.goto("/")
    press(page, begin)
    codename = page.inner_text("#codename")
    assert len(codename.split()) == 7
    press(page, go_on)
    boxes = page.locator("main textarea:visible, main input[type=text]:visible")
    boxes.nth(0).fill(codename)
    boxes.nth(1).fill("He takes money.")
    assert page.get_by_label("I do not want to come back").count() == 1
    press(page, send)
    assert page.inner_text("h1") == "Thank you. We have your report."
    assert "“Thank you. We have your report.”" in section("Telling us")
    [leave] = PRESS.findall(section("When you have finished"))
    press(page, leave)
    assert page.url.endswith("/left")
    assert "New Identity" in page.inner_text("main")

    again, opens, sends, leaves = PRESS.findall(section("Coming back"))
    page.goto("/")
    press(page, again)
    page.locator("main textarea:visible, main input[type=text]:visible").first.fill(codename)
    press(page, opens)
    page.locator("#message").fill("And his friend does too.")
    press(page, sends)
    assert page.locator("[role=alert]").count() == 0
    press(page, leaves)
    assert page.url.endswith("/left")


def test_the_page_for_who_is_led_astray_is_called_as_the_guide_calls_it(
    browser: Browser, drop_folder: DropFolder
) -> None:
    """So that whoever sees it finds it in the guide."""
    keep_site_address(drop_folder, onion_name())
    [name] = re.findall(r"Does a page say \*\*“([^”]+)”\*\*", section("Check the address"))
    with running_site(drop_folder.root) as url:
        page = browser.new_page()
        page.goto(url)
        assert page.inner_text("h1") == page.title() == name
        page.close()


def test_the_guide_says_first_what_may_save_a_life() -> None:
    """999 and 55 before any step; never from work before any device; what Tor does not hide is not left out."""
    order = [
        "Call 999",
        "press 55",
        "## Never from work",
        "## Choose a device",
        "## Check the address",
        "## Telling us",
    ]
    places = [GUIDE.index(words) for words in order]
    assert places == sorted(places)
    hidden_not = section("What Tor does not hide")
    for words in (
        "That you use Tor, and when",
        "What you say",
        "Your screen and your keys",
        "That Tor Browser is there",
    ):
        assert words in hidden_not, words


def test_each_word_is_explained_before_it_is_used() -> None:
    """Whoever is afraid and no good with computers reads it from the top."""
    for word in ("Tor Browser", "onion address", "codename"):
        told = re.search(rf"\*\*(An? )?{word}\*\* is ", GUIDE)
        assert told, word
        assert word not in GUIDE[: told.start()], word
    assert re.search(r"\*\*A codename\*\* is seven words", GUIDE)


def test_nobody_is_told_to_empty_what_is_noticed_when_it_is_empty() -> None:
    """Neither history nor bin: whoever lives with the person takes these things away, and nothing else."""
    assert not re.search(r"empty (the|your) (bin|history|downloads)|before you empty", GUIDE)
    assert GUIDE.count("once more in the bin") == 2


def test_no_link_within_the_guide_leads_nowhere() -> None:
    """Somebody who is afraid does not look for a heading."""
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)$", GUIDE, re.M)
    }
    links = re.findall(r"\]\(#([^)]+)\)", GUIDE)
    assert len(links) > 4
    assert [link for link in links if link not in headings] == []
