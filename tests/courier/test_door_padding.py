"""The door's padding: how much, for whom, and that nothing of it stays."""

from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.courier.ground import TOKEN, DropGround

OCTETS = "application/octet-stream"
MOST = 1024 * 1024


def ask(
    url: str, method: str, path: str, body: bytes | None = None, token: str = TOKEN, **headers: str
) -> tuple[HTTPResponse, bytes]:
    """Ask as the courier does; return the answer and its body."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request(method, path, body, {"Authorization": f"Bearer {token}", **told})
        response = connection.getresponse()
        return response, response.read()


@pytest.mark.parametrize("size", [1, 65_536, 524_288, MOST])
def test_so_many_zeros_come_as_were_asked_for(url: str, size: int) -> None:
    """No more, no less, and nothing else."""
    response, body = ask(url, "GET", f"/v1/padding?bytes={size}")
    assert (response.status, response.headers["Content-Type"], body) == (200, OCTETS, bytes(size))


STRANGE_SIZES = {
    "no bytes": "bytes=0",
    "more than the most": f"bytes={MOST + 1}",
    "far more than the most": "bytes=99999999999999",
    "less than nothing": "bytes=-1",
    "no number": "bytes=x",
    "digits of another script": "bytes=%D9%A3",
    "a fraction": "bytes=1.5",
    "a zero in front": "bytes=01",
    "a line end behind": "bytes=1%0a",
    "twice": "bytes=1&bytes=2",
    "something else too": "bytes=1&to=2",
    "another name": "size=1",
    "nothing": "",
}


@pytest.mark.parametrize("how", STRANGE_SIZES)
def test_a_strange_amount_is_malformed(url: str, how: str) -> None:
    """One spelling, and bounded: nobody makes the door send for ever."""
    assert ask(url, "GET", f"/v1/padding?{STRANGE_SIZES[how]}")[0].status == 400


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_padding_needs_the_token_like_everything(url: str, method: str) -> None:
    """A stranger learns nothing, and gets nothing to flood with."""
    response, body = ask(url, method, "/v1/padding?bytes=1", token="A" * 43)
    assert (response.status, body) == (401, b'{"error":"no"}')


@pytest.mark.parametrize("size", [0, 1, 65_536, MOST])
def test_what_is_posted_is_read_past_and_leaves_nothing(drop: DropGround, url: str, size: int) -> None:
    """No file, no row: the folder holds the same names and bytes as before."""
    ask(url, "GET", "/v1/room")  # the first request makes the database what it is
    before = contents(drop.folder)
    response, body = ask(url, "POST", "/v1/padding", b"\x07" * size, Content_Type=OCTETS)
    assert (response.status, body) == (200, b'{"candour_door":1}')
    assert contents(drop.folder) == before


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder, by name."""
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


POSTS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "one byte too many": (413, bytes(MOST + 1), {"Content_Type": OCTETS}),
    "JSON": (400, b"{}", {"Content_Type": "application/json"}),
    "no type": (400, b"x", {}),
}


@pytest.mark.parametrize("how", POSTS)
def test_strange_padding_is_not_taken(url: str, how: str) -> None:
    """Measured before it is read."""
    status, body, headers = POSTS[how]
    assert ask(url, "POST", "/v1/padding", body, **headers)[0].status == status


@pytest.mark.parametrize("unit", [1, 100, 4_096, 16_384, MOST])
def test_a_document_is_padded_with_spaces_to_what_was_asked(url: str, unit: int) -> None:
    """JSON stays JSON; who does not ask gets it as it is."""
    _response, plain = ask(url, "GET", "/v1/waiting")
    response, padded = ask(url, "GET", "/v1/waiting", Candour_Pad=str(unit))
    assert (len(padded) % unit, padded.rstrip(b" ")) == (0, plain)
    assert len(padded) < len(plain) + unit
    assert response.headers["Content-Length"] == str(len(padded))


@pytest.mark.parametrize("asked", [None, "bytes=0-", "bytes=10-", "bytes=10-19"])
def test_a_blob_is_padded_with_zeros_and_says_how_many(drop: DropGround, url: str, asked: str | None) -> None:
    """Whole or in part."""
    letter = drop.submit(b"a sealed letter of some length").letter.id
    headers: dict[str, Any] = {"Range": asked} if asked else {}
    _response, plain = ask(url, "GET", f"/v1/blobs/{letter}", **headers)
    response, padded = ask(url, "GET", f"/v1/blobs/{letter}", Candour_Pad="64", **headers)
    missing = int(response.headers["Candour-Padding"])
    assert (len(padded), padded) == (64, plain + bytes(missing))
    assert response.status == (206 if asked else 200)


STRANGE_PADS = ("0", "-1", "x", str(MOST + 1), "99999999", "1.5", "", " ", "1 2", "64, 64")


@pytest.mark.parametrize("pad", STRANGE_PADS)
def test_a_strange_wish_is_refused_before_anything_is_changed(drop: DropGround, url: str, pad: str) -> None:
    """A confirmation with a strange wish erases nothing."""
    sent = drop.submit(b"letter")
    parts = f'[{{"blob":"{sent.letter.id}","sha256":"{sent.letter.sha256}"}}]'
    body = f'{{"candour_door":1,"submissions":[{{"id":"{sent.id}","parts":{parts}}}],"notices":[]}}'.encode()
    response, _body = ask(url, "POST", "/v1/confirm", body, Content_Type="application/json", Candour_Pad=pad)
    assert (response.status, drop.count("submissions")) == (400, 1)
    response, answer = ask(url, "POST", "/v1/confirm", body, Content_Type="application/json", Candour_Pad="4096")
    assert (response.status, len(answer), drop.count("submissions")) == (200, 4_096, 0)


def test_an_error_is_not_padded(url: str) -> None:
    """Nobody who guesses gets more than a word."""
    assert ask(url, "GET", "/v1/blobs/x", Candour_Pad="4096")[1] == b'{"error":"not found"}'
