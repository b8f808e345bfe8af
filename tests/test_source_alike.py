"""Nothing differs by language, browser or window: every page is the same bytes, and asks for the same things.

A page that answered a browser's language, or fetched another picture for a dense screen, would tell one reader from
another on the wire, and give whoever holds the host something to write down.
"""

import itertools
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from source_interface.drop_folder import DropFolder, make_drop
from source_interface.site_address import keep_site_address
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from tests.conftest import IntakeSecret
from tests.onion_names import onion_name
from tests.raw_http import RawAnswer, exchange
from tests.source_site import running_site

ADDRESS = onion_name()
# What a browser says of itself and its person, one at a time and all at once.
BROWSERS: dict[str, str] = {
    "French": "Accept-Language: fr-FR,fr;q=0.9\r\n",
    "Arabic": "Accept-Language: ar\r\n",
    "no language that there is": "Accept-Language: xx-nonsense;q=9\r\n",
    "Tor Browser": "User-Agent: Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0\r\n",
    "a telephone": "User-Agent: Mozilla/5.0 (Android 10; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0\r\n",
    "a search engine": "User-Agent: Googlebot/2.1\r\n",
    "no compression": "Accept-Encoding: identity\r\n",
    "every compression": "Accept-Encoding: gzip, deflate, br, zstd\r\n",
    "do not track": "DNT: 1\r\nSec-GPC: 1\r\n",
    "a tab that was opened": "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
    "a link elsewhere": "Sec-Fetch-Site: cross-site\r\nReferer: https://search.example/\r\n",
    "hints": 'Sec-CH-UA-Platform: "Android"\r\nSec-CH-Width: 320\r\nDPR: 2\r\nViewport-Width: 320\r\nSave-Data: on\r\n',
    "dark": "Sec-CH-Prefers-Color-Scheme: dark\r\nSec-CH-Prefers-Reduced-Motion: reduce\r\n",
    "text alone": "Accept: text/plain\r\n",
    "a page from before": "If-Modified-Since: Tue, 29 Nov 2095 00:00:00 GMT\r\n",
    "any page from before": "If-None-Match: *\r\n",
    "half of it": "Range: bytes=0-99\r\n",
    "no cache": "Cache-Control: no-cache\r\nPragma: no-cache\r\n",
}
# What is drawn anew for each answer, told or not by what came: its place is kept, its letters are not.
DRAWN = (
    (re.compile(rb'(name="csrf_token" value=")[^"]*'), rb"\1TOKEN"),
    (re.compile(rb'(name="submission" value=")[^"]*'), rb"\1FORM"),
    (re.compile(rb"([?&]upload=)[0-9a-f]*"), rb"\1UPLOAD"),
    (re.compile(rb'(id="codename"[^>]*>)[^<]+'), rb"\1WORDS"),
    (re.compile(rb"\n<!-- *-->\n\Z"), b"\n"),
)
COOKIE = re.compile(rb"(Set-Cookie: visit=)[^;]*")
WIDTHS = (320, 768, 1280)
PAGES = ("/", "/codename", "/report", "/return", "/inbox", "/left", "/safety", "/about")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> DropFolder:
    """A source host that knows its address."""
    root = tmp_path_factory.mktemp("alike")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    made = DropFolder(root / "drop")
    keep_site_address(made, ADDRESS)
    return made


@pytest.fixture(scope="module")
def url(folder: DropFolder) -> Iterator[str]:
    """Its site, running."""
    with running_site(folder.root) as found:
        yield found


@pytest.fixture(scope="module")
def paths(folder: DropFolder) -> list[str]:
    """Every address that answers GET without a parameter, as the URL map has it; what is static; one there is not."""
    app: Flask = create_site(folder.root)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set()) and not rule.arguments]
    app.extensions[EXTENSION].drop.database.close()
    found = [rule.rule for rule in rules]
    assert set(PAGES) <= set(found)
    return [*found, "/static/site.css", "/static/progress.css", "/no-such-page"]


def ask(url: str, path: str, more: str = "") -> RawAnswer:
    """Get a page as a browser that has not been here before."""
    head = f"GET {path} HTTP/1.1\r\nHost: {ADDRESS}\r\n{more}Connection: close\r\n\r\n"
    [answer] = exchange(url, head.encode("latin-1"))
    return answer


def kept(answer: RawAnswer) -> tuple[int, bytes, bytes, int]:
    """What must be the same each time: status, head, body, weight."""
    body = answer.body
    for drawn, instead in DRAWN:
        body = drawn.sub(instead, body)
    weight = len(answer.head) + len(answer.body)
    return answer.status, COOKIE.sub(rb"\1VISIT", answer.head), body, weight


def test_every_page_is_the_same_for_every_browser(url: str, paths: list[str]) -> None:
    """Byte for byte, but for what is drawn anew each time; and what one says of oneself is never written back."""
    for path in paths:
        plain = kept(ask(url, path))
        assert kept(ask(url, path)) == plain, f"{path}: what is drawn anew is not all known here"
        for who, says in {**BROWSERS, "all at once": "".join(BROWSERS.values())}.items():
            assert kept(ask(url, path, says)) == plain, f"{path}, {who}"


def test_a_page_that_differed_would_be_seen() -> None:
    """The comparison above can fail: a word, a field of the head, a byte of weight."""
    answer = RawAnswer(200, b"HTTP/1.1 200 OK\r\nX: y", b"<p>Hello</p>\n<!--  -->\n")
    assert kept(answer) != kept(RawAnswer(200, answer.head, b"<p>Salut</p>\n<!--  -->\n"))
    assert kept(answer) != kept(RawAnswer(200, answer.head.replace(b"X: y", b"X: z"), answer.body))
    assert kept(answer) != kept(RawAnswer(200, answer.head, b"<p>Hello</p>\n<!--   -->\n"))


def requests_of(browser: Browser, url: str, **looks: object) -> list[tuple[str, str]]:
    """Everything a browser with this window asks for while it goes through the pages, in order."""
    asked: list[tuple[str, str]] = []
    context = browser.new_context(java_script_enabled=False, base_url=url, **looks)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: asked.append((request.method, request.url.removeprefix(url))))
    for path in PAGES:
        page.goto(path)
    context.close()
    return asked


def test_every_window_asks_for_the_same_things(browser: Browser, drop_folder: DropFolder) -> None:
    """Narrow or wide, dark or light, still or moving, on a plain or a dense screen: each page, its sheet, no more."""
    wanted = [("GET", asked) for path in PAGES for asked in (path, "/static/site.css")]
    with running_site(drop_folder.root) as url:
        screens = (("no-preference", 1), ("reduce", 2))
        for width, scheme, (motion, dense) in itertools.product(WIDTHS, ("light", "dark"), screens):
            looks = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, "reduced_motion": motion}
            asked = requests_of(browser, url, device_scale_factor=dense, **looks)
            assert asked == wanted, (width, scheme, motion, dense)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_is_led_astray_sees_a_whole_page_in_one_request(
    browser: Browser, url: str, width: int, scheme: str
) -> None:
    """The style sheet within it is let in by its policy; nothing is cut off, and no further request is made."""
    asked: list[str] = []
    size = {"width": width, "height": 800}
    context = browser.new_context(java_script_enabled=False, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 403
    assert page.inner_text("#address") == ADDRESS
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(247, 245, 240)", "dark": "rgb(20, 25, 26)"}[scheme]
    assert asked == [f"{url}/"]
    context.close()
