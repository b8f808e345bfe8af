"""Debian's Chromium, started once for all tests of a run: a window shares nothing with one of another context.

It is the headless shell: the same engine without what draws its own windows, which takes twice as long for each page.
The whole road is walked in the whole Chromium that people have.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

SHELL, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"


def start_chromium(playwright: Playwright, *options: str, program: str = SHELL) -> Browser:
    """Start one that asks nobody for anything but what is opened in it; with more of its own options."""
    # Its updates and its lists would be asked for beside the tests.
    options = ("--disable-background-networking", "--disable-quic", *options)
    return playwright.chromium.launch(executable_path=program, args=list(options))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers; a process has one, so a test that wants a browser of its own starts it from this."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The one that all share."""
    made = start_chromium(playwright)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Iterator[Browser]:
    """That one; what a file's tests left open in it is closed after them."""
    yield chromium
    for context in chromium.contexts:
        context.close()
