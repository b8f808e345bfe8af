"""Every page of the source's site: headers, weight, sub-resources. Routes are found in the URL map, not listed here."""

import base64
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.source_client import SourceClient
from keys.codename import Codename
from source_interface.drop_folder import DropFolder
from source_interface.page_padding import SMALLEST_FRAME, SMALLEST_PAGE, page_size_class
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from tests.codename_traces import traces_of
from tests.source_site import running_site

PAGE_BUDGET = 40_000  # bytes of page and style sheet together
# Not a page: it stands in one, asks again and again, and so has a small size, a small sheet and no cookie of its own.
FRAME = "/progress"
FRAME_BUDGET = 8_000  # bytes of frame and style sheet together


class Referred(HTMLParser):
    """Collects everything a browser would fetch, and everything that must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        found = dict(attrs)
        if tag == "link" and found.get("rel") != "icon":
            self.fetched.append(found.get("href") or "")
        if tag in ("script", "style", "svg", "object", "embed", "iframe", "img", "video", "audio", "font", "math"):
            self.forbidden.append(tag)
        self.forbidden += [name for name in found if name == "style" or name.startswith("on")]
        address = found.get("href") or found.get("action") or ""
        if re.match(r"(https?:)?//", address):
            self.forbidden.append(address)


@pytest.fixture
def site(drop_folder: DropFolder) -> Iterator[Flask]:
    """The site's application."""
    app = create_site(drop_folder.root)
    yield app
    app.extensions[EXTENSION].drop.database.close()


def pages(app: Flask) -> list[str]:
    """Every address that answers GET without a parameter, and one that does not exist."""
    found = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set()) and not rule.arguments]
    assert {"/", "/codename", "/report", "/return", "/inbox", "/left", "/safety", "/about"} <= set(found)
    return [*found, "/no-such-page"]


def answers(app: Flask) -> Iterator[tuple[str, TestResponse]]:
    """Every page's answer: signed out, then refused forms."""
    client = app.test_client()
    for path in pages(app):
        yield path, client.get(path, buffered=True)
    for path in ("/report", "/return", "/inbox", "/leave", "/"):
        yield f"POST {path}", client.post(path, data={"x": "y"}, buffered=True)


def test_every_answer_carries_every_security_header(site: Flask) -> None:
    """A page that forgot one header is the page an attacker uses."""
    for path, answer in answers(site):
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        ancestors = "'self'" if path == FRAME else "'none'"
        for directive in ("style-src 'self'", "form-action 'self'", f"frame-ancestors {ancestors};", "base-uri 'none'"):
            assert directive in policy, path
        assert "frame-src" not in policy, path
        assert headers["X-Frame-Options"] == ("SAMEORIGIN" if path == FRAME else "DENY"), path
        assert "script-src" not in policy, path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp", path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "geolocation=()" in headers["Permissions-Policy"], path
        for told in ("Server", "Date", "Expires", "ETag", "Last-Modified", "Vary", "X-Powered-By"):
            assert told not in headers, (path, told)


def test_every_page_weighs_one_size_and_sets_a_cookie_of_one_length(site: Flask) -> None:
    """On the wire one page is like another: same body, same cookie."""
    cookies = set()
    for path, answer in answers(site):
        if answer.mimetype == "text/html" and path != FRAME:
            assert len(answer.data) == SMALLEST_PAGE, path
            cookies.add(len(answer.headers["Set-Cookie"]))
    assert len(cookies) == 1


def test_every_page_fetches_the_style_sheet_and_nothing_else(site: Flask) -> None:
    """Two requests a page, the same two on every page, under 40 KB together; no script, no picture, no other site."""
    sheet = site.test_client().get("/static/site.css", buffered=True).data
    for path, answer in answers(site):
        if answer.mimetype != "text/html" or answer.status_code == 303 or path == FRAME:
            continue
        referred = Referred()
        referred.feed(answer.text)
        assert referred.fetched == ["/static/site.css"], path
        assert referred.forbidden == [], path
        assert len(answer.data) + len(sheet) < PAGE_BUDGET, path


def test_the_frame_of_an_upload_is_small_and_writes_no_cookie(site: Flask) -> None:
    """It asks every few seconds during an upload: its answer must not undo the cookie that the upload's answer set."""
    client = site.test_client()
    client.get("/")
    answer = client.get(FRAME, query_string={"upload": "ab" * 16}, buffered=True)
    sheet = client.get("/static/progress.css", buffered=True).data
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) == SMALLEST_FRAME
    assert len(answer.data) + len(sheet) < FRAME_BUDGET
    referred = Referred()
    referred.feed(answer.text)
    assert referred.fetched == ["/static/progress.css"]
    assert referred.forbidden == []


def test_no_refusal_shows_what_the_site_is_made_of(site: Flask) -> None:
    """No page names a program, a version or a line of code."""
    for path, answer in answers(site):
        for word in ("werkzeug", "flask", "gunicorn", "python", "traceback", "sqlite"):
            assert word not in answer.text.lower(), path


def test_forms_without_a_token_are_refused_everywhere(site: Flask) -> None:
    """No other page can make a browser send, leave or delete here."""
    assert site.test_client().post("/return", data={"codename": "x"}).status_code == 400
    form = {"message": "hello", "one_way": "yes"}
    refused = site.test_client().post("/report", data=form, content_type="multipart/form-data")
    assert refused.status_code == 400
    assert "hello" in refused.text  # and what was typed is still there


def test_an_ordinary_form_never_opens_a_temporary_file(site: Flask) -> None:
    """Werkzeug's own parser would put a file into a temporary file in clear: here it cannot."""
    client: FlaskClient = site.test_client()
    for content, status in ((b"a" * 700_000, 413), (b"a", 400)):
        form = (
            b'--b\r\nContent-Disposition: form-data; name="codename"; filename="a.txt"\r\n\r\n'
            + content
            + b"\r\n--b--\r\n"
        )
        answer = client.post("/return", data=form, content_type="multipart/form-data; boundary=b")
        assert answer.status_code == status


def stored(folder: DropFolder) -> dict[str, object]:
    """Every file, and every row: the database's own files move by themselves when its log is emptied."""
    files = [path for path in folder.root.rglob("*") if path.is_file() and folder.database.name not in path.name]
    with sqlite3.connect(folder.database) as connection:
        found = list(connection.iterdump())
    connection.close()
    return {**{str(path): path.read_bytes() for path in files}, "rows": found}


def test_the_codename_page_stores_nothing(site: Flask, drop_folder: DropFolder) -> None:
    """Nothing is stored before the first submission, and every visit gets another codename."""
    before = stored(drop_folder)
    client = site.test_client()
    shown = set()
    for _ in range(20):
        found = re.search(r'id="codename"[^>]*>([^<]+)<', client.get("/codename").text)
        assert found is not None
        shown.add(Codename.read(found.group(1)).reveal())
    assert len(shown) == 20
    assert stored(drop_folder) == before


def test_no_codename_is_in_the_cookie(drop_folder: DropFolder) -> None:
    """The cookie is sealed: two visits that were shown codenames look alike and hold no word of them."""
    with running_site(drop_folder.root) as url:
        first, second = SourceClient(url), SourceClient(url)
        codename = first.take_codename()
        second.get("/")
        assert len(first.cookies["visit"]) == len(second.cookies["visit"])
        raw = first.cookies["visit"].encode() + base64.urlsafe_b64decode(first.cookies["visit"] + "==")
        assert [name for name, trace in traces_of(codename).items() if trace in raw] == []
        first.close()
        second.close()


@pytest.mark.parametrize(("size", "wanted"), [(0, 24), (24 * 1024, 24), (24 * 1024 + 1, 48), (96 * 1024, 96)])
def test_page_size_classes_are_few(size: int, wanted: int) -> None:
    """24 KiB, then doubling."""
    assert page_size_class(size) == wanted * 1024
