"""`python -m tests.pictures [FOLDER [WIDTH]]` makes every picture of docs/desk-pages.md anew."""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from journalist_interface.desk_app import create_desk
from serving.server import CLOSE
from tests.chromium import start_chromium
from tests.pictures.camera import WIDTH, photograph, sign_in, window
from tests.pictures.scene import working_day
from tests.pictures.sights import SIGHTS, Links
from tests.served import served

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def take_all(browser: Browser, folder: Path, width: int = WIDTH) -> None:
    """Write one picture for each sight into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # The scene is a desk like any other, and refuses a folder that others can read.
        held.callback(os.umask, os.umask(0o077))
        scratch = held.enter_context(tempfile.TemporaryDirectory())
        office = held.enter_context(working_day(Path(scratch) / "desk"))
        app = create_desk(office.folder)
        held.callback(app.extensions[CLOSE])
        url = held.enter_context(served(app))
        windows: dict[str, Page] = {}
        links: Links = {}
        for sight in SIGHTS:
            if sight.who not in windows:
                windows[sight.who] = held.enter_context(window(browser, url, width))
                if sight.who:
                    sign_in(windows[sight.who], office, sight.who)
            sight.go(windows[sight.who], links)
            if sight.name:
                photograph(windows[sight.who], folder / f"{sight.name}.png")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        take_all(
            start_chromium(playwright),
            Path(sys.argv[1]) if sys.argv[1:] else FOLDER,
            int(sys.argv[2]) if sys.argv[2:] else WIDTH,
        )
