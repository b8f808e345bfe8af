"""The door, served for real on loopback: who may come in, what it lists, what it erases, what it applies once."""

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from sqlalchemy import delete, insert, select, update

from keys.ciphertext import Ciphertext
from keys.reply import LARGEST_SEALED_REPLY, reply_address
from source_interface.door_app import create_door
from source_interface.door_messages import LARGEST_DOCUMENT
from store.drop import tables as drop
from store.drop.collection import forget_old
from store.drop.deliveries import Outcome, ReplyDelivery, apply_delivery
from store.drop.inbox import delete_reply, read_inbox
from store.drop.intake import NewSource, find_sent
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.courier.ground import TODAY, TOKEN, DropGround, make_drop_ground, new_source, serving

PASS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[DropGround]:
    """An empty source host."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@dataclass(frozen=True)
class Caller:
    """Somebody who holds the token."""

    url: str

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send one request."""
        headers = {**PASS, **options.pop("headers", {})}
        return urllib3.request(method, self.url + path, headers=headers, retries=False, redirect=False, **options)

    def post(self, path: str, document: object) -> urllib3.BaseHTTPResponse:
        """Post a document."""
        body = json.dumps(document).encode()
        return self.ask("POST", path, body=body, headers={"Content-Type": "application/json"})

    def deliver(self, *deliveries: dict[str, Any]) -> list[str]:
        """Post deliveries and return the answers."""
        answer = self.post("/v1/deliveries", {"candour_door": 1, "deliveries": deliveries})
        assert answer.status == 200, answer.data
        return [one["answer"] for one in answer.json()["deliveries"]]


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


def reply_delivery(source: NewSource, **changes: Any) -> dict[str, Any]:
    """Spell a reply to a source."""
    return {
        "id": "d0" * 16,
        "kind": "reply",
        "address": reply_address(source.reply_key),
        "day": TODAY,
        "reply": "e0" * 16,
        "sealed": base64.b64encode(b"sealed").decode(),
    } | changes


def confirm_document(submission: str, blobs: dict[str, str]) -> dict[str, Any]:
    """Spell the confirmation of one submission."""
    parts = [{"blob": blob, "sha256": sha256} for blob, sha256 in blobs.items()]
    return {"candour_door": 1, "submissions": [{"id": submission, "parts": parts}], "notices": []}


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


def test_the_list_shows_what_is_sealed_and_never_whose_it_is(ground: DropGround, caller: Caller) -> None:
    """Neither the lookup id nor the reply key nor the address of a source stands in the list."""
    source = new_source()
    sent = ground.submit(b"letter", b"attachment", source=source)
    answer = caller.ask("GET", "/v1/waiting")
    (listed,) = answer.json()["submissions"]
    assert listed["id"] == sent.id
    assert [part["kind"] for part in listed["parts"]] == ["letter", "attachment"]
    assert [part["sha256"] for part in listed["parts"]] == [sent.letter.sha256, sent.attachments[0].sha256]
    for secret in (source.lookup_id.hex(), source.reply_key.hex(), reply_address(source.reply_key)):
        assert secret not in answer.data.decode()


def test_pages_hold_everything_once(ground: DropGround, caller: Caller) -> None:
    """Submissions and notices share one cursor: whatever the page size, nothing is missed and nothing comes twice."""
    sent = {ground.submit(b"letter").id for _each in range(5)}
    notices = {f"{number:032x}" for number in range(0, 1 << 128, 1 << 126)}
    with ground.database.writing() as connection:
        connection.execute(insert(drop.notices), [{"id": one, "reply": "a" * 32, "what": "read"} for one in notices])
    for limit in (1, 2, 3, 100):
        found: list[str] = []
        after, more = "", True
        while more:
            page = caller.ask("GET", f"/v1/waiting?{after}limit={limit}").json()
            ids = [one["id"] for one in page["submissions"]] + [one["id"] for one in page["notices"]]
            assert len(ids) <= limit
            found += ids
            after, more = f"after={max(ids)}&", page["more"]
        assert sorted(found) == sorted(sent | notices)


BAD_QUERIES = ("limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "after=x", "who=me",
               "after=" + "A" * 32, "limit=٣")  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_strange_question_is_malformed(door: Caller, query: str) -> None:
    """Each parameter has one spelling, and stands once."""
    assert door.ask("GET", f"/v1/waiting?{query}").status == 400


def test_a_blob_comes_whole_or_from_any_byte(ground: DropGround, caller: Caller) -> None:
    """What a broken connection left out can be asked for alone."""
    sealed = bytes(range(256)) * 4_000
    sent = ground.submit(sealed)
    path = f"/v1/blobs/{sent.letter.id}"
    assert caller.ask("GET", path).data == sealed
    for start, end in ((0, None), (1, None), (len(sealed) - 1, None), (5, 9), (300_000, 10**9)):
        answer = caller.ask("GET", path, headers={"Range": f"bytes={start}-{'' if end is None else end}"})
        wanted = sealed[start : None if end is None else end + 1]
        assert (answer.status, answer.data) == (206, wanted)
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(sealed)}"


BAD_RANGES = ("bytes=6-", "bytes=9-2", "bytes=-3", "bytes=0-1,3-4", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0x1-",
              "bytes=" + "9" * 30 + "-", "")  # fmt: skip


@pytest.mark.parametrize("asked", BAD_RANGES)
def test_a_strange_range_is_refused_with_the_size(door: Caller, asked: str) -> None:
    """One range inside the blob, or none."""
    blob = door.ask("GET", "/v1/waiting").json()["submissions"][0]["parts"][0]["blob"]
    answer = door.ask("GET", f"/v1/blobs/{blob}", headers={"Range": asked})
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */6")


def test_only_what_waits_can_be_fetched(ground: DropGround, caller: Caller) -> None:
    """A blob that no row names, a name that is a path, and a file that is gone are all not found."""
    unnamed = ground.publish(b"published, and no row yet")
    lost = ground.submit(b"its file will be gone")
    ground.blobs.erase([lost.letter.id])
    for name in (unnamed.id, lost.letter.id, "0" * 32, "..%2f..%2fpepper", "../../pepper", "A" * 32, "", "a" * 31):
        answer = caller.ask("GET", f"/v1/blobs/{name}")
        assert (answer.status, answer.data) == (404, b'{"error":"not found"}'), name


def test_confirming_erases_rows_and_files_and_tells_the_source(ground: DropGround, caller: Caller) -> None:
    """After it nothing is left but the source's lookup id, reply key and status."""
    source = new_source()
    sent = ground.submit(b"letter", b"attachment", source=source)
    blobs = {blob.id: blob.sha256 for blob in (sent.letter, *sent.attachments)}
    answers = [caller.post("/v1/confirm", confirm_document(sent.id, blobs)).json() for _twice in range(2)]
    assert [answer["submissions"][0]["answer"] for answer in answers] == ["erased", "gone"]
    assert [ground.count(table) for table in ("submissions", "parts", "sources")] == [0, 0, 1]
    assert ground.blobs.published() == set()
    inbox = read_inbox(ground.database, source.lookup_id)
    assert (inbox.status.value, inbox.status_day, inbox.waiting) == ("collected", TODAY, False)


def test_a_source_is_not_told_collected_while_more_of_theirs_waits(ground: DropGround, caller: Caller) -> None:
    """The status is a promise about all they sent."""
    source = new_source()
    both = [ground.submit(b"letter", source=source) for _each in range(2)]
    statuses = []
    for sent in both:
        caller.post("/v1/confirm", confirm_document(sent.id, {sent.letter.id: sent.letter.sha256}))
        statuses.append(read_inbox(ground.database, source.lookup_id).status.value)
    assert statuses == ["sent", "collected"]


def test_confirming_does_not_undo_what_the_desk_has_set(ground: DropGround, caller: Caller) -> None:
    """Only "sent" becomes "collected"."""
    source = new_source()
    sent = ground.submit(b"letter", source=source)
    caller.deliver({"id": "1" * 32, "kind": "status", "address": reply_address(source.reply_key), "day": TODAY,
                    "status": "question"})  # fmt: skip
    caller.post("/v1/confirm", confirm_document(sent.id, {sent.letter.id: sent.letter.sha256}))
    assert read_inbox(ground.database, source.lookup_id).status.value == "question"


FORGETFUL = ("a SHA-256 is wrong", "a blob is missing", "a blob is too many", "nothing is named")


@pytest.mark.parametrize("how", FORGETFUL)
def test_nothing_is_erased_that_was_not_named_exactly(ground: DropGround, caller: Caller, how: str) -> None:
    """A courier that holds something else must not make the only good copy go."""
    sent = ground.submit(b"letter", b"attachment")
    blobs = {blob.id: blob.sha256 for blob in (sent.letter, *sent.attachments)}
    named = {
        "a SHA-256 is wrong": blobs | {sent.letter.id: "0" * 64},
        "a blob is missing": {sent.letter.id: sent.letter.sha256},
        "a blob is too many": blobs | {"0" * 32: "0" * 64},
        "nothing is named": {},
    }[how]
    answer = caller.post("/v1/confirm", confirm_document(sent.id, named)).json()
    assert answer["submissions"] == [{"id": sent.id, "answer": "differs"}]
    assert ground.count("parts") == 2
    assert ground.blobs.published() == set(blobs)


def test_a_reply_arrives_once_however_often_it_is_sent(ground: DropGround, caller: Caller) -> None:
    """Sent again, alone or under another delivery's name, it changes nothing."""
    source = new_source()
    ground.submit(b"letter", source=source)
    first = reply_delivery(source)
    assert caller.deliver(first) == ["applied"]
    assert caller.deliver(first) == ["already"]
    assert caller.deliver(reply_delivery(source, id="d1" * 16)) == ["already"]
    (reply,) = read_inbox(ground.database, source.lookup_id).replies
    assert (reply.id, bytes(reply.sealed), reply.read) == ("e0" * 16, b"sealed", False)


@pytest.mark.parametrize("delivery", ["d0" * 16, "d1" * 16])
def test_a_reply_that_its_source_deleted_never_comes_back(ground: DropGround, caller: Caller, delivery: str) -> None:
    """Neither the same delivery nor a new one with the same reply brings it back."""
    source = new_source()
    ground.submit(b"letter", source=source)
    caller.deliver(reply_delivery(source))
    delete_reply(ground.database, source.lookup_id, "e0" * 16)
    assert caller.deliver(reply_delivery(source, id=delivery)) == ["already"]
    assert read_inbox(ground.database, source.lookup_id).replies == ()


def test_a_withdrawn_reply_never_appears_even_if_it_comes_late(ground: DropGround, caller: Caller) -> None:
    """The withdrawal is remembered by the reply's id."""
    source = new_source()
    ground.submit(b"letter", source=source)
    withdrawal = reply_delivery(source, id="d2" * 16, kind="withdraw")
    del withdrawal["sealed"]
    assert caller.deliver(withdrawal, reply_delivery(source)) == ["applied", "already"]
    assert caller.deliver(withdrawal) == ["already"]
    assert read_inbox(ground.database, source.lookup_id).replies == ()


def test_a_withdrawal_reaches_only_the_source_it_is_for(ground: DropGround, caller: Caller) -> None:
    """Another source's reply with that id stays."""
    source, other = new_source(), new_source()
    for each in (source, other):
        ground.submit(b"letter", source=each)
    caller.deliver(reply_delivery(source))
    withdrawal = reply_delivery(other, id="d2" * 16, kind="withdraw")
    del withdrawal["sealed"]
    assert caller.deliver(withdrawal) == ["applied"]
    assert len(read_inbox(ground.database, source.lookup_id).replies) == 1


def test_an_unknown_source_is_said_to_be_unknown_every_time(caller: Caller) -> None:
    """It is not remembered: should the source turn up, the delivery is still good."""
    assert [caller.deliver(reply_delivery(new_source())) for _twice in range(2)] == [["unknown source"]] * 2


def test_a_delivery_is_remembered_for_as_long_as_it_would_be_taken(ground: DropGround) -> None:
    """On no day is a deleted reply both forgotten and welcome."""
    source = new_source()
    ground.submit(b"letter", source=source)
    made = ReplyDelivery("d0" * 16, reply_address(source.reply_key), TODAY, "e0" * 16, Ciphertext(b"sealed"))
    assert apply_delivery(ground.database, made, TODAY) is Outcome.APPLIED
    delete_reply(ground.database, source.lookup_id, made.reply)
    for later in ("2026-11-21", "2027-02-13", "2027-02-14", "2027-02-18", "2027-02-19", "2027-12-31"):
        forget_old(ground.database, later)
        again = apply_delivery(ground.database, replace(made, id="d3" * 16), later)
        assert again is (Outcome.ALREADY if later <= "2027-02-13" else Outcome.TOO_OLD), later
    assert ground.count("deliveries") == 0
    assert read_inbox(ground.database, source.lookup_id).replies == ()


def test_forms_are_forgotten_after_a_week_and_no_sooner(ground: DropGround) -> None:
    """A form sent again within a week is the same submission; after it, not even its id is kept."""
    sent = ground.submit(b"letter")
    forget_old(ground.database, "2026-11-27")
    assert find_sent(ground.database, sent.form.id) == sent.form.content
    forget_old(ground.database, "2026-11-28")
    assert find_sent(ground.database, sent.form.id) is None


def test_the_first_page_of_a_collection_forgets_what_is_old(ground: DropGround, caller: Caller) -> None:
    """Nobody has to remember to forget."""
    sent = ground.submit(b"letter")
    with ground.database.writing() as connection:
        connection.execute(update(drop.sent_forms).values(day="2026-11-01"))
    caller.ask("GET", "/v1/waiting")
    assert find_sent(ground.database, sent.form.id) is None


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


def test_a_crash_between_rows_and_files_leaves_nothing_that_can_be_fetched(ground: DropGround, caller: Caller) -> None:
    """Rows go first: a file that outlives them is out of reach until it is swept."""
    sent = ground.submit(b"letter")
    with ground.database.writing() as connection:
        connection.execute(delete(drop.parts))
        connection.execute(delete(drop.submissions))
        assert connection.execute(select(drop.submissions)).all() == []
    assert caller.ask("GET", f"/v1/blobs/{sent.letter.id}").status == 404
