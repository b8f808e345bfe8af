"""Sending large files in real browsers without JavaScript: how far it is, a broken connection, going on, done.

Chromium and Firefox ESR differ here: Firefox stops every frame of a page whose window waits for an answer.
"""

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page, expect

from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows
from tests.firefox import Firefox, Refused, running_firefox
from tests.gated_road import GatedRoad, gated_road

HALF = 3_000_000  # bytes; more than a browser and a socket hold back
WORDS = "He sells names.\nAnd “more” <b>."


class Window(Protocol):
    """What both browsers can do."""

    def goto(self, url: str) -> None:
        """Load a page."""

    def fill(self, selector: str, text: str) -> None:
        """Type."""

    def choose_files(self, selector: str, files: list[Path]) -> None:
        """Choose files."""

    def click(self, selector: str, frame: str = "") -> None:
        """Click."""

    def wait_for(self, words: str, frame: str = "") -> str:
        """Wait until this is said; return all that is said then."""


class Chromium:
    """Debian's Chromium as such a window."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def goto(self, url: str) -> None:
        """Load a page."""
        self._page.goto(url)

    def fill(self, selector: str, text: str) -> None:
        """Type."""
        self._page.fill(selector, text)

    def choose_files(self, selector: str, files: list[Path]) -> None:
        """Choose files."""
        self._page.set_input_files(selector, [str(file) for file in files])

    def click(self, selector: str, frame: str = "") -> None:
        """Click."""
        where = self._page.frame_locator(f"iframe[name={frame}]") if frame else self._page
        where.locator(selector).first.click(no_wait_after=True)

    def wait_for(self, words: str, frame: str = "") -> str:
        """Wait until this is said."""
        where = self._page.frame_locator(f"iframe[name={frame}]") if frame else self._page
        expect(where.locator("body")).to_contain_text(words, timeout=90_000)
        return where.locator("body").inner_text()

    def shows_whole(self, selector: str, frame: str, width: int) -> bool:
        """Tell whether it stands whole in the frame without scrolling, on a screen of this width."""
        self._page.set_viewport_size({"width": width, "height": 568})
        around = self._page.locator(f"iframe[name={frame}]").bounding_box()
        found = self._page.frame_locator(f"iframe[name={frame}]").locator(selector).first.bounding_box()
        assert around is not None
        assert found is not None
        below = around["y"] + around["height"] - found["y"] - found["height"]
        right = around["x"] + around["width"] - found["x"] - found["width"]
        return found["y"] > around["y"] and below > 0 and right > 0


@pytest.fixture(params=["Chromium", "Firefox ESR"])
def window(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Window]:
    """A window of each browser, scripts off."""
    if request.param == "Firefox ESR":
        with running_firefox(tmp_path) as firefox:
            yield firefox
        return
    context = request.getfixturevalue("browser").new_context(java_script_enabled=False)
    yield Chromium(context.new_page())
    context.close()


@pytest.fixture
def road(site_url: str) -> Iterator[GatedRoad]:
    """The road to the site."""
    with gated_road(site_url, HALF) as made:
        yield made


def files(folder: Path) -> dict[Path, bytes]:
    """A small and a large file."""
    made = {
        folder / "photo.jpg": random.Random(1).randbytes(90_000),
        folder / "recording.mp4": random.Random(2).randbytes(2 * HALF),
    }
    for path, content in made.items():
        path.write_bytes(content)
    return made


def to_the_page_for_files(window: Window, url: str) -> None:
    """Write a one-way report and press "Add files"."""
    window.goto(f"{url}/report")
    window.fill("[name=message]", WORDS)
    window.click("[name=one_way]")
    window.click("button[value=add-files]")
    window.wait_for("Choose your files")
    window.wait_for("Not sending yet", "progress")


def test_a_source_sees_how_far_a_large_upload_is(
    window: Window, road: GatedRoad, tmp_path: Path, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """In the middle the frame counts, in the end the answer stands beside it, and everything has arrived whole."""
    sent = files(tmp_path)
    to_the_page_for_files(window, road.url)
    window.choose_files("[name=attachments]", list(sent))
    window.click("#files-form button")
    said = window.wait_for("have arrived", "progress")
    assert road.reached.wait(60)
    said = window.wait_for("photo.jpg", "progress")
    percent = re.search(r"Sending: (\d+) %", said)
    assert percent is not None
    assert 0 < int(percent[1]) < 90
    road.open()
    window.wait_for("We have everything", "progress")
    window.wait_for("We have your report", "answer")
    (letter,) = letters(drop_folder, intake_secret)
    assert letter.message == WORDS
    by_name = {record.name: record for record in letter.attachments}
    for path, content in sent.items():
        opened = intake_secret.open(drop_folder.blobs / "sealed" / by_name[path.name].blob)
        assert opened[: len(content)] == content


def test_a_source_goes_on_after_a_broken_connection(
    window: Window, road: GatedRoad, tmp_path: Path, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """The frame says what was kept and leads on; only the missing file is chosen again; one report comes of it."""
    sent = files(tmp_path)
    to_the_page_for_files(window, road.url)
    window.choose_files("[name=attachments]", list(sent))
    window.click("#files-form button")
    assert road.reached.wait(60)
    window.wait_for("photo.jpg", "progress")
    road.cut()
    said = window.wait_for("The connection broke", "progress")
    assert "your words and 1 file" in said
    if isinstance(window, Chromium):
        assert [width for width in (320, 768, 1280) if not window.shows_whole("a.button", "progress", width)] == []
    assert rows(drop_folder, "submissions") == []
    window.click("a.button", "progress")
    window.wait_for("We already have these files")
    window.choose_files("[name=attachments]", [tmp_path / "recording.mp4"])
    road.open()
    window.click("#files-form button")
    window.wait_for("We have your report", "answer")
    (letter,) = letters(drop_folder, intake_secret)
    assert letter.message == WORDS
    assert sorted(record.name for record in letter.attachments) == ["photo.jpg", "recording.mp4"]


def test_a_frame_that_met_an_error_is_looked_at_again(road: GatedRoad, tmp_path: Path) -> None:
    """Its page came in the moment of the break and will not come again by itself: a link beside it brings it back."""
    with running_firefox(tmp_path) as firefox:
        to_the_page_for_files(firefox, road.url)
        firefox.choose_files("[name=attachments]", list(files(tmp_path)))
        road.go_down()
        deadline = time.monotonic() + 60
        while frame_says(firefox, "Not sending yet"):
            assert time.monotonic() < deadline, "no error comes"
            time.sleep(0.1)
        road.come_up()
        firefox.click("a[target=progress]")
        firefox.wait_for("Not sending yet", "progress")
        road.open()
        firefox.click("#files-form button")
        firefox.wait_for("We have everything", "progress")
        firefox.wait_for("We have your report", "answer")


def frame_says(firefox: Firefox, words: str) -> bool:
    """Tell whether the frame beside the form says this; of a browser's own page nothing may be asked."""
    try:
        return words in firefox.text("progress")
    except (LookupError, Refused):
        return False
