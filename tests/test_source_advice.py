"""What the site tells somebody who lives with the person they write about, or whose phone may be looked into.

Each row is one thing that leaves a trace or costs time, and the page on which it is said.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from bench.source_client import SourceClient
from source_interface.circuit_words import codename_not_looked_at, form_not_sent, too_many_forms, unread_form_again
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from tests.source_site import running_site

GUIDE = " ".join((Path(__file__).resolve().parent.parent / "docs" / "guide-sources.md").read_text("utf-8").split())
WIDTHS = (320, 768, 1280)
ON_A_PAGE = {
    "somebody comes": ("/safety", "close the whole browser at once. On a phone: press the three dots, then “Quit”."),
    "leaving takes time": ("/safety", "“Leave” can take some seconds. Use it when you have time"),
    "whose network it is": ("/safety", "Do not use Wi-Fi that the person pays for or looks after."),
    "a camera at the door": ("/safety", "A doorbell can have a camera too."),
    "no place at home": ("/codename", "Learn the words by heart, or leave the paper with someone you trust."),
    "nothing to find": ("/codename", "Or choose “I do not want to come back” on the next page"),
    "a file that stays": ("/about", "Save the key as a file (it stays on your phone or computer)"),
    "being looked up by one's partner": ("/", "following someone or looking them up"),
    "being looked up by an officer": ("/", "looking people up on police computers"),
    "a Wi-Fi that asks who one is": (
        "/safety",
        "Use no Wi-Fi that asks for your name, number, e-mail or library card.",
    ),
    "what goes along from work": ("/safety", "leave work phone, radio and body camera elsewhere."),
    "the number plate on the way": ("/safety", "Pay with cash where you can. Cameras read number plates."),
    "a screenshot": ("/safety", "A screenshot of a chat shows whose phone it is"),
    "a police file that they have": (
        "/safety",
        "even if you have it already. It can be traced to you, and sending it may be",
    ),
    "a search to see what comes of it": ("/safety", "nor later to see if anything happens."),
    "a friend of the person on the way": (
        "/about",
        "If somebody there must not get it, tell us under “Who must not see",
    ),
    "that they can say so, before they start": ("/", "You can tell us who must not get it."),
    "a duty to report": (
        "/about",
        "duty to report or challenge wrong by colleagues. Telling only us may not meet that",
    ),
    "whom to ask first": ("/about", "ask Protect, or a lawyer of your own, before you decide."),
    "a representative": ("/about", "somebody of your Federation or union: could they know the person?"),
    "what a phone is closed with": ("/left", "On a phone: press the three dots, then “Quit”."),
}
IN_THE_GUIDE = {
    "that this very page is remembered": "**This page is in your browser's history now.**",
    "that an empty history is noticed": "and it alone: an empty history is noticed.",
    "the file that was fetched": "then delete it once more in the bin, and it alone: an empty bin is noticed, too.",
    "a stick that can be taken away": "install Tor Browser on a USB stick",
    "a phone that went along": "Leave your own phone at home, unless you write on it or need it to be safe",
    "what work gave them to carry": "Never take a work phone, a radio or a body camera.",
    "the number plate on the way": "Cameras read number plates, and people in the police can look those up.",
    "a card for the fare": "no fare with your card.",
    "a Wi-Fi that asks who one is": "Use no Wi-Fi that asks for your name, number, e-mail or library card.",
    "a day that stands out": "Go outside your hours of work, and not on a day that stands out.",
    "a screenshot": "time, battery and network at the top. A message that only few people got points to them.",
    "a police file that they have": "if you have it already. It can be traced to you, and sending it may be a crime",
    "a site that does not open": "look at each letter, wait ten minutes, and load the page again.",
    "a browser that does not connect": "press “Configure Connection” on its page, or use another network.",
    "a search for the address": "Never look for the address with a search engine, and open it in no other browser.",
    "a search to see what comes of it": "Do not search police systems to see whether anything happens",
    "a private chat": "Say on no phone and in no chat that you wrote, not even a private one.",
    "being asked": "A lie can be held against you later.",
    "being asked by a superior": "say that you want advice first: from a lawyer of your own, or from Protect.",
    "who owns the network": "Whoever pays for the internet at home, or looks after its box",
    "not at home with them": "At home is good only if you do not live with the person.",
    "not to write there, either": "nor at home if you live with the person.",
    "what a phone copied": "Copy it only inside Tor Browser: phones and computers can keep everything you copy",
    "what an iPhone offers": "there is no Tor Browser for it: do not take an app of that name.",
    "what a Mac keeps elsewhere": "type `~/Library/Application Support/TorBrowser-Data`, and move that folder",
    "what no deleting takes away": "Traces can remain all the same",
    "an o and an l": "what looks like a 0 is the letter o, and what looks like a 1 is the letter l.",
    "a page that can be changed": "Take the address from the charity's website or a poster, not from that page.",
    "the right address, and refused": "the address was the same, letter for letter: look that nothing",
    "no place for the paper": "learn the words by heart, or leave the paper with someone you trust.",
    "when it is over": "## When you need it no more 1. Tear up the paper. 2. On a computer: delete the folder",
    "what a shop of apps remembers": "The shop of apps still remembers that you had it.",
}


@pytest.fixture
def client(drop_folder: DropFolder) -> Iterator[FlaskClient]:
    """Somebody's browser."""
    app = create_site(drop_folder.root)
    yield app.test_client()
    app.extensions[EXTENSION].drop.database.close()


def said(page: str) -> str:
    """The words of a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page[page.index("<main") :])).split())


def tab(page: str) -> str:
    """What a tab shows of a page."""
    [title] = re.findall(r"<title>([^<]*)</title>", page)
    return unescape(str(title))


@pytest.mark.parametrize("trace", ON_A_PAGE)
def test_a_page_warns_of_it(client: FlaskClient, trace: str) -> None:
    """In these words, where it is needed."""
    path, words = ON_A_PAGE[trace]
    assert words in said(client.get(path).text)


@pytest.mark.parametrize("trace", IN_THE_GUIDE)
def test_the_guide_warns_of_it(trace: str) -> None:
    """In these words."""
    assert IN_THE_GUIDE[trace] in GUIDE


def test_the_guide_says_first_that_it_is_remembered() -> None:
    """Before any step: whoever reads no further must know it."""
    assert GUIDE.index("in your browser's history now") < GUIDE.index("## Never from work")


def test_before_each_choice_of_files_one_is_told_once_what_gives_one_away(source: SourceClient) -> None:
    """On the form, in the inbox and on the page for files: no police papers, no screenshot, no search for more."""
    codename = source.take_codename()
    pages = [source.get("/report"), source.report("hello", codename=codename, act="add-files")]
    source.report("hello", codename=codename)
    pages.append(source.get("/inbox"))
    assert ["Choose your files" in page.text for page in pages] == [False, True, False]
    for page in pages:
        for words in (
            "Do not look for more: that can put you in danger.",
            "Send nothing from a police computer, file or body camera",
            "A screenshot of a chat shows whose phone it is.",
        ):
            assert said(page.text).count(words) == 1, words


def test_a_tab_says_nothing_of_a_report(source: SourceClient) -> None:
    """On a shared screen tabs are read by others: each page on the way of a report is called alike."""
    codename = source.take_codename()
    pages = [source.get(path) for path in ("/codename", "/report", "/return", "/withdraw", "/join")]
    pages += [source.report("hello", codename=codename), source.get("/inbox"), source.get("/join")]
    pages += [source.get("/withdraw"), source.come_back("abacus")]
    names = {tab(page.text).split(" \u2013 ", 1)[1] for page in pages}
    assert names == {"Next step", "Please check: Next step"}


def test_nobody_is_told_to_copy_what_they_wrote() -> None:
    """It stays on the phone. Nobody is accused, and nobody has to wait in front of the screen."""
    for words in (form_not_sent(), too_many_forms(), unread_form_again()):
        assert re.search(r"Do not copy it( first)?: phones and computers keep what you copy\.", words), words
        assert not re.search(r"(?<!Do not )\bcopy what you wrote", words), words
        assert "elsewhere" not in words
    met = codename_not_looked_at()
    assert met.startswith("There were too many tries in a short time")
    assert "from your browser" not in met
    assert "You need not wait here. Press “Leave”, and come back after ten minutes. What you typed here is gone" in met


def test_a_phone_is_told_what_it_is_called_there() -> None:
    """In Tor Browser for Android the entry is “New circuit”, and there is no longer one."""
    for words in (codename_not_looked_at(), unread_form_again()):
        assert "“New Tor circuit for this site” (on a phone: “New circuit”) in the menu of Tor Browser." in words


def test_files_are_not_promised_for_longer_than_there_is_room() -> None:
    """Others may need it meanwhile; words are kept in the page itself."""
    assert "what you wrote is still here, and files you added are kept if there is room." in form_not_sent()


def test_the_key_is_saved_under_a_name_that_tells_little(client: FlaskClient) -> None:
    """It stays in the list of downloads."""
    with client.get("/intake-key.asc") as key:
        assert key.headers["Content-Disposition"] == "attachment; filename=key.asc"


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, drop_folder: DropFolder) -> Iterator[Page]:
    """The report page of somebody who has no codename yet."""
    with running_site(drop_folder.root) as url:
        size = {"width": request.param, "height": 700}
        context = browser.new_context(java_script_enabled=False, viewport=size)  # type: ignore[arg-type]
        opened = context.new_page()
        opened.goto(f"{url}/report")
        yield opened
        context.close()


def test_words_stand_in_the_middle_of_a_button(page: Page) -> None:
    """Also of one that is a link in a sentence; and a link in a sentence has no gap above it."""
    button = page.get_by_role("link", name="Get a codename")
    above, below = button.evaluate(
        """node => {
            const range = document.createRange();
            range.selectNodeContents(node);
            const words = range.getBoundingClientRect(), box = node.getBoundingClientRect();
            return [words.top - box.top, box.bottom - words.bottom];
        }"""
    )
    assert above == pytest.approx(below, abs=1.5)
    assert above > 8
    hint = page.locator("p.hint", has_text="Did you write to us before")
    lines = hint.evaluate("node => node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight)")
    assert lines == pytest.approx(round(lines), abs=0.05)


def test_the_first_sentence_of_the_form_fits_who_reads_it(source: SourceClient) -> None:
    """Whoever has words types them; whoever has none chooses."""
    assert "First choose if you want to come back. After that" in said(source.get("/report").text)
    source.take_codename()
    assert "First type your seven words. After that" in said(source.get("/report").text)
