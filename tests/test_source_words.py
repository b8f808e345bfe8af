"""What the source's site promises is what is built; what it advises makes nobody less safe; Leave is always in view."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask, render_template
from playwright.sync_api import Browser, Page

from journalist_interface.acknowledgement import acknowledgement
from keys.codename import WORDS_IN_A_CODENAME, Codename
from keys.statuses import Status
from serving.look_of_source import FOLDER as LOOK
from serving.look_of_source import SHEET
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from source_interface.status_words import show_status
from tests.source_site import running_site

SITE = Path(__file__).resolve().parent.parent / "source_interface"
TEMPLATES = sorted([*(SITE / "templates").glob("*.html"), *(LOOK / "templates").glob("*.html")])
LARGEST_SHEET = 15_200  # bytes
HELPLINES_ELSEWHERE = (
    "Wales: Live Fear Free, 0808 80 10 800",
    "Scotland: Domestic Abuse and Forced Marriage Helpline, 0800 027 1234",
    "Northern Ireland: Domestic and Sexual Abuse Helpline, 0808 802 1414",
)
# What no page may say: what it would promise or do to somebody is not true or not safe.
NOT_TO_BE_SAID = {
    "an answer on a day": "Most people",
    "that data was overwritten": "wiped",
    "that a report can be made safe": "without what could show who you are",
    "a check nobody makes": "A second person checks",
    "to be alone with it": "Tell nobody that",
    "that a window forgets": "close all its windows",
}


@pytest.fixture
def site(drop_folder: DropFolder) -> Iterator[Flask]:
    """The site's application."""
    app = create_site(drop_folder.root)
    yield app
    app.extensions[EXTENSION].drop.database.close()


def said(app: Flask, path: str) -> str:
    """Return the words of a page as people read them, in one line."""
    page = app.test_client().get(path).text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page[page.index("<body") :])).split())


@pytest.mark.parametrize("promise", NOT_TO_BE_SAID)
def test_no_page_promises_what_is_not_so(promise: str) -> None:
    """In a template, in the acknowledgement, in a status."""
    words = [path.read_text("utf-8") for path in TEMPLATES]
    words += [acknowledgement(), *(show_status(status).explanation for status in Status)]
    assert [text for text in words if NOT_TO_BE_SAID[promise] in text] == []


def test_a_status_says_what_was_done_and_no_more(site: Flask) -> None:
    """Collected is not opened; opened is not "people are reading it"; a report passed on may still show who wrote."""
    with site.test_request_context():
        assert "Nobody has opened it yet" in show_status(Status.COLLECTED).explanation
        assert "A person at the charity has opened" in show_status(Status.BEING_READ).explanation
        assert "We tried" in show_status(Status.PASSED_ON).explanation


def test_the_acknowledgement_says_that_a_machine_wrote_it() -> None:
    """Somebody who is afraid must not take it for a person who is there now."""
    assert "was sent by itself" in acknowledgement()
    assert "999" in acknowledgement()


def test_nobody_is_told_to_be_alone(site: Flask) -> None:
    """A beaten partner may talk to somebody; every helpline stands beside what a list of calls shows."""
    for path in ("/", "/safety"):
        assert "You may talk to a helpline, or to someone you trust with your life." in said(site, path), path
    safety = said(site, "/safety")
    assert "For women in England: National Domestic Abuse Helpline (Refuge), 0808 2000 247" in safety
    assert "Advice Line (Respect), 0808 801 0327" in safety
    for line in HELPLINES_ELSEWHERE:
        assert f"For anyone in {line}, at any hour." in safety
    for path in ("/safety", "/about"):
        assert "list of calls" in said(site, path), path


def test_about_says_when_the_charity_rings_999(site: Flask) -> None:
    """It may bring the very person to the door, so a source can say so beforehand."""
    about = said(site, "/about")
    assert "we may call 999 ourselves. Tell us if that would put you in more danger, and why." in about
    assert "Take your own name out of it first." in about


def test_the_codename_page_says_how_many_words_there_are(site: Flask) -> None:
    """Seven, to be counted; new ones on each load."""
    page = site.test_client().get("/codename").text
    found = re.search(r'id="codename"[^>]*>([^<]+)<', page)
    assert found
    assert found[1] == Codename.read(found[1]).reveal()
    assert len(found[1].split(" ")) == WORDS_IN_A_CODENAME == 7
    assert "Seven words. Count them on your paper." in page
    assert "If you load this page again, you get new words." in page


def test_the_page_after_leaving_tells_nothing(site: Flask) -> None:
    """Someone may come in later: no name, no report, no 999, no paper to find, no way back; but how to clear up."""
    left = site.test_client().get("/left").text
    for word in (
        "candour",
        "police",
        "charity",
        "report",
        "codename",
        "999",
        "danger",
        "paper",
        "come back",
        "pressing",
    ):
        assert word not in re.sub(r"<!--.*?-->", "", left, flags=re.DOTALL).lower(), word
    for advice in ("New Identity", "three dots, then “Quit”", "delete this site from the history, then close it"):
        assert advice in left


@pytest.mark.parametrize(("signed_in", "way"), [(True, "/inbox"), (False, "/return")])
def test_after_an_error_a_source_goes_back_the_shortest_way(site: Flask, signed_in: bool, way: str) -> None:
    """Who is signed in is not asked for the codename again."""
    with site.test_request_context("/nope"):
        actions = [("/", "front"), ("/return", "I have a codename")]
        page = render_template("error.html", title="t", sentences=["s"], actions=actions, signed_in=signed_in)
    main = page[page.index("<main") :]
    assert re.findall(r'class="button[^>]*href="([^"]*)"', main) == ["/", way]


def test_the_style_sheet_stays_small() -> None:
    """It is fetched over Tor."""
    assert len((LOOK / SHEET).read_bytes()) <= LARGEST_SHEET


@pytest.fixture
def narrow(browser: Browser, drop_folder: DropFolder) -> Iterator[Page]:
    """A page 320 pixels wide, on the really running site."""
    with running_site(drop_folder.root) as url:
        context = browser.new_context(viewport={"width": 320, "height": 500}, base_url=url)
        yield context.new_page()
        context.close()


def test_leave_stays_in_view_on_a_narrow_screen(narrow: Page) -> None:
    """At the end of every long page the way out is at the top of the window, and nothing is cut off at the side."""
    for path in ("/", "/codename", "/report", "/return", "/safety", "/about"):
        narrow.goto(path)
        narrow.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        box = narrow.locator(".leave").first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 60, path
        assert narrow.evaluate("document.documentElement.scrollWidth") == 320, path


def test_each_word_stands_on_its_own_line_and_is_copied_without_its_number(narrow: Page) -> None:
    """The numbers are for the eye; what is read out of the page is the codename alone."""
    narrow.goto("/codename")
    words = narrow.inner_text("#codename")
    assert words == Codename.read(words).reveal()
    tops = narrow.evaluate(
        """() => {
            const text = document.getElementById("codename").firstChild, range = document.createRange();
            return [...text.data.matchAll(/\\S+/g)].map(word => {
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                return range.getBoundingClientRect().top;
            });
        }"""
    )
    assert len(set(tops)) == 7
    assert tops == sorted(tops)


def test_how_to_be_safe_in_tor_browser_is_said_in_its_own_words(site: Flask) -> None:
    """As its menus have them; why; that to change the level closes what is open; what Tor does not hide."""
    safety = said(site, "/safety")
    for words in (
        "Set it to “Safest” before you write anything",
        "press the shield beside the address, then “Settings”, then “Change”, then “Safest”",
        "Tor Browser then closes and opens again, and what was open is gone",
        "At “Safest” no site can run programs in your browser",
        "Leave the window as big as it opens",
        "“New Identity”, the broom, closes all windows, forgets them, and goes another way through Tor",
        "That you use Tor, and when",
        "Tails (tails.net)",
        "Never use one from work",
        "Do not use the Wi-Fi at work or at a police station",
    ):
        assert words in safety, words
    assert "It closes all windows and forgets them." in said(site, "/left")
    assert "It does not hide that you use Tor." in said(site, "/about")
    assert "Set its security level to “Safest” before you start." in said(site, "/")
