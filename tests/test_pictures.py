"""The pictures of the desk: the command makes every one that docs/desk-pages.md shows, and no other is kept."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.pictures.__main__ import FOLDER, take_all
from tests.pictures.camera import WIDTH

PAGE = FOLDER.parent / "desk-pages.md"


def test_the_command_makes_the_pictures_that_are_shown(browser: Browser, tmp_path: Path) -> None:
    """At the width it says, of pages that are there: an error page is no taller than a window."""
    take_all(browser, tmp_path)
    made = {path.name for path in tmp_path.iterdir()}
    assert made == set(re.findall(r"\(pictures/([\w-]+\.png)\)", PAGE.read_text("utf-8")))
    assert made == {path.name for path in FOLDER.iterdir()}
    for name in made:
        with Image.open(tmp_path / name) as picture:
            assert picture.width == WIDTH
