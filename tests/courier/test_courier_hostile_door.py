"""The courier against a source host in hostile hands: a table of attacks, and what must stay true."""

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from threading import Event
from typing import Any

import pytest

from journalist_interface.courier_patience import Patience
from journalist_interface.door_client import DoorClient
from store.desk.courier_state import SourceRoom
from tests.courier.ground import (
    REPLY,
    TODAY,
    TOKEN,
    Asked,
    DeskGround,
    DropGround,
    RawDoor,
    http,
    new_source,
    post_reply,
    run,
)

LETTER, ATTACHMENT = b"a sealed letter", b"a sealed attachment" * 10_000
LETTER_ID, ATTACHMENT_ID, SUBMISSION = "a1" * 16, "b2" * 16, "c3" * 16


def listed(name: str, kind: str, sealed: bytes, **changes: Any) -> dict[str, Any]:
    """Spell a part as an honest door does."""
    return {"blob": name, "kind": kind, "size": len(sealed), "sha256": sha256(sealed).hexdigest(), **changes}


def listing(**attachment: Any) -> dict[str, Any]:
    """Spell the page of the honest door, with changes to its attachment."""
    parts = [listed(LETTER_ID, "letter", LETTER), listed(ATTACHMENT_ID, "attachment", ATTACHMENT, **attachment)]
    one = {"id": SUBMISSION, "day": TODAY, "parts": parts}
    return {"candour_door": 1, "submissions": [one], "notices": [], "more": False}


HEALTH = (
    b'{"candour_door":1,"health":{"disk":"roomy","key":"lasts","clock":"right","posture":"right","backup":"fresh",'
    b'"updates":"none"}}'
)


def hostile(
    page: dict[str, Any] | Iterable[bytes] | None = None,
    blob: Callable[[int], Iterable[bytes]] | None = None,
    room: Iterable[bytes] | None = None,
    health: Iterable[bytes] | None = None,
) -> Callable[[], RawDoor]:
    """Make a door that is honest but for its page, its attachment from a given byte on, its room or its health."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/v1/health":
            return http(HEALTH) if health is None else health
        if asked.path == "/v1/room":
            return http(b'{"candour_door":1,"room":"files and text"}') if room is None else room
        if asked.path.startswith("/v1/waiting"):
            found = listing() if page is None else page
            return http(json.dumps(found).encode()) if isinstance(found, dict) else found
        if asked.path == f"/v1/blobs/{ATTACHMENT_ID}" and blob is not None:
            return blob(int(asked.headers.get("Range", "bytes=0-")[6:-1]))
        sealed = LETTER if asked.path.endswith(LETTER_ID) else ATTACHMENT
        if asked.path.startswith("/v1/blobs/"):
            return http(sealed, kind="application/octet-stream")
        return http(json.dumps({"candour_door": 1, "submissions": [{"id": SUBMISSION, "answer": "erased"}]}).encode())

    return lambda: RawDoor(answer)


def endless(head: bytes) -> Iterator[bytes]:
    """Send a head, and then bytes for ever."""
    yield head
    while True:
        yield b"x" * 65_536


def trickle(head: bytes) -> Iterator[bytes]:
    """Send a head, and then a byte now and again, for ever: never silent, never done."""
    pace = Event()
    yield head
    while True:
        yield b"x"
        pace.wait(0.05)


PAGE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TWICE = [listing()["submissions"][0]] * 2
ATTACKS: dict[str, Callable[[], RawDoor]] = {
    "an endless page": hostile(page=endless(PAGE_HEAD + b"\r\n")),
    "an endless page in chunks": hostile(page=endless(PAGE_HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n")),
    "a page that says it is huge": hostile(page=http(b"{}", Content_Length="99999999999")),
    "a page of no length": hostile(page=http(b"{}", Content_Length="")),
    "a page cut short": hostile(page=http(b'{"candour', Content_Length="500")),
    "a header without end": hostile(page=endless(b"HTTP/1.1 200 OK\r\nX: ")),
    "headers without end": hostile(page=iter([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 500, b"\r\n"])),
    "a header that trickles": hostile(page=trickle(b"HTTP/1.1 200 OK\r\nX: ")),
    "a page that trickles": hostile(page=trickle(PAGE_HEAD + b"Content-Length: 4000000\r\n\r\n")),
    "no HTTP at all": hostile(page=[b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]),
    "a page that is HTML": hostile(page=http(b"<html>", kind="text/html")),
    "a redirect to another host": hostile(page=http(b"", status="302 Found", Location="http://127.0.0.1:1/")),
    "a redirect in place": hostile(page=http(b"", status="307 Temporary Redirect", Location="/v1/waiting?limit=100")),
    "a fault": hostile(page=http(b'{"error":"failed"}', status="500 Internal Server Error")),
    "another status of success": hostile(page=http(b"", status="204 No Content")),
    "wrong JSON": hostile(page=http(b'{"candour_door":1,')),
    "a submission twice": hostile(page=listing() | {"submissions": TWICE}),
    "an id that is a path": hostile(page=listing(blob="../../../../../../tmp/owned12345")),
    "too many submissions": hostile(page=listing() | {"submissions": TWICE * 51}),
    "pages without end": hostile(page=listing() | {"more": True}),
    "a size that lies upwards": hostile(page=listing(size=len(ATTACHMENT) + 1)),
    "a size that lies downwards": hostile(page=listing(size=len(ATTACHMENT) - 1)),
    "a SHA-256 that lies": hostile(page=listing(sha256="0" * 64)),
    "an endless blob": hostile(blob=lambda _start: endless(b"HTTP/1.1 200 OK\r\n\r\n")),
    "a blob that is gone": hostile(blob=lambda _start: http(b"{}", status="404 Not Found")),
    "a blob always cut at the same byte": hostile(
        blob=lambda start: http(ATTACHMENT[start:100], "206 X" if start else "200 OK",
                                Content_Length=str(len(ATTACHMENT) - start),
                                Content_Range=f"bytes {start}-{len(ATTACHMENT) - 1}/{len(ATTACHMENT)}")
    ),
    "Range ignored": hostile(blob=lambda _start: http(ATTACHMENT[:100], Content_Length=str(len(ATTACHMENT)))),
    "another range than was asked for": hostile(
        blob=lambda start: http(ATTACHMENT[:100], "206 X" if start else "200 OK",
                                Content_Length=str(len(ATTACHMENT) - start),
                                Content_Range=f"bytes 0-{len(ATTACHMENT) - 1}/{len(ATTACHMENT)}")
    ),
    "a range that is there by name and not in its bytes": hostile(
        blob=lambda start: http(ATTACHMENT[: len(ATTACHMENT) - start] if start else ATTACHMENT[:100],
                                "206 X" if start else "200 OK", Content_Length=str(len(ATTACHMENT) - start),
                                Content_Range=f"bytes {start}-{len(ATTACHMENT) - 1}/{len(ATTACHMENT)}")
    ),
}  # fmt: skip
IMPATIENT = Patience(connect=5, silence=1, document=1, least_speed=10_000_000)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_door_achieves_nothing(desk: DeskGround, attack: str) -> None:
    """Nothing is stored, nothing is confirmed, nothing is left lying about, people are told, and the run ends."""
    raw = ATTACKS[attack]()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert report.problems
    assert report.stored == (1 if attack == "pages without end" else 0)
    if report.stored:
        return
    assert (desk.count("parcels"), desk.files()) == (0, {})
    assert list((desk.folder / "post" / "incoming").iterdir()) == []
    assert not any(asked.path == "/v1/confirm" for asked in raw.asked)
    # Nothing is asked for again, and no redirect is followed; a blob is taken up at most once without getting further.
    paths = [asked.path for asked in raw.asked]
    assert paths.count("/v1/waiting?limit=100") == 1
    assert len(paths) <= 6


def test_the_honest_door_beside_the_hostile_ones_is_believed(desk: DeskGround) -> None:
    """Were it not, the table above would prove nothing."""
    raw = hostile()()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert report.problems == []
    assert desk.files() == {LETTER_ID: LETTER, ATTACHMENT_ID: ATTACHMENT}


ROOM_LIES = {
    "another word": http(b'{"candour_door":1,"room":"<script>"}'),
    "the word that only the desk uses": http(b'{"candour_door":1,"room":"unknown"}'),
    "a number": http(b'{"candour_door":1,"room":1}'),
    "more than was asked": http(b'{"candour_door":1,"room":"nothing","why":"click here"}'),
    "another version": http(b'{"candour_door":2,"room":"nothing"}'),
    "nothing at all": http(b""),
    "an endless answer": http(b"{}", Content_Length="99999999999"),
    "a fault": http(b"{}", status="500 Internal Server Error"),
}


# What a hostile source host may say of its health, and nobody at the desk must read.
HEALTH_LIES = {
    "another word": http(HEALTH.replace(b"roomy", b"<script>")),
    "a word of another thing": http(HEALTH.replace(b"roomy", b"lasts")),
    "a number": http(HEALTH.replace(b'"roomy"', b"7")),
    "one thing too few": http(HEALTH.replace(b'"disk":"roomy",', b"")),
    "more than was asked": http(HEALTH.replace(b'"disk"', b'"why":"click here","disk"')),
    "no object": http(b'{"candour_door":1,"health":[]}'),
    "HTML": http(b"<html>", kind="text/html"),
    "a fault": http(b'{"error":"failed"}', status="500 Failed"),
}


@pytest.mark.parametrize("lie", HEALTH_LIES)
def test_of_a_hostile_health_nothing_is_kept(desk: DeskGround, lie: str) -> None:
    """The submission is here, the run has failed, and no word is known."""
    raw = hostile(health=HEALTH_LIES[lie])()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, len(report.problems), report.source_health) == (1, 1, {})


def test_a_door_too_old_to_tell_its_health_is_no_trouble(desk: DeskGround) -> None:
    """The run is well; nothing is known of the host."""
    raw = hostile(health=http(b'{"error":"not found"}', status="404 Not Found"))()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, report.problems, report.source_health) == (1, [], {})


@pytest.mark.parametrize("lie", ROOM_LIES)
def test_of_a_hostile_room_nothing_is_kept(desk: DeskGround, lie: str) -> None:
    """The source host says one of three words, or people are told; what was collected stays collected."""
    raw = hostile(room=ROOM_LIES[lie])()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, len(report.problems), report.source_room) == (1, 1, None)
    assert "script" not in report.sentence()
    assert "click" not in report.sentence()


@pytest.mark.parametrize("word", ["files and text", "text only", "nothing"])
def test_each_word_of_the_door_is_understood(desk: DeskGround, word: str) -> None:
    """A want of room is a warning, not a failed run."""
    raw = hostile(room=http(json.dumps({"candour_door": 1, "room": word}).encode()))()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, report.problems, report.source_room) == (1, [], word)
    assert (report.room_warning is None) == (word == "files and text")


def test_a_door_too_old_to_tell_its_room_is_no_trouble(desk: DeskGround) -> None:
    """The two hosts need not be brought up to date on one day."""
    raw = hostile(room=http(b'{"error":"not found"}', status="404 Not Found"))()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, report.problems, report.source_room) == (1, [], SourceRoom.UNKNOWN)
    assert report.room_warning is None


def test_a_blob_that_breaks_goes_on_where_it_stopped(desk: DeskGround) -> None:
    """A Tor circuit breaks; what came before it broke is not fetched again."""
    step = 50_000

    def broken(start: int) -> Iterable[bytes]:
        return http(ATTACHMENT[start : start + step], "206 Partial Content" if start else "200 OK",
                    Content_Length=str(len(ATTACHMENT) - start),
                    Content_Range=f"bytes {start}-{len(ATTACHMENT) - 1}/{len(ATTACHMENT)}")  # fmt: skip

    raw = hostile(blob=broken)()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert report.problems == []
    assert desk.files()[ATTACHMENT_ID] == ATTACHMENT
    ranges = [asked.headers.get("Range") for asked in raw.asked if asked.path.endswith(ATTACHMENT_ID)]
    assert ranges == [None, "bytes=50000-", "bytes=100000-", "bytes=150000-"]


def test_what_is_held_is_not_replaced_by_what_is_offered_under_its_name(desk: DeskGround) -> None:
    """The second door offers other bytes for a submission that was collected, and a stranger with a known blob."""
    honest = hostile()()
    with honest.serving() as url:
        run(desk, DoorClient(url, TOKEN, IMPATIENT))
    other = listing(sha256="0" * 64)
    thief = listing()
    thief["submissions"][0]["id"] = "d4" * 16
    for page in (other, thief):
        raw = hostile(page=page)()
        with raw.serving() as url:
            report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
        assert (report.stored, len(report.problems)) == (0, 1)
        assert [asked.path for asked in raw.asked] == ["/v1/waiting?limit=100", "/v1/room", "/v1/health"]
    assert desk.files() == {LETTER_ID: LETTER, ATTACHMENT_ID: ATTACHMENT}


def test_a_door_that_answers_deliveries_wrongly_still_gives_up_its_submissions(desk: DeskGround) -> None:
    """What sources sent does not wait for the outbox, and the outbox keeps what was not answered."""
    post_reply(desk, new_source())
    raw = hostile()()
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, IMPATIENT))
    assert (report.stored, report.delivered, len(report.problems)) == (1, 0, 1)
    assert (desk.count("outbox"), desk.reply_state(REPLY)) == (1, "scheduled")


def test_no_proxy_of_the_environment_is_used(
    desk: DeskGround, drop: DropGround, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable set for some other program must not lead the token elsewhere."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    drop.submit(b"letter")
    assert run(desk, DoorClient(url, TOKEN)).problems == []
