"""What the door lists and hands out, and what it erases once the courier has confirmed it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from keys.reply import reply_address
from store.drop import tables as drop
from store.drop.collection import forget_old
from store.drop.inbox import read_inbox
from store.drop.intake import find_sent
from tests.courier.ground import TODAY, DropGround, make_drop_ground, new_source, serving
from tests.door_caller import Caller


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


def confirm_document(submission: str, blobs: dict[str, str]) -> dict[str, Any]:
    """Spell the confirmation of one submission."""
    parts = [{"blob": blob, "sha256": sha256} for blob, sha256 in blobs.items()]
    return {"candour_door": 1, "submissions": [{"id": submission, "parts": parts}], "notices": []}


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


def test_a_crash_between_rows_and_files_leaves_nothing_that_can_be_fetched(ground: DropGround, caller: Caller) -> None:
    """Rows go first: a file that outlives them is out of reach until it is swept."""
    sent = ground.submit(b"letter")
    with ground.database.writing() as connection:
        connection.execute(delete(drop.parts))
        connection.execute(delete(drop.submissions))
        assert connection.execute(select(drop.submissions)).all() == []
    assert caller.ask("GET", f"/v1/blobs/{sent.letter.id}").status == 404
