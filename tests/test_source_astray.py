"""Whoever does not come straight through Tor gets one page: at a really running site, byte for byte.

A clearnet name, a gateway, a name with something before it: nothing of the site is shown, set, read or kept.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from serving.answers import HEAD_SIZE
from source_interface.astray import StraightOnly
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.page_padding import SMALLEST_PAGE
from source_interface.site_address import keep_site_address
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from source_interface.straight_way import TELLTALE_FIELDS, NotStraight, check_way
from tests.conftest import IntakeSecret
from tests.harms import snapshot
from tests.observed_site import eventually, observed_site
from tests.onion_names import onion_name
from tests.raw_http import RawAnswer, exchange
from tests.source_site import running_site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ADDRESS = onion_name()
ONE_PAGE = HEAD_SIZE + SMALLEST_PAGE
# Under what name somebody asks, and what a go-between adds to it. Gateways ask in the onion's own name.
LED_ASTRAY: dict[str, tuple[str, str]] = {
    "a clearnet name": ("www.charity.example", ""),
    "this machine's own name": ("localhost", ""),
    "this machine's number": ("127.0.0.1", ""),
    "another onion": (onion_name(2), ""),
    "a gateway's name": (f"{ADDRESS}.ly", ""),
    "a gateway's name in place of .onion": (ADDRESS.replace(".onion", ".tor2web.example"), ""),
    "www. before the address": (f"www.{ADDRESS}", ""),
    "a mark before the address": (f"given-to-the-third-of-five.{ADDRESS}", ""),
    "the port of TLS": (f"{ADDRESS}:443", ""),
    "a letter more": (f"a{ADDRESS}", ""),
    "the address without .onion": (ADDRESS.removesuffix(".onion"), ""),
    "tor2web": (ADDRESS, "X-Tor2Web: encrypted\r\n"),
    "tor2web, in other letters": (ADDRESS, "x-tOR2wEB: 1\r\n"),
    "a proxy that says for whom": (ADDRESS, "X-Forwarded-For: 203.0.113.9\r\n"),
    "a proxy that says for which host": (ADDRESS, "X-Forwarded-Host: gateway.example\r\n"),
    "a proxy that came by TLS": (ADDRESS, "X-Forwarded-Proto: https\r\n"),
    "a proxy that names its server": (ADDRESS, "X-Forwarded-Server: gateway.example\r\n"),
    "a proxy by RFC 7239": (ADDRESS, "Forwarded: for=203.0.113.9;proto=https\r\n"),
    "a proxy by RFC 9110": (ADDRESS, "Via: 1.1 proxy.force.example\r\n"),
    "nginx, as it is often set up": (ADDRESS, "X-Real-IP: 203.0.113.9\r\n"),
    "a content network": (ADDRESS, "CF-Connecting-IP: 203.0.113.9\r\nCF-Ray: 8a1\r\n"),
    "another content network": (ADDRESS, "True-Client-IP: 203.0.113.9\r\n"),
    "a third one": (ADDRESS, "X-Amz-Cf-Id: abc\r\n"),
    "a field with nothing in it": (ADDRESS, "X-Forwarded-For:\r\n"),
    "a proxy in the office": (ADDRESS, "X-BlueCoat-Via: 7f\r\n"),
    "both at once": ("gateway.example", "X-Tor2Web: 1\r\nVia: 1.1 gateway\r\n"),
}
OUR_NAME = {
    "as it is kept": ADDRESS,
    "in capitals": ADDRESS.upper(),
    "as somebody types it": ADDRESS[:5].upper() + ADDRESS[5:],
    "with the port": f"{ADDRESS}:80",
}
ASKED_FOR = (
    "/",
    "/report",
    "/codename",
    "/static/site.css",
    "/progress?upload=" + "ab" * 16,
    "/no-such-page",
    "/inbox",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> DropFolder:
    """A source host that knows its address."""
    root = tmp_path_factory.mktemp("astray")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    made = DropFolder(root / "drop")
    keep_site_address(made, ADDRESS)
    return made


@pytest.fixture(scope="module")
def url(folder: DropFolder) -> Iterator[str]:
    """That host's site, running."""
    with running_site(folder.root) as found:
        yield found


def ask(url: str, host: str, more: str = "", what: str = "GET /", body: bytes = b"") -> RawAnswer:
    """Send one request and return its answer."""
    if body:
        more += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    head = f"{what} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n"
    [answer] = exchange(url, head.encode("ascii") + body)
    return answer


@pytest.fixture(scope="module")
def refusal(url: str) -> RawAnswer:
    """The one page."""
    return ask(url, "www.charity.example")


def test_who_typed_secret_words_is_told_what_to_do_next(refusal: RawAnswer) -> None:
    """New words; and not a word of what the site is for, to whoever stands between and reads it too."""
    said = " ".join(refusal.body.decode("utf-8").split("<main", 1)[1].split())
    assert "If you typed secret words here, somebody else may know them. In Tor Browser, open the right address" in said
    assert "tell us so, and use new words from then on." in said
    assert [word for word in ("codename", "charity", "police", "report") if word in said.lower()] == []


@pytest.mark.parametrize("way", LED_ASTRAY)
def test_whoever_is_led_astray_gets_the_one_page(url: str, refusal: RawAnswer, way: str) -> None:
    """Whatever is asked for and sent: the same bytes, the weight of any page, no cookie, and never the style sheet."""
    host, more = LED_ASTRAY[way]
    forms = [ask(url, host, more, f"POST {path}", b"message=hello") for path in ("/report", "/return", "/leave")]
    for answer in [*(ask(url, host, more, f"GET {path}") for path in ASKED_FOR), *forms]:
        assert (answer.status, answer.head, answer.body) == (403, refusal.head, refusal.body)
    assert len(refusal.head) + len(b"\r\n\r\n") + len(refusal.body) == ONE_PAGE
    assert refusal.header("Set-Cookie") == []


@pytest.mark.parametrize("spelling", OUR_NAME)
def test_under_its_own_name_the_site_answers(url: str, spelling: str) -> None:
    """With the port and without, in any letters; what browsers send of themselves is no sign of a go-between."""
    host = OUR_NAME[spelling]
    browser = "User-Agent: Mozilla/5.0\r\nAccept-Language: en-US,en;q=0.5\r\nDNT: 1\r\nSec-Fetch-Site: none\r\n"
    browser += "Upgrade-Insecure-Requests: 1\r\nSec-GPC: 1\r\nPriority: u=0, i\r\nTE: trailers\r\n"
    answer = ask(url, host, browser)
    assert answer.status == 200
    assert b'href="/codename"' in answer.body
    assert ask(url, host, browser, "GET /static/site.css").status == 200


def test_a_whole_report_is_sent_under_the_onion_name(url: str) -> None:
    """The check of a form's origin goes on with that name."""
    page = ask(url, ADDRESS, what="GET /return")
    cookie = page.header("Set-Cookie")[0].split(";")[0]
    token = page.body.decode().split('name="csrf_token" value="')[1].split('"')[0]
    form = f"csrf_token={token}&codename=abacus".encode()
    for origin, status in (("null", 422), (f"http://{ADDRESS}", 422), ("http://gateway.example", 403)):
        sent = ask(url, ADDRESS, f"Cookie: {cookie}\r\nOrigin: {origin}\r\n", "POST /return", form)
        assert sent.status == status, origin


def test_a_request_that_names_no_host_is_refused_too(url: str, refusal: RawAnswer) -> None:
    """HTTP/1.0 may leave it out."""
    [answer] = exchange(url, b"GET / HTTP/1.0\r\n\r\n")
    assert (answer.status, answer.body) == (403, refusal.body)


def test_the_head_alone_has_the_same_head(url: str, refusal: RawAnswer) -> None:
    """And no body."""
    answer = ask(url, "www.charity.example", what="HEAD /")
    assert (answer.status, answer.head, answer.body) == (403, refusal.head, b"")


def test_a_large_upload_is_not_waited_for(url: str, refusal: RawAnswer) -> None:
    """The answer comes after its head: the file never needs to leave the phone."""
    head = f"POST /report HTTP/1.1\r\nHost: {ADDRESS}\r\nX-Tor2Web: 1\r\nContent-Length: 400000000\r\n"
    answers = exchange(url, f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode())
    assert [(answer.status, answer.body) for answer in answers] == [(403, refusal.body)]
    assert answers[0].header("Connection") == ["close"]


def test_nothing_of_it_is_stored_or_remembered(drop_folder: DropFolder) -> None:
    """No file and no row is changed, and a moment later not even the process's memory has a word of what was sent."""
    keep_site_address(drop_folder, ADDRESS)
    canary, name = b"tangerine-astrolabe-forty-two", b"who-asks.gateway.example"
    with observed_site(drop_folder.root) as site:
        before = snapshot(drop_folder.root)
        for more in ("X-Tor2Web: 1\r\n", "Forwarded: for=192.0.2.77\r\n"):
            assert ask(site.url, ADDRESS, more, "POST /report", b"message=" + canary).status == 403
        assert ask(site.url, name.decode(), "X-Forwarded-For: 192.0.2.77\r\n").status == 403
        needles = {"what was written": canary, "the name": name, "the number": b"192.0.2.77"}
        eventually(lambda: site.remembers(needles), [])
        assert snapshot(drop_folder.root) == before


class _Unreadable:
    def read(self, *_sizes: int) -> bytes:
        """Fail."""
        raise AssertionError("somebody read what was sent")

    readline = __iter__ = read


def test_it_costs_nothing_and_reads_nothing() -> None:
    """Nothing behind the gate is called: no session, no database, no derivation; nobody reads what was sent."""

    def behind(_environ: "WSGIEnvironment", _start: "StartResponse") -> Iterable[bytes]:
        raise AssertionError("somebody is behind the gate")

    said: list[object] = []
    gate = StraightOnly(behind, ADDRESS, b"page", {"X": "y"})
    environ = {"REQUEST_METHOD": "POST", "HTTP_HOST": ADDRESS, "HTTP_VIA": "1.1 x", "wsgi.input": _Unreadable()}
    answer = gate(environ, lambda *told: said.append(told))  # type: ignore[arg-type]
    assert list(answer) == [b"page"]
    assert said == [("403 Forbidden", [("X", "y")])]
    with pytest.raises(AssertionError, match="behind the gate"):
        gate({"REQUEST_METHOD": "GET", "HTTP_HOST": ADDRESS}, lambda *told: said.append(told))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", sorted(TELLTALE_FIELDS))
def test_every_field_of_the_list_tells(field: str) -> None:
    """In small letters and in capitals; one that merely ends alike does not."""
    for spelt in (field, field.upper()):
        with pytest.raises(NotStraight):
            check_way(ADDRESS, ADDRESS, ["accept", spelt])
    check_way(ADDRESS, ADDRESS, ["accept", f"not-{field}"])


def test_without_an_address_the_site_answers_as_it_did(site_url: str) -> None:
    """On one's own machine, to try it out."""
    for host in ("localhost", "127.0.0.1:8080", "anything.example"):
        assert ask(site_url, host).status == 200


def test_the_page_says_what_happened_and_what_to_do(folder: DropFolder) -> None:
    """The address in full; not what the site is for, nor whose it is: whoever stands between reads the page too."""
    app: Flask = create_site(folder.root)
    page = app.test_client().get("/", base_url="http://gateway.example").text
    app.extensions[EXTENSION].drop.database.close()
    body = page[page.index("<body") :]
    for said in ("Somebody may stand between you and this site", "kept nothing", "Call 999", "www.torproject.org"):
        assert said in body, said
    for said in (
        "delete it, and it alone, from the history",
        "Whoever stands between can change this page too.",
        "take the address from a poster or website that you trust",
        "this is a false address",
        "such as “www.”",
        "If it is the same: take out what you added to Tor Browser.",
    ):
        assert said in body, said
    assert f'translate="no">{ADDRESS}<' in body
    for word in ("candour", "police", "charity", "report", "codename", "corrupt"):
        assert word not in body.lower(), word
    assert "href" not in body
    assert "<form" not in body


def test_the_page_is_made_of_one_file(refusal: RawAnswer) -> None:
    """Its policy allows the style sheet within it, by its bytes, and nothing else at all."""
    [policy] = refusal.header("Content-Security-Policy")
    for part in ("default-src 'none'", "style-src 'sha256-", "img-src 'none'", "form-action 'none'", "base-uri 'none'"):
        assert part in policy, part
    assert b"src=" not in refusal.body
    assert refusal.body.count(b"href=") == 1, "the empty icon"
