"""The desk served to Debian's Chromium without scripts, and photographed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.desk_office import PASSWORD, Office

WIDTH = 1280
_HEIGHT = 800
_COLOURS = 64  # the desk has a dozen; the rest is the smoothing of letters


@contextmanager
def window(browser: Browser, url: str, width: int = WIDTH) -> Iterator[Page]:
    """Give an empty window in which nobody is signed in."""
    size = {"width": width, "height": _HEIGHT}
    context = browser.new_context(java_script_enabled=False, viewport=size, base_url=url)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def sign_in(page: Page, office: Office, username: str) -> None:
    """Sign somebody in, as they do it themselves."""
    page.goto("/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.fill("#code", office.code(username))
    page.click("main button")
    page.wait_for_url(lambda url: "sign-in" not in url)


def photograph(page: Page, to: Path) -> None:
    """Write a picture of the whole page, small enough to be kept with the source."""
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)
