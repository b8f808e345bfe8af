"""What the site says to people who are afraid and not good with computers is true, and leads to what helps."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest, MethodNotAllowed, RequestEntityTooLarge

from bench.source_client import SourceClient
from keys.errors import Busy
from serving.form_stream import FormUnreadable, TextTooLong, UploadBroken
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from store.errors import NoRoom
from tests.source_site import running_site

CHECKOUT = Path(__file__).resolve().parent.parent
WORDS = [
    *CHECKOUT.glob("source_interface/templates/*.html"),
    *CHECKOUT.glob("serving/source_look/templates/*.html"),
    *CHECKOUT.glob("source_interface/*.py"),
    *CHECKOUT.glob("serving/*.py"),
]
# Told to do it, by whatever name the button has; "Do not press Back" is the one thing to say of it.
TOLD_TO_GO_BACK = re.compile(
    r"(?<!do not )\b(?:go|press|click|use) “?back\b(?! shows)|should still have", re.IGNORECASE
)
RELOAD = "Press the round arrow of your browser (“Reload”)."
UPLOAD = "/report?upload=" + "ab" * 16
ERRORS = {
    "too many people": (Busy(), 503),
    "a fault of ours": (RuntimeError("x"), 500),
    "a form nobody can read": (FormUnreadable("x"), 400),
    "a connection that broke": (UploadBroken("x"), 400),
    "something odd": (BadRequest(), 400),
}
REFUSED_AGAIN = {
    "far too much text": (TextTooLong("x"), 413),
    "far too long a codename": (RequestEntityTooLarge(), 413),
}
OTHERS = {"a way nobody comes": (MethodNotAllowed(), 405), "no room": (NoRoom("x"), 507)}


@pytest.fixture
def source(site_of_file: str) -> Iterator[SourceClient]:
    """A browser on the site of this file: nothing here looks at what the host keeps."""
    client = SourceClient(site_of_file)
    yield client
    client.close()


@pytest.fixture
def site(drop_folder: DropFolder) -> Iterator[Flask]:
    """The site's application."""
    app = create_site(drop_folder.root)
    yield app
    app.extensions[EXTENSION].drop.database.close()


def said(page: str) -> str:
    """The words of a page's main part as people read them, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main(page))).split())


def main(page: str) -> str:
    """The main part of a page."""
    return page[page.index("<main") : page.index("</main>")]


def error_page(site: Flask, error: Exception, path: str = "/report", method: str = "POST") -> tuple[int, str]:
    """The page that an error becomes."""
    with site.test_request_context(path, method=method):
        answer = site.make_response(site.handle_user_exception(error))
        return answer.status_code, answer.get_data(as_text=True)


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.name)
def test_nobody_is_told_to_go_back(path: Path) -> None:
    """Pages are not kept by the browser: going back gives an empty form, and whoever comes after may see it."""
    assert TOLD_TO_GO_BACK.findall(path.read_text("utf-8")) == []


def test_to_be_told_to_go_back_is_seen() -> None:
    """The test above can fail."""
    for sentence in ("Please go back and retry.", "Press “Back”: your browser", "your browser should still have it"):
        assert TOLD_TO_GO_BACK.search(sentence)
    assert not TOLD_TO_GO_BACK.search("Do not press Back: that can empty the page.")


@pytest.mark.parametrize("what", ERRORS)
def test_after_a_form_that_was_not_taken_one_is_told_to_send_it_again(site: Flask, what: str) -> None:
    """Loading the page again sends the same form; no large button leads away from it."""
    error, status = ERRORS[what]
    found, page = error_page(site, error)
    assert found == status
    for sentence in (
        "It has not been sent.",
        "Do not press Back",
        RELOAD,
        "If it asks whether to send again, say yes.",
    ):
        assert sentence in said(page), sentence
    assert 'class="button"' not in main(page)
    assert '<p><a href="/">Go to the front page</a></p>' in page


@pytest.mark.parametrize("what", ["too many people", "a fault of ours"])
def test_a_page_that_was_only_asked_for_says_that_nothing_was_lost(site: Flask, what: str) -> None:
    """Nothing was on its way."""
    _status, page = error_page(site, ERRORS[what][0], "/codename", "GET")
    assert "Nothing was lost." in said(page)
    assert RELOAD in said(page)
    assert "not been sent" not in said(page)


@pytest.mark.parametrize("what", ERRORS)
def test_in_a_frame_the_form_around_it_is_sent_again(site: Flask, what: str) -> None:
    """To load the window again would lose the files that were chosen in it; so would any link."""
    _status, page = error_page(site, ERRORS[what][0], UPLOAD)
    assert "It has not been sent." in said(page)
    assert "Press “Send everything” once more." in said(page)
    assert "Reload" not in said(page)
    assert "href" not in main(page)


@pytest.mark.parametrize("what", REFUSED_AGAIN)
def test_nobody_is_told_to_send_again_what_is_refused_again(site: Flask, what: str) -> None:
    """What was kept, and what to do instead."""
    error, status = REFUSED_AGAIN[what]
    found, page = error_page(site, error)
    assert found == status
    assert "was kept." in said(page)
    assert "Reload" not in said(page)
    assert 'class="button"' not in main(page)


def test_far_too_much_text_is_still_where_it_was_copied_from(site: Flask) -> None:
    """Nobody types a thick book into a box."""
    words = said(error_page(site, TextTooLong("x"))[1])
    assert "longer than a thick book. Nothing was kept. It is still where you copied it from." in words
    assert "Save it as a file and send that file with a few words, or send the important part." in words


@pytest.mark.parametrize("what", [*ERRORS, *REFUSED_AGAIN, *OTHERS])
def test_no_error_is_said_in_computer_words(site: Flask, what: str) -> None:
    """A child of nine reads it."""
    error, status = {**ERRORS, **REFUSED_AGAIN, **OTHERS}[what]
    found, page = error_page(site, error)
    assert found == status
    assert not re.search(r"cookie|request|server|disk|upload|cannot read|cannot do", said(page), re.IGNORECASE)


def test_a_page_that_the_browser_did_not_remember_says_so(site: Flask) -> None:
    """On coming back, on a report and on a message: what to do, and not one word of a cookie."""
    client = site.test_client()
    back = client.post("/return", data={"codename": "x"}).text
    assert "Your browser did not remember this page" in said(back)
    report = client.post("/report", data={"message": "hello", "one_way": "yes"}, content_type="multipart/form-data")
    assert "Your browser did not remember this page. Press Send once more." in said(report.text)
    for page in (back, report.text):
        assert "cookie" not in page.lower()


@pytest.mark.parametrize(
    ("most", "sentence"),
    [
        (100_000, "You can write up to 100,000 letters: about 40 pages."),
        (5_000, "You can write up to 5,000 letters: about 2 pages."),
        (4_000, "You can write up to 4,000 letters."),
    ],
)
def test_a_text_says_how_long_it_may_be(drop_folder: DropFolder, most: int, sentence: str) -> None:
    """Before it is written: for a report, a further message, and one that is given back."""
    with running_site(drop_folder.root, message_characters=most) as url:
        source, stranger = SourceClient(url), SourceClient(url)
        codename = source.take_codename()
        assert sentence in source.get("/report").text
        source.report("hello", codename=codename)
        assert sentence in source.get("/inbox").text
        assert sentence in stranger.post_multipart("/inbox", [("message", "hello")]).text
        source.close()
        stranger.close()


def test_who_has_a_report_does_not_cross_out_its_codename(source: SourceClient) -> None:
    """The words of a new report are not new words for the old one."""
    page = said(source.get("/codename").text)
    assert "You have a report with us already" not in page
    assert "Cross out only the words you got on this page." in page
    source.report("hello", codename=source.take_codename())
    page = said(source.get("/codename").text)
    assert page.index("You have a report with us already. Keep its codename.") < page.index("This is your codename")
    assert "To add to it, press “My report”." in page
    assert "The words below are for a new, separate report." in page
    for template in WORDS:
        assert "ross out the old" not in template.read_text("utf-8"), template


def test_who_leaves_is_told_what_back_shows(source: SourceClient) -> None:
    """Where one is told of leaving; not on the page after it, which somebody else may read."""
    left = said(source.get("/left").text)
    assert left.startswith("You have left This page is finished. Close the browser now.")
    assert "shows where you were" not in left
    for page in (source.get("/safety"), source.report("hello", codename=None)):
        assert re.search(r"close (the|this) window: pressing Back shows where you were", page.text)


def test_a_mistake_in_a_codename_is_found_by_its_place(source: SourceClient) -> None:
    """On coming back and in a report; the place is counted in what was typed, numbers and commas aside."""
    typed = "1. abacus,\n2. abdomen\n3. abdominal 4. abide 5. abiding 6. ability 7. aple"
    assert "Word 7, “aple”, is not one of our words. Did you mean:" in said(source.come_back(typed).text)
    source.take_codename()
    assert "Word 7, “aple”, is not one of our words. Did you mean" in said(source.report("x", codename=typed).text)


def test_the_plain_way_for_files_says_for_what_it_is(source: SourceClient) -> None:
    """A large file needs the page that shows how far it is; a broken connection has its own "Try again"."""
    page = source.get("/report").text
    assert "Only one small photo or page (less than 2 MB)? Send it with this page" in page
    assert "If your browser says that the connection broke: press “Try again” there." in page
