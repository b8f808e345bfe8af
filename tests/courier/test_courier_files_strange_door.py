"""A door that is older, hostile, forgetful or hangs when files are brought: the reply stays where it is."""

from collections.abc import Iterable, Iterator

import pytest

from journalist_interface.courier_patience import Patience
from journalist_interface.door_client import DoorClient
from store.desk.post_tables import outgoing_files
from tests.courier.ground import (
    REPLY,
    TOKEN,
    Asked,
    DeskGround,
    RawDoor,
    http,
    new_source,
    run,
)
from tests.courier.replies_with_files import write

ANSWERS: dict[str, tuple[bytes | list[bytes], str]] = {
    "an older door": (http(b'{"error":"not found"}', status="404 Not Found"), "older version"),
    "another file's name": (b"differs", "another file under the name"),
    "a word that is none": (b"perhaps", "not one of the words"),
    "an answer too few": (http(b'{"candour_door":1,"files":[]}'), "not those to what was sent"),
    "a field too many": (http(b'{"candour_door":1,"files":[],"more":true}'), "refused"),
    "HTML": (http(b"<html>", kind="text/html"), "not JSON"),
    "a fault": (http(b'{"error":"failed"}', status="500 Internal Server Error"), "HTTP status 500"),
    "a redirect": (http(b"", status="307 Temporary Redirect", Location="/v1/files"), "HTTP status 307"),
    "an endless answer": (http(b"{}", Content_Length="99999999999"), "longer than"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_older_or_hostile_door_keeps_the_reply_where_it_is(desk: DeskGround, what: str) -> None:
    """Nothing is sent but the announcement; people are told; the run goes on with what sources have sent."""
    answer, told = ANSWERS[what]
    [file] = write(desk, new_source(), 1)

    def door(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/v1/files":
            if isinstance(answer, bytes):
                return http(b'{"candour_door":1,"files":[{"id":"%b","answer":"%b"}]}' % (file.id.encode(), answer))
            return answer
        if asked.path == "/v1/health":
            return http(b'{"error":"not found"}', status="404 Not Found")
        if asked.path == "/v1/room":
            return http(b'{"candour_door":1,"room":"files and text"}')
        return http(b'{"candour_door":1,"submissions":[],"notices":[],"more":false}')

    raw = RawDoor(door)
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN))
    assert len(report.problems) == 1
    assert told in report.problems[0]
    assert [asked.path.partition("?")[0] for asked in raw.asked] == [
        "/v1/files",
        "/v1/waiting",
        "/v1/room",
        "/v1/health",
    ]
    assert (desk.reply_state(REPLY), desk.count("outgoing_files")) == ("scheduled", 1)
    assert desk.outgoing.published() == {file.id}


KEPT = {
    "another word": b'{"candour_door":1,"files":[{"id":"%b","answer":"here"}]}',
    "another file": b'{"candour_door":1,"files":[{"id":"00000000000000000000000000000000","answer":"kept"}]}',
    "no file": b'{"candour_door":1,"files":[]}',
}


@pytest.mark.parametrize("what", KEPT)
def test_a_door_that_does_not_say_that_it_keeps_a_file_gets_no_reply(desk: DeskGround, what: str) -> None:
    """The reply is not delivered on a word that is not the one."""
    [file] = write(desk, new_source(), 1)

    def door(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/v1/files":
            return http(b'{"candour_door":1,"files":[{"id":"%b","answer":"send"}]}' % file.id.encode())
        if asked.path.startswith("/v1/files/"):
            said = KEPT[what]
            return http(said % file.id.encode() if b"%b" in said else said)
        if asked.path == "/v1/health":
            return http(b'{"error":"not found"}', status="404 Not Found")
        if asked.path == "/v1/room":
            return http(b'{"candour_door":1,"room":"files and text"}')
        return http(b'{"candour_door":1,"submissions":[],"notices":[],"more":false}')

    raw = RawDoor(door)
    with raw.serving() as url:
        assert len(run(desk, DoorClient(url, TOKEN)).problems) == 1
    assert not any(asked.path == "/v1/deliveries" for asked in raw.asked)
    assert desk.reply_state(REPLY) == "scheduled"


def test_a_door_that_lost_a_file_does_not_keep_the_courier_in_a_circle(desk: DeskGround) -> None:
    """Every file is here, it says, and then that one is missing: the reply waits for the next run."""
    [file] = write(desk, new_source(), 1)

    def door(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/v1/files":
            return http(b'{"candour_door":1,"files":[{"id":"%b","answer":"here"}]}' % file.id.encode())
        if asked.path == "/v1/deliveries":
            sent = asked.body.partition(b'"id":"')[2][:32]
            return http(b'{"candour_door":1,"deliveries":[{"id":"%b","answer":"files missing"}]}' % sent)
        if asked.path == "/v1/health":
            return http(b'{"error":"not found"}', status="404 Not Found")
        if asked.path == "/v1/room":
            return http(b'{"candour_door":1,"room":"files and text"}')
        return http(b'{"candour_door":1,"submissions":[],"notices":[],"more":false}')

    raw = RawDoor(door)
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN))
    assert len(report.problems) == 1
    assert [asked.path for asked in raw.asked].count("/v1/deliveries") == 1
    assert (desk.reply_state(REPLY), desk.count("outbox")) == ("scheduled", 1)


def test_a_door_that_hangs_in_the_middle_of_a_file_ends_the_run_in_time(desk: DeskGround) -> None:
    """The patience is that of a blob: a second for every so many bytes, and no more."""
    [file] = write(desk, new_source(), 1)

    def silent() -> Iterator[bytes]:
        yield b""
        raise OSError("it hangs up")

    def door(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/v1/files":
            return http(b'{"candour_door":1,"files":[{"id":"%b","answer":"send"}]}' % file.id.encode())
        return silent()

    raw = RawDoor(door)
    patience = Patience(connect=2, silence=1, document=1, least_speed=1_000_000)
    with raw.serving() as url:
        assert len(run(desk, DoorClient(url, TOKEN, patience)).problems) == 1
    assert desk.reply_state(REPLY) == "scheduled"
    with desk.database.reading() as connection:
        assert len(connection.execute(outgoing_files.select()).all()) == 1
