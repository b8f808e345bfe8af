"""Attacks on the running site over raw sockets. The keys of the tables say what is tried."""

import pytest

from serving.headers import COMMON_HEADERS
from source_interface.drop_folder import DropFolder
from source_interface.page_padding import SMALLEST_PAGE
from tests.http_attacks import REFUSED, SMUGGLES
from tests.raw_http import BLAND, TELLING, exchange
from tests.site_attacker import contents, folder, get, one, site

__all__ = ["folder", "site"]

# An answer that nothing else gives: who sees it has smuggled a request in.
INSIDE = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
SECRET = b"Disallow: /"


@pytest.mark.parametrize("attack", REFUSED.values(), ids=REFUSED.keys())
def test_what_could_mean_two_things_is_refused(site: str, attack: bytes) -> None:
    """The answer is one bland page without a name, and the connection is closed."""
    answer = one(site, attack)
    assert (answer.status, answer.body) == (400, BLAND)
    assert answer.header("Connection") == ["close"]


@pytest.mark.parametrize("attack", SMUGGLES.values(), ids=SMUGGLES.keys())
def test_no_request_is_smuggled_in_behind_it(site: str, attack: bytes) -> None:
    """Whatever stands behind a refused head is thrown away with the connection."""
    answers = exchange(site, attack + INSIDE, INSIDE)
    assert [answer.status for answer in answers] == [400]
    assert not any(SECRET in answer.body for answer in answers)


BODIES = {
    "a request in a body": (b"Content-Length: %d\r\n\r\n" % len(INSIDE) + INSIDE, [400]),
    "a request in a chunk": (
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(INSIDE), INSIDE),
        [411],
    ),
    "a request in a chunk's extension": (
        b"Transfer-Encoding: chunked\r\n\r\n1;" + INSIDE + b"\r\nx\r\n0\r\n\r\n",
        [411],
    ),
    "a request in a trailer": (b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + INSIDE + b"\r\n", [411]),
    "a chunk of no size": (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + INSIDE, [411]),
    "a chunk without an end": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n" + INSIDE, [411]),
    "more than the length says": (b"Content-Length: 1\r\n\r\nx\x00\x01" + INSIDE, [400, 400]),
    "more than the length says, which makes a method": (b"Content-Length: 1\r\n\r\nxGARBAGE" + INSIDE, [400, 405]),
}


@pytest.mark.parametrize(("rest", "statuses"), BODIES.values(), ids=BODIES.keys())
def test_no_body_is_taken_for_a_request(site: str, rest: bytes, statuses: list[int]) -> None:
    """What is in a body stays in it: the next request begins behind it, or the connection ends."""
    answers = exchange(site, b"POST /return HTTP/1.1\r\nHost: x\r\n" + rest)
    assert [answer.status for answer in answers][: len(statuses)] == statuses
    assert not any(SECRET in answer.body for answer in answers)


def test_two_honest_requests_on_one_connection_get_two_answers(site: str) -> None:
    """The way in which smuggled answers would be seen works: a second request on a connection is answered."""
    answers = exchange(site, INSIDE + INSIDE)
    assert [SECRET in answer.body for answer in answers] == [True, True]


PATHS = {
    "two slashes inside": "/static//site.css",
    "dots": "/../../etc/passwd",
    "dots behind the style sheet": "/static/../site_app.py",
    "encoded dots": "/static/%2e%2e/site_app.py",
    "backslashes": "/static/..\\site_app.py",
    "half a percent sign": "/%",
    "no UTF-8": "/%ff%fe",
    "overlong UTF-8": "/%c0%af",
    "markup": "/%3Cscript%3Ealert(1)%3C/script%3E",
    "a line end for a header": "/%0d%0aSet-Cookie:%20visit=x",
    "a slash too many": "/report/",
    "a page in capitals": "/REPORT",
    "a matrix parameter": "/report;x=y",
    "the folder itself": "/static/",
    "the door": "/v1/waiting",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_strange_path_is_no_page_and_is_not_repeated(site: str, path: str) -> None:
    """One page for all of them, of the usual weight, without a word of what was asked for, and without a redirect."""
    answer = one(site, get(path))
    assert answer.status == 404
    assert len(answer.body) == SMALLEST_PAGE
    assert not answer.header("Location")
    for word in (b"evil", b"script", b"passwd", b"site_app", b"%2", b"\x00"):
        assert word not in answer.body
    assert len(answer.header("Set-Cookie")) == 1


QUERIES = {
    "markup": "?<script>alert(1)</script>",
    "a line end": "?%0d%0aX:y",
    "a NUL": "?page=%00",
    "a page below none": "?page=-1",
    "a page beyond all": "?page=99999999999999999999",
    "a list": "?page[]=1",
    "a codename": "?codename=secretword",
    "three hundred fields": "?" + "&".join(["a=b"] * 300),
    "no UTF-8": "?%ff=%fe",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_strange_query_changes_no_page(site: str, query: str) -> None:
    """A page is what it is without one, to the byte, but for its fresh tokens."""
    plain, asked = one(site, get("/safety")), one(site, get("/safety" + query))
    assert (asked.status, asked.body) == (200, plain.body)
    assert b"secretword" not in one(site, get("/return" + query)).body


METHODS = ("OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "QUERY", "COWS")


@pytest.mark.parametrize("path", ["/", "/report", "/inbox", "/leave", "/no-such-page", "/static/site.css"])
@pytest.mark.parametrize("method", METHODS)
def test_another_method_is_refused_without_a_list(site: str, method: str, path: str) -> None:
    """Nobody is told which methods there are, nor sees his own request again."""
    answer = one(site, get(path, "X-Canary: seen-again", method=method))
    assert answer.status in (404, 405)
    assert not answer.header("Allow")
    assert b"seen-again" not in answer.body


def test_head_is_get_without_its_body(site: str) -> None:
    """HEAD gets the head of the page, its length with it, and nothing more."""
    for path in ("/", "/report", "/codename", "/static/site.css"):
        answer = one(site, get(path, method="HEAD"))
        assert answer.status == 200
        assert int(answer.header("Content-Length")[0]) > 1000


IGNORED = {
    "a method in a header": ["X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PUT", "X-Method-Override: POST"],
    "an address of a client": ["X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6", "Via: x"],
    "another host": ["X-Forwarded-Host: evil.example", "X-Host: evil.example", "Forwarded: host=evil.example"],
    "another scheme": ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl"],
    "two schemes": ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"],
    "another path": ["X-Original-URL: /leave", "X-Rewrite-URL: /leave", "SCRIPT_NAME: /evil", "PATH_INFO: /leave"],
    "a prefix": ["X-Forwarded-Prefix: /evil", "Script-Name: /evil"],
    "a range": ["Range: bytes=0-9"],
    "many ranges": ["Range: bytes=" + ",".join(["0-"] * 200)],
    "a page of yesterday": ["If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT", "If-None-Match: *"],
    "a page of tomorrow": ["If-Unmodified-Since: Mon, 23 Nov 1970 00:00:00 GMT", 'If-Match: "x"'],
    "compression": ["Accept-Encoding: gzip, br, zstd, deflate, *;q=1"],
    "another language": ["Accept-Language: de", "Accept-Charset: utf-16", "Accept: application/json"],
    "an upgrade": ["Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"],
    "an upgrade to HTTP/2": ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
    "a password": ["Authorization: Basic Zm9v", "Proxy-Authorization: Basic Zm9v"],
    "a foreign page": ["Referer: http://evil.example/", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site"],
    "forty cookies": ["Cookie: " + "; ".join(f"c{number}=x" for number in range(400))],
    "a cookie that is none": ["Cookie: visit=AAAA; ;;=; visit"],
    "a cookie of strange letters": ["Cookie: visit=\xff\xfe; \xe9=1"],
}


@pytest.mark.parametrize("headers", IGNORED.values(), ids=IGNORED.keys())
def test_a_header_changes_no_page(site: str, headers: list[str]) -> None:
    """The page comes whole, as it is for everybody, and no header's words are in it."""
    plain, asked = one(site, get("/safety")), one(site, get("/safety", *headers))
    assert (asked.status, asked.body) == (200, plain.body)
    assert sorted(line.split(b":")[0] for line in asked.head.split(b"\r\n")) == sorted(
        line.split(b":")[0] for line in plain.head.split(b"\r\n")
    )
    assert not asked.header("Content-Encoding")
    assert b'name="codename"' in one(site, get("/inbox", *headers)).body


def test_a_form_that_waits_for_leave_to_go_on_is_told_to(site: str) -> None:
    """`Expect: 100-continue` is answered, so that no client waits; then the form is judged."""
    request = (
        b"POST /return HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
    )
    assert [answer.status for answer in exchange(site, request)] == [100, 400]


CUT = {
    "in the request line": b"POST /rep",
    "in a header": b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Le",
    "before the body": b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n",
    "in a small form": b"POST /return HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 900\r\n\r\ncodename=se",
    "in a file": b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b"Content-Length: 9000\r\n\r\n--b\r\nContent-Disposition: form-data; name=attachments; filename=a\r\n\r\nsecret",
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_a_connection_that_is_cut_leaves_nothing(site: str, folder: DropFolder, cut: bytes) -> None:
    """Nothing of half a request is kept; if there is an answer, it is a page."""
    before = contents(folder)
    for answer in exchange(site, cut):
        assert answer.status == 400
        assert not TELLING.search(answer.head + answer.body)
    assert contents(folder) == before


def test_every_refusal_has_every_header(site: str) -> None:
    """Errors are pages like others."""
    for request in (get("/nowhere"), get("/", method="TRACE"), get("/return", "Content-Length: 0", method="POST")):
        answer = one(site, request)
        for name in COMMON_HEADERS:
            assert len(answer.header(name)) == 1, name
        assert len(answer.body) == SMALLEST_PAGE
