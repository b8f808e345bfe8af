"""The landing page and the poster in a folder and on a web server, and Debian's Chromium without scripts before them.

`kit`, `website` and `browser` are fixtures of a whole file: who imports them names them in `__all__`.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from source_interface.landing.facts import LandingFacts
from source_interface.landing.folder import write_kit
from source_interface.landing.kit import TEMPLATES, make_kit, style_digest
from source_interface.landing.servers import landing_headers
from tests.onion_names import onion_name

FACTS = LandingFacts(
    "W" * 59 + "!", onion_name(), "ABCD EF01 2345 6789 ABCD EF01 2345 6789 ABCD EF01", "https://charity.example/"
)
HEADERS = landing_headers(FACTS, style_digest((TEMPLATES / "index.css").read_text("utf-8")))


class _Server(http.server.SimpleHTTPRequestHandler):
    """A web server with the fields that ours are told to send."""

    def end_headers(self) -> None:
        """Add them."""
        for name, value in HEADERS.items():
            if self.path.endswith("index.html"):
                self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_told: Any) -> None:
        """Keep no log."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit in a folder; the charity's name is as long and as wide as a name may be."""
    out = tmp_path_factory.mktemp("landing") / "kit"
    write_kit(out, make_kit(FACTS), out.parent / "data")
    return out


@pytest.fixture(scope="module")
def website(kit: Path) -> Iterator[str]:
    """That folder on a web server."""
    handler = functools.partial(_Server, directory=str(kit))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def opened(browser: Browser, address: str, **looks: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a window without scripts, and everything that was asked for."""
    asked: list[str] = []
    context = browser.new_context(java_script_enabled=False, **looks)
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page, asked
    context.close()


def size(width: int) -> dict[str, int]:
    """A window."""
    return {"width": width, "height": 800}
