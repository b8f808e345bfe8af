"""Files that go with replies, from the desk through the courier to the real door: each once, or its reply waits."""

from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

from journalist_interface.door_client import DoorClient
from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from keys.statuses import Status
from store.desk import outbox
from store.drop.inbox import read_inbox
from store.drop.intake import NewSource
from tests.courier.ground import (
    REPLY,
    TODAY,
    TOKEN,
    DeskGround,
    DropGround,
    new_source,
    run,
    serving,
)
from tests.courier.replies_with_files import check_delivered, replies, there, write


@pytest.fixture
def source(drop: DropGround) -> NewSource:
    """A source whose report was collected."""
    made = new_source()
    drop.submit(b"a letter", source=made)
    return made


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
