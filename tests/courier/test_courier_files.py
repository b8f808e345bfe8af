"""Files that go with replies, from the desk through the courier to the real door: each once, or its reply waits."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any

import pytest

from journalist_interface.courier_patience import Patience
from journalist_interface.door_client import DoorClient
from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from keys.statuses import Status
from store.desk import outbox
from store.desk.post_tables import outgoing_files
from store.drafts import Blob
from store.drop.inbox import read_inbox
from store.drop.intake import NewSource
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
    run,
    serving,
)

SIZE = 300_000


@pytest.fixture
def source(drop: DropGround) -> NewSource:
    """A source whose report was collected."""
    made = new_source()
    drop.submit(b"a letter", source=made)
    return made


def publish(desk: DeskGround, sealed: bytes) -> Blob:
    """Put a sealed copy where the courier finds it, as the desk does."""
    with desk.outgoing.draft() as draft:
        draft.file.write(sealed)
        blob = draft.seal_finished()
        desk.outgoing.publish([blob.id])
    desk.outgoing.settle([blob.id])
    return blob


def write(desk: DeskGround, source: NewSource, count: int = 2, reply: str = REPLY) -> list[Blob]:
    """Write a reply with files at the desk."""
    files = [publish(desk, secrets.token_bytes(SIZE + number)) for number in range(count)]
    desk.add_reply_item(reply)
    with desk.database.writing() as connection:
        address = reply_address(source.reply_key)
        outbox.add_reply(connection, address, TODAY, reply, Ciphertext(b"sealed reply"), files)
    return files


def there(drop: DropGround) -> dict[str, str]:
    """The files at the source host, by name, with their SHA-256; under no second name."""
    folder = drop.folder / "reply-files"
    assert list((folder / "incoming").iterdir()) == list((folder / "held").iterdir()) == []
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in (folder / "sealed").iterdir()}


def replies(drop: DropGround, source: NewSource) -> list[str]:
    """What the source finds."""
    return [reply.id for reply in read_inbox(drop.database, source.lookup_id).replies]


def check_delivered(drop: DropGround, desk: DeskGround, source: NewSource, files: list[Blob]) -> None:
    """Both hosts, when all is done: the files once, the reply once, and nothing left on the way."""
    assert there(drop) == {file.id: file.sha256 for file in files}
    assert read_inbox(drop.database, source.lookup_id).files == {file.id for file in files}
    assert replies(drop, source) == [REPLY]
    assert (desk.reply_state(REPLY), desk.count("outbox"), desk.count("outgoing_files")) == ("delivered", 0, 0)
    assert (desk.outgoing.published(), desk.count("outgoing_erasing")) == (set(), 0)


class Mortal(DoorClient):
    """The real client, whose process dies at a call, before it or after it was answered; it counts its calls."""

    def __init__(self, url: str, last: int = 0, when: str = "never") -> None:
        super().__init__(url, TOKEN)
        self.calls: list[str] = []
        self._last, self._when = last, when

    def _step(self, name: str, call: Any) -> bytes:
        self.calls.append(name)
        if len(self.calls) == self._last and self._when == "before":
            raise Death
        answer = bytes(call())
        if len(self.calls) == self._last:
            raise Death
        return answer

    def announce_files(self, document: bytes) -> bytes:
        """Die, or announce."""
        return self._step("announce", lambda: super(Mortal, self).announce_files(document))

    def bring_file(self, blob: str, size: int, source: IO[bytes], say: Any) -> bytes:
        """Die, or bring."""
        return self._step("bring", lambda: super(Mortal, self).bring_file(blob, size, source, say))

    def deliver(self, document: bytes) -> bytes:
        """Die, or deliver."""
        return self._step("deliver", lambda: super(Mortal, self).deliver(document))


class Death(BaseException):
    """The process is gone: nobody catches this."""


CALLS = ["announce", "bring", "bring", "deliver"]


def test_the_calls_of_a_run_are_those_that_are_killed_below(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource
) -> None:
    """A step added to a run must be added to the deaths."""
    files = write(desk, source)
    client = Mortal(url)
    assert run(desk, client).problems == []
    assert client.calls == CALLS
    check_delivered(drop, desk, source, files)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("last", range(1, len(CALLS) + 1))
def test_dying_at_any_call_brings_each_file_once(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource, last: int, when: str
) -> None:
    """What was brought is not brought again, and the reply never stands without its files."""
    files = write(desk, source)
    with pytest.raises(Death):
        run(desk, Mortal(url, last, when))
    if CALLS[last - 1] != "deliver":
        assert replies(drop, source) == []
    client = Mortal(url)
    assert run(desk, client).problems == []
    done = CALLS[: last - (when == "before")].count("bring")
    assert client.calls.count("bring") == (0 if done == 2 else 2 - done)
    check_delivered(drop, desk, source, files)


@dataclass
class _Breaking:
    """A file that stops in the middle, as when its reader is killed."""

    real: IO[bytes]
    left: int = field(default=100_000)

    def read(self, size: int) -> bytes:
        """The next piece, or death."""
        if self.left <= 0:
            raise Death
        self.left -= size
        return self.real.read(min(size, 50_000))


class Breaking(DoorClient):
    """The courier is killed in the middle of a body."""

    def bring_file(self, blob: str, size: int, source: IO[bytes], say: Any) -> bytes:
        """Send a part, and die."""
        return super().bring_file(blob, size, _Breaking(source), say)  # type: ignore[arg-type]


def test_dying_in_the_middle_of_a_file_leaves_nothing_half(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource
) -> None:
    """The door drops what had come; the next run brings the file from its beginning."""
    files = write(desk, source, 1)
    client = Breaking(url, TOKEN)
    with pytest.raises(Death):
        run(desk, client)
    client.close()
    assert run(desk, DoorClient(url, TOKEN)).problems == []
    check_delivered(drop, desk, source, files)


def test_a_file_that_is_sent_again_changes_nothing(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource
) -> None:
    """However often: it is read past, and answered as the first time."""
    [file] = write(desk, source, 1)
    with pytest.raises(Death):
        run(desk, Mortal(url, 2, "after"))
    before = there(drop)
    with closing(DoorClient(url, TOKEN)) as door:
        for _again in range(3):
            with desk.outgoing.path(file.id).open("rb") as content:
                assert b"kept" in door.bring_file(file.id, file.size, content, lambda _came: None)
    assert there(drop) == before


def test_a_reply_whose_file_is_lost_waits_and_holds_up_its_own_source_alone(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource
) -> None:
    """What was written later to the same source waits behind it, but for a withdrawal; others get theirs."""
    [file] = write(desk, source, 1)
    other = new_source()
    drop.submit(b"another letter", source=other)
    desk.add_reply_item("e2" * 16)
    with desk.database.writing() as connection:
        outbox.add_status(connection, reply_address(source.reply_key), TODAY, Status.QUESTION)
        outbox.add_withdrawal(connection, reply_address(source.reply_key), TODAY, "e3" * 16)
        outbox.add_reply(connection, reply_address(other.reply_key), TODAY, "e2" * 16, Ciphertext(b"for the other"))
    path = desk.outgoing.path(file.id)
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    report = run(desk, DoorClient(url, TOKEN))
    assert ["damaged or missing" in said for said in report.problems] == [True]
    assert (replies(drop, source), replies(drop, other), desk.count("outbox")) == ([], ["e2" * 16], 2)
    assert read_inbox(drop.database, source.lookup_id).status is not Status.QUESTION
    path.write_bytes(kept)
    assert run(desk, DoorClient(url, TOKEN)).problems == []
    assert (replies(drop, source), desk.count("outbox")) == ([REPLY], 0)
    assert read_inbox(drop.database, source.lookup_id).status is Status.QUESTION


def test_a_withdrawn_reply_takes_its_files_with_it_wherever_they_are(
    drop: DropGround, desk: DeskGround, url: str, source: NewSource
) -> None:
    """From the desk's folder, and from the source host where they had been brought already."""
    write(desk, source)
    with pytest.raises(Death):
        run(desk, Mortal(url, 4, "before"))
    assert len(there(drop)) == 2
    with desk.database.writing() as connection:
        outbox.add_withdrawal(connection, reply_address(source.reply_key), TODAY, REPLY)
    assert run(desk, DoorClient(url, TOKEN)).problems == []
    assert (there(drop), replies(drop, source), drop.count("reply_files")) == ({}, [], 0)
    assert (desk.outgoing.published(), desk.count("outgoing_files"), desk.reply_state(REPLY)) == (
        set(), 0, "withdrawn",
    )  # fmt: skip


def test_a_reply_for_nobody_brings_no_file(drop: DropGround, desk: DeskGround, url: str) -> None:
    """The source host does not know the source: nothing is sent, and the copies are erased here."""
    write(desk, new_source())
    client = Mortal(url)
    report = run(desk, client)
    assert (client.calls, report.undeliverable, there(drop)) == (["announce", "deliver"], 1, {})
    assert (desk.reply_state(REPLY), desk.outgoing.published(), desk.count("outgoing_files")) == ("unknown", set(), 0)


def test_a_full_source_host_is_told_before_a_byte_is_sent(
    drop: DropGround, desk: DeskGround, source: NewSource
) -> None:
    """The reply waits, in words; when there is room again, it goes."""
    files = write(desk, source)
    settings = drop.folder / "settings.json"
    settings.write_text('{"free_bytes_for_files": 1000000000000}')
    with serving(drop.app()) as url:
        client = Mortal(url)
        report = run(desk, client)
    assert "no room for the files" in report.problems[0]
    assert (client.calls, drop.count("reply_files"), desk.reply_state(REPLY)) == (["announce"], 0, "scheduled")
    settings.unlink()
    with serving(drop.app()) as url:
        assert run(desk, DoorClient(url, TOKEN)).problems == []
    check_delivered(drop, desk, source, files)


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
