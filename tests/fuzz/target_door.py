"""Fuzzing the door as somebody who holds its token, and as somebody who does not."""

from pathlib import Path
from urllib.parse import quote_from_bytes

from serving.headers import COMMON_HEADERS
from tests.courier.ground import TODAY, TOKEN, DropGround, make_drop_ground, new_source
from tests.fuzz.pieces import SIZES, AwkwardBody, Pieces
from tests.fuzz.target_door_documents import seeds as documents
from tests.fuzz.target_site import header_value
from tests.fuzz.wsgi import Asked, ask

PASS = f"Bearer {TOKEN}"
METHODS = ("GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "")
STATUSES = {200, 206, 400, 401, 404, 411, 413, 416}
LETTER = bytes(range(256)) * 40
_RENEW_AFTER = 200  # inputs


class DoorGround:
    """A door of a source host on which one letter waits."""

    def __init__(self, folder: Path) -> None:
        self.drop: DropGround = make_drop_ground(folder / "drop")
        self.app = self.drop.app()
        self._asked = 0
        self.blob = ""

    def close(self) -> None:
        """Close what is open."""
        self.app.extensions["candour_door"].close()
        self.drop.database.close()

    def renew(self) -> None:
        """Put a letter there again if an earlier input has confirmed it."""
        if self._asked % _RENEW_AFTER == 0 or not self.drop.blobs.published():
            self.drop.blobs.erase(self.drop.blobs.published() - {self.blob})
            if not self.blob or self.blob not in self.drop.blobs.published():
                self.blob = self.drop.submit(LETTER, source=new_source()).letter.id
        self._asked += 1


_ground: list[DoorGround] = []


def prepare(folder: Path) -> None:
    """Make a source host in `folder`, and its door."""
    _ground[:] = [DoorGround(folder)]


def close() -> None:
    """Close the door."""
    _ground.pop().close()


def one_input(data: bytes) -> None:
    """Ask the door one thing."""
    ground, pieces = _ground[0], Pieces(data)
    ground.renew()
    asked, known = request(ground, pieces)
    answer = ask(ground.app, asked)
    assert answer.status in STATUSES, f"{answer.status} for {asked.method} {asked.target}"
    assert known or (answer.status, answer.body) in ((401, b'{"error":"no"}'), (401, b"")), (
        "a stranger learnt something"
    )
    assert answer.said == ""
    assert all(name in answer.headers for name in COMMON_HEADERS)
    assert not {"Allow", "Location", "Set-Cookie", "Server"} & set(answer.headers.keys())
    if answer.status in (200, 206) and answer.headers["Content-Type"] == "application/octet-stream":
        assert answer.body in LETTER
        assert len(answer.body) in (0, int(answer.headers["Content-Length"]))
    elif answer.body:
        assert answer.body[:1] + answer.body[-1:] == b"{}"


def request(ground: DoorGround, pieces: Pieces) -> tuple[Asked, bool]:
    """Return the request that an input spells, and whether it has the token."""
    paths = ("/v1/waiting", f"/v1/blobs/{ground.blob}", "/v1/confirm", "/v1/deliveries", "/v1/blobs/", "/", "/v2")
    method, path, declared = pieces.choose(METHODS), pieces.choose(paths), pieces.choose(TYPES)
    sizes, flags = pieces.choose(SIZES), pieces.byte()
    headers = {"Authorization": PASS}
    if flags & 1:
        headers["Authorization"] = header_value(pieces.take(pieces.byte() % 64))
    if declared:
        headers["Content-Type"] = declared
    if flags & 2:
        path += quote_from_bytes(pieces.take(pieces.byte() % 40), safe="/%")
    if flags & 4:
        path += "?" + quote_from_bytes(pieces.take(pieces.byte() % 48), safe="&=%")
    if flags & 8:
        headers["Range"] = "bytes=" + header_value(pieces.take(pieces.byte() % 24))
    cut = pieces.byte() if flags & 16 else 0
    body = pieces.rest()
    length = None if flags & 32 or method == "GET" else str(len(body) + cut)
    known = headers["Authorization"] == PASS
    return Asked(method, path, headers, AwkwardBody(body, sizes, 30 if flags & 64 else None), length), known


def seeds() -> list[bytes]:
    """Return each verb as the courier uses it, and strangers."""
    confirm, deliver = documents()[0][1:], documents()[1][1:]
    return [
        bytes([0, 0, 3, 0, 4, 9]) + b"limit=100",
        bytes([0, 0, 3, 0, 4, 38]) + b"after=" + b"1" * 32,
        bytes([0, 1, 3, 0, 0]),
        bytes([0, 1, 3, 0, 8, 2]) + b"5-",
        bytes([0, 1, 3, 0, 8, 5]) + b"10-99",
        bytes([1, 2, 0, 0, 0]) + confirm,
        bytes([1, 3, 0, 0, 0]) + deliver.replace(b"2026-11-20", TODAY.encode()),
        bytes([1, 3, 0, 1, 16, 4]) + deliver,
        bytes([1, 2, 0, 0, 32]) + confirm,
        bytes([0, 0, 3, 0, 1, 50]) + b"Bearer " + b"A" * 43,
        bytes([0, 4, 3, 0, 2, 32]) + b"a" * 32,
    ]
