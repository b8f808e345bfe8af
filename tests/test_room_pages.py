"""The pages of a host without room, in a real browser without JavaScript: said first, in reach, of one weight."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from bench.source_client import SourceClient
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import LONGEST_REPLY, Reply
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.page_padding import SMALLEST_PAGE
from store.blobs import new_blob_id
from tests.source_site import running_site

HUGE = 1_000_000 * 1_000_000
NO_FILES = {"free_bytes_for_files": HUGE}
NO_ROOM = {"free_bytes_for_text": HUGE}
WIDTHS = (320, 768, 1280)


@pytest.fixture
def codename(drop_folder: DropFolder) -> str:
    """The codename of a source whose report came while there was room."""
    with running_site(drop_folder.root) as url:
        source = SourceClient(url)
        found = source.take_codename()
        assert source.report("hello", codename=found).status == 200
        source.close()
    return found


@contextmanager
def window(browser: Browser, url: str, width: int) -> Iterator[Page]:
    """A window of a width, without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900}, base_url=url)
    yield context.new_page()
    context.close()


def go_back(page: Page, codename: str) -> None:
    """Open the inbox."""
    page.goto("/return")
    page.fill("#codename", codename)
    page.click("text=Open my report")


def place(page: Page, what: str) -> float:
    """How far down a page something stands; nothing of it may be cut off at the side."""
    box = page.locator(what).first.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    return box["y"]


@pytest.mark.parametrize("width", WIDTHS)
def test_want_of_room_for_files_is_read_before_the_form(
    browser: Browser, drop_folder: DropFolder, codename: str, width: int
) -> None:
    """On the report and in the inbox it stands above every field, and its link leads to what to do with files."""
    with running_site(drop_folder.root, **NO_FILES) as url, window(browser, url, width) as page:
        page.goto("/report")
        assert place(page, "text=We have no room for files") < place(page, "main textarea, main input:visible")
        page.click("text=What to do with your files")
        assert place(page, "text=Keep the files where they are safe") < 900
        assert page.locator("input[type=file]").count() == 0
        go_back(page, codename)
        assert place(page, "text=We have no room for files") < place(page, "#status-title")
        assert page.locator("input[type=file]").count() == 0
        page.fill("#message", "only words")
        page.click("#inbox-form button.button[type=submit]")
        assert page.locator("text=Your message is in. We have it, locked.").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_a_closed_host_says_so_where_a_report_begins(
    browser: Browser, drop_folder: DropFolder, codename: str, width: int
) -> None:
    """From the front page one press leads to what to do instead; whoever has a codename still reads."""
    with running_site(drop_folder.root, **NO_ROOM) as url, window(browser, url, width) as page:
        page.goto("/")
        page.click("main >> text=Make a report")
        assert place(page, "h1") < 600
        assert page.inner_text("h1") == "We cannot take reports today"
        assert page.locator("textarea").count() == 0
        place(page, "text=Call 999 if someone is in danger now")
        page.click("main >> text=I have a codename")
        page.fill("#codename", codename)
        page.click("text=Open my report")
        assert place(page, "text=We cannot take messages today.") < place(page, "#status-title")


@pytest.mark.parametrize("settings", [NO_FILES, NO_ROOM], ids=["no room for files", "no room"])
def test_want_of_room_does_not_change_what_an_inbox_weighs(
    drop_folder: DropFolder, codename: str, settings: dict[str, int]
) -> None:
    """Without an answer or with one of the longest: the page weighs the same."""
    weights = []
    for answered in (False, True):
        if answered:
            deliver(drop_folder, codename, "x" * LONGEST_REPLY)
        with running_site(drop_folder.root, **settings) as url:
            source = SourceClient(url)
            page = source.come_back(codename)
            assert ("x" * LONGEST_REPLY in page.text) == answered
            weights.append(len(page.text.encode("utf-8")))
            source.close()
    assert weights == [SMALLEST_PAGE, SMALLEST_PAGE]


def deliver(folder: DropFolder, codename: str, text: str) -> None:
    """Put a reply into a source's inbox."""
    drop = open_drop(folder.root)
    keys = derive(Codename.read(codename), drop.pepper)
    reply = Reply(new_blob_id(), "2026-11-20", text, (), 1)
    with drop.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO replies (id, lookup_id, sealed, day, read, answered) VALUES (?, ?, ?, ?, 0, 0)",
            (reply.id, keys.lookup_id, reply.seal_to(keys.reply_key().public), reply.day),
        )
    drop.database.close()
