"""Attacks on the running door over raw sockets: whoever has no token, and whoever has it. The keys say it."""

from collections.abc import Iterator
from hashlib import sha256

import pytest

from serving.headers import COMMON_HEADERS
from source_interface.drop_folder import DropFolder, make_drop
from store.blobs import BlobFolder
from store.database import open_database
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.courier.ground import TOKEN, DropGround
from tests.http_attacks import REFUSED, SMUGGLES
from tests.raw_http import BLAND, TELLING, RawAnswer, exchange, running_door

PASS = f"Authorization: Bearer {TOKEN}"
LETTER = b"a sealed letter, as far as the door can tell"
# What only the holder of the token is told: who sees it has smuggled a request in.
INSIDE = f"GET /v1/waiting HTTP/1.1\r\nHost: x\r\n{PASS}\r\n\r\n".encode()
SECRET = b'"submissions"'


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[DropGround]:
    """A source host with one submission, which no attack may change."""
    root = tmp_path_factory.mktemp("attacked")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    folder = DropFolder(root / "drop")
    folder.door_token.unlink()
    write_private_file(folder.door_token, sha256(TOKEN.encode()).hexdigest().encode())
    made = DropGround(folder.root, open_database(folder.database, "store.drop.migrations"), BlobFolder(folder.blobs))
    made.submit(LETTER)
    yield made
    assert [made.count(table) for table in ("submissions", "parts", "deliveries", "replies")] == [1, 1, 0, 0]
    made.database.close()


@pytest.fixture(scope="module")
def door(ground: DropGround) -> Iterator[str]:
    """The running door."""
    with running_door(ground.folder) as url:
        yield url


@pytest.fixture(scope="module")
def blob(ground: DropGround) -> str:
    """The path of the letter."""
    (found,) = ground.blobs.published()
    return f"/v1/blobs/{found}"


def ask(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Spell a request of somebody who holds the token."""
    lines = [f"{method} {path} HTTP/1.1", "Host: door.onion", "Connection: close", PASS, *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def one(url: str, request: bytes) -> RawAnswer:
    """Return the only answer to a request, which tells nothing of what serves it."""
    (answer,) = exchange(url, request)
    assert not TELLING.search(answer.head + answer.body)
    for told in ("Server", "Date", "Allow", "Location", "Set-Cookie"):
        assert not answer.header(told)
    return answer


@pytest.mark.parametrize("attack", REFUSED.values(), ids=REFUSED.keys())
def test_what_could_mean_two_things_is_refused(door: str, attack: bytes) -> None:
    """The door says of it what the site says, in the same words."""
    answer = one(door, attack)
    assert (answer.status, answer.body) == (400, BLAND)


@pytest.mark.parametrize("attack", SMUGGLES.values(), ids=SMUGGLES.keys())
def test_no_request_is_smuggled_in_behind_it(door: str, attack: bytes) -> None:
    """A request with the token behind a refused head is thrown away with the connection."""
    answers = exchange(door, attack + INSIDE, INSIDE)
    assert [answer.status for answer in answers] == [400]
    assert not any(SECRET in answer.body for answer in answers)


def test_a_stranger_cannot_make_the_courier_s_words_his_own(door: str) -> None:
    """A request with the token inside a stranger's body is a body: the answer is the stranger's."""
    head = b"POST /v1/confirm HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answers = exchange(door, head % len(INSIDE) + INSIDE)
    assert [(answer.status, answer.body) for answer in answers] == [(401, b'{"error":"no"}')]
    assert [SECRET in answer.body for answer in exchange(door, INSIDE + INSIDE)] == [True, True]


PATHS = {
    "dots": "/v1/blobs/../waiting",
    "encoded dots": "/v1/blobs/%2e%2e/waiting",
    "two slashes inside": "/v1//waiting",
    "a slash too many": "/v1/waiting/",
    "capitals": "/V1/WAITING",
    "no UTF-8": "/v1/blobs/%ff%fe",
    "a blob that is none": "/v1/blobs/" + "0" * 32,
    "the site": "/report",
    "a line end": "/v1/waiting%0d%0aX:y",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_strange_path_is_one_not_found(door: str, path: str) -> None:
    """Nothing of the path comes back."""
    answer = one(door, ask(path))
    assert (answer.status, answer.body) == (404, b'{"error":"not found"}')


@pytest.mark.parametrize(
    "method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "COWS", "HEAD"]
)
@pytest.mark.parametrize("path", ["/v1/waiting", "/v1/confirm", "/"])
def test_another_method_is_one_not_found(door: str, method: str, path: str) -> None:
    """No list of methods, no echo."""
    assert one(door, ask(path, "X-Canary: x", method=method)).status == 404


IGNORED = {
    "a method in a header": ["X-HTTP-Method-Override: POST", "X-HTTP-Method: DELETE"],
    "another address": ["X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6", "X-Real-IP: 6.6.6.6"],
    "another scheme": ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: on"],
    "another path": ["SCRIPT_NAME: /v1", "PATH_INFO: /v1/confirm", "X-Original-URL: /v1/confirm"],
    "compression": ["Accept-Encoding: gzip, br"],
    "a condition": ["If-None-Match: *", "If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT", 'If-Range: "x"'],
    "a cookie": ["Cookie: visit=x"],
    "an upgrade": ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
}


@pytest.mark.parametrize("headers", IGNORED.values(), ids=IGNORED.keys())
def test_a_header_changes_no_answer(door: str, blob: str, headers: list[str]) -> None:
    """The list and the blob come as they are."""
    for path in ("/v1/waiting", blob):
        plain, asked = one(door, ask(path)), one(door, ask(path, *headers))
        assert (asked.status, asked.body) == (200, plain.body)
        assert asked.head == plain.head


TOKENS = {
    "another token beside it": [PASS, "Authorization: Bearer " + "A" * 43],
    "the token twice": [PASS, PASS],
    "the token in a cookie": [f"Cookie: Authorization=Bearer {TOKEN}"],
    "the token under another header": [f"Proxy-Authorization: Bearer {TOKEN}"],
    "the scheme in small letters": [f"Authorization: bearer {TOKEN}"],
    "a tab for the space": [f"Authorization: Bearer\t{TOKEN}"],
    "a longer token": [f"Authorization: Bearer {TOKEN}A"],
    "a token of strange letters": ["Authorization: Bearer \xe9\xff"],
}


@pytest.mark.parametrize("headers", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_has_one_spelling(door: str, headers: list[str]) -> None:
    """Anything else is a stranger's, whatever else it says."""
    request = "\r\n".join(["GET /v1/waiting HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""])
    answer = one(door, request.encode("latin-1"))
    assert (answer.status, answer.body) == (401, b'{"error":"no"}')
    for name in COMMON_HEADERS:
        assert len(answer.header(name)) == 1


JSON = "Content-Type: application/json"
DOCUMENT = b'{"candour_door":1,"submissions":[],"notices":[]}'
BODIES = {
    "no length": ([JSON], b"", 411),
    "chunks": ([JSON, "Transfer-Encoding: chunked"], b"0\r\n\r\n", 411),
    "an enormous length": ([JSON, "Content-Length: 99999999999999999999"], b"{}", 413),
    "no JSON": ([JSON, "Content-Length: 4"], b"{{{{", 400),
    "JSON in UTF-16": ([JSON, "Content-Length: 4"], "{}".encode("utf-16-le"), 400),
    "JSON without an end": ([JSON, "Content-Length: 3000"], b"[" * 3_000, 400),
    "a form": (["Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"], b"a=b", 400),
    "a field given twice": ([JSON, "Content-Length: 36"], b'{"candour_door":1,"candour_door": 1}', 400),
    "a document with a query": ([JSON, f"Content-Length: {len(DOCUMENT)}"], DOCUMENT, 200),
}


@pytest.mark.parametrize(("headers", "body", "status"), BODIES.values(), ids=BODIES.keys())
def test_a_body_is_a_document_or_refused(door: str, headers: list[str], body: bytes, status: int) -> None:
    """Every refusal is one short JSON object."""
    answer = one(door, ask("/v1/confirm", *headers, method="POST", body=body))
    assert answer.status == status
    assert answer.body.startswith(b"{")
    assert len(answer.body) < 100
    if status != 200:
        assert b"submissions" not in answer.body
    asked = one(door, ask("/v1/confirm?x=y", *headers, method="POST", body=body))
    assert asked.status == 400 or status == 413


def test_a_cut_body_gets_nothing(door: str) -> None:
    """Half a confirmation is never given to the door: it changes nothing, and ends the connection without an answer."""
    head = ask("/v1/confirm", JSON, "Content-Length: 500", method="POST").replace(b"Connection: close\r\n", b"")
    assert exchange(door, head + DOCUMENT) == []
    assert [answer.status for answer in exchange(door, INSIDE)] == [200]
