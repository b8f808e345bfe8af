"""The door, served for real on loopback: who may come in, what it refuses and how little it says of that."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

from keys.reply import LARGEST_SEALED_REPLY
from source_interface.door_app import create_door
from source_interface.door_messages import LARGEST_DOCUMENT
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.courier.ground import TODAY, TOKEN, DropGround, make_drop_ground, new_source, serving
from tests.door_caller import PASS, Caller, reply_delivery


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[DropGround]:
    """An empty source host."""
    with closing(make_drop_ground(tmp_path / "drop")) as made:
        yield made


@pytest.fixture
def caller(ground: DropGround) -> Iterator[Caller]:
    """The door of the source host, and somebody who may come in."""
    with serving(ground.app()) as url:
        yield Caller(url)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DropGround, Caller]]:
    """One source host with one submission, for attacks that must change nothing."""
    made = make_drop_ground(tmp_path_factory.mktemp("shared") / "drop")
    made.submit(b"letter")
    with serving(made.app()) as url:
        yield made, Caller(url)
    assert [made.count(table) for table in ("submissions", "parts", "deliveries")] == [1, 1, 0]
    made.database.close()


@pytest.fixture
def door(shared: tuple[DropGround, Caller]) -> Caller:
    """Somebody who may come in at a door that nothing may change."""
    return shared[1]


STRANGERS = {
    "no token": {},
    "an empty token": {"Authorization": "Bearer "},
    "another token": {"Authorization": "Bearer " + "A" * 43},
    "the token with a space behind it": {"Authorization": f"Bearer {TOKEN} x"},
    "the token under another scheme": {"Authorization": f"Basic {TOKEN}"},
    "the token twice": {"Authorization": f"Bearer {TOKEN}, Bearer {TOKEN}"},
    "the stored hash itself": {"Authorization": "Bearer " + "f" * 64},
}
PLACES = ("/v1/waiting", "/v1/blobs/" + "a" * 32, "/v1/confirm", "/", "/nowhere", "/v2/waiting")


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_gets_the_same_words_everywhere(door: Caller, who: str) -> None:
    """Without the token no path, method or header tells whether there is anything behind the door."""
    answers = {
        (answer.status, answer.data, tuple(sorted(name for name in answer.headers if name != "Date")))
        for place in PLACES
        for method in ("GET", "POST", "PUT", "OPTIONS")
        for answer in [urllib3.request(method, door.url + place, headers=STRANGERS[who], retries=False)]
    }
    assert {(status, body) for status, body, _headers in answers} == {(401, b'{"error":"no"}')}
    assert len(answers) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/v1", "/v1/waiting/", "/v1/confirm", "/v1/blobs/", "/static/x"])
def test_a_wrong_path_or_method_is_one_bland_not_found(door: Caller, method: str, path: str) -> None:
    """There is no redirect, no list of methods, no page of a library."""
    answer = door.ask(method, path)
    assert answer.status == 404
    assert method == "HEAD" or answer.data == b'{"error":"not found"}'
    assert "Allow" not in answer.headers
    assert "Location" not in answer.headers


BAD_QUERIES = ("limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "after=x", "who=me",
               "after=" + "A" * 32, "limit=٣")  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_strange_question_is_malformed(door: Caller, query: str) -> None:
    """Each parameter has one spelling, and stands once."""
    assert door.ask("GET", f"/v1/waiting?{query}").status == 400


BAD_RANGES = ("bytes=6-", "bytes=9-2", "bytes=-3", "bytes=0-1,3-4", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0x1-",
              "bytes=" + "9" * 30 + "-", "")  # fmt: skip


@pytest.mark.parametrize("asked", BAD_RANGES)
def test_a_strange_range_is_refused_with_the_size(door: Caller, asked: str) -> None:
    """One range inside the blob, or none."""
    blob = door.ask("GET", "/v1/waiting").json()["submissions"][0]["parts"][0]["blob"]
    answer = door.ask("GET", f"/v1/blobs/{blob}", headers={"Range": asked})
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */6")


GOOD_STATUS = {"id": "1" * 32, "kind": "status", "address": "a" * 64, "day": TODAY, "status": "closed"}
BAD_DELIVERIES: dict[str, object] = {
    "no JSON at all": None,
    "a list": [],
    "another version": {"candour_door": 2, "deliveries": []},
    "a version that is true": {"candour_door": True, "deliveries": []},
    "no version": {"deliveries": []},
    "an unknown field": {"candour_door": 1, "deliveries": [], "more": 1},
    "too many": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"id": f"{n:032x}"} for n in range(9)]},
    "one twice": {"candour_door": 1, "deliveries": [GOOD_STATUS, GOOD_STATUS]},
    "a status that is the source host's own": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"status": "sent"}]},
    "an id that is a path": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"id": "../" * 10 + "ab"}]},
    "a day that is a time": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"day": TODAY + "T10:00"}]},
    "a status with a reply": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"reply": "e" * 32}]},
    "an unknown kind": {"candour_door": 1, "deliveries": [GOOD_STATUS | {"kind": "erase"}]},
    "a reply with nothing in it": {"candour_door": 1, "deliveries": [reply_delivery(new_source(), sealed="")]},
    "Base64 with another spelling": {"candour_door": 1, "deliveries": [reply_delivery(new_source(), sealed="YR==")]},
    "Base64 with a line end": {"candour_door": 1, "deliveries": [reply_delivery(new_source(), sealed="YWJj\n")]},
    "a reply too large": {
        "candour_door": 1,
        "deliveries": [reply_delivery(new_source(), sealed=base64.b64encode(bytes(LARGEST_SEALED_REPLY + 1)).decode())],
    },
}


@pytest.mark.parametrize("attack", BAD_DELIVERIES)
def test_a_document_that_breaks_a_rule_is_refused_whole(door: Caller, attack: str) -> None:
    """400, one word, and nothing changed."""
    document = BAD_DELIVERIES[attack]
    body = b"{not json" if document is None else json.dumps(document).encode()
    answer = door.ask("POST", "/v1/deliveries", body=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.data) == (400, b'{"error":"malformed"}')


def test_a_body_is_measured_before_it_is_read(door: Caller) -> None:
    """Too long, of unknown length, of another type: refused by its head alone."""
    json_type = {"Content-Type": "application/json"}
    assert raw_post(door, **json_type, Content_Length=str(LARGEST_DOCUMENT + 1)) == 413
    assert raw_post(door, **json_type, Content_Length="9" * 14) == 413
    assert raw_post(door, **json_type) == 411
    assert raw_post(door, **json_type, Transfer_Encoding="chunked") == 411
    assert raw_post(door, Content_Type="text/plain", Content_Length="2") == 400
    assert raw_post(door, Content_Type="multipart/form-data; boundary=x", Content_Length="2") == 400


def raw_post(caller: Caller, **headers: str) -> int:
    """Post a head without any body, and return the status of the answer."""
    host, _colon, port = caller.url.removeprefix("http://").partition(":")
    found = {"Host": host, "Connection": "close", **PASS}
    found |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in found.items())
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST /v1/confirm HTTP/1.1\r\n{head}\r\n".encode())
        with connection.makefile("rb") as file:
            return int(file.readline().split(b" ")[1])


def test_a_fault_inside_is_one_bland_answer(
    ground: DropGround, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback reaches the other side, and no value reaches the log."""
    source = new_source()
    ground.submit(b"letter", source=source)
    with ground.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE replies RENAME TO broken")
    answer = caller.post("/v1/deliveries", {"candour_door": 1, "deliveries": [reply_delivery(source)]})
    assert (answer.status, answer.data) == (500, b'{"error":"failed"}')
    assert [record.getMessage() for record in caplog.records if record.name.startswith("source")] == [
        "the door failed: OperationalError"
    ]
    assert ground.count("deliveries") == 0


def test_no_answer_may_be_kept_or_guessed_at(door: Caller) -> None:
    """Every answer of the door carries the common headers."""
    for path in ("/v1/waiting", "/nowhere"):
        headers = door.ask("GET", path).headers
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


BAD_TOKENS = {"missing": None, "empty": b"", "the token itself": TOKEN.encode(), "upper case": b"A" * 64}


@pytest.mark.parametrize("how", BAD_TOKENS)
def test_the_door_does_not_start_without_a_token_it_can_check(ground: DropGround, how: str) -> None:
    """A forgotten or damaged token must not become a door that nobody, or anybody, can open."""
    path = ground.folder / "door-token.sha256"
    path.unlink()
    content = BAD_TOKENS[how]
    if content is not None:
        write_private_file(path, content)
    with pytest.raises(FolderExposed):
        create_door(ground.folder)


def test_the_door_does_not_start_when_others_can_read_its_token(ground: DropGround) -> None:
    """A hash of 32 random bytes is no secret, but a folder that leaks one file leaks others."""
    (ground.folder / "door-token.sha256").chmod(0o644)
    with pytest.raises(FolderExposed):
        create_door(ground.folder)
