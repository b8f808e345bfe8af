"""The courier dies at every step, and the next run does the rest: nothing is lost, nothing is doubled."""

import sys
from collections.abc import Callable
from typing import IO, Any

import pytest

from journalist_interface.courier import Courier
from journalist_interface.door_client import DoorClient
from keys.reply import reply_address
from keys.statuses import Status
from store.desk import outbox, parcels
from store.drop.inbox import read_inbox
from store.drop.intake import NewSource
from tests.courier.ground import (
    REPLY,
    TODAY,
    TOKEN,
    DeskGround,
    DropGround,
    Watching,
    new_source,
    post_reply,
    run,
)


class Death(BaseException):
    """The process is gone: nobody catches this."""


class Mortal(DoorClient):
    """The real client, whose process dies at the `last`-th call, before it or after it was answered."""

    def __init__(self, url: str, last: int, when: str) -> None:
        super().__init__(url, TOKEN)
        self.calls: list[str] = []
        self._last = last
        self._when = when

    def _step(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        dies = len(self.calls) == self._last
        if dies and self._when == "before":
            raise Death
        answer = call()
        if dies:
            raise Death
        return answer

    def list_waiting(self, after: str) -> bytes:
        """Die, or list."""
        return bytes(self._step("list", lambda: super(Mortal, self).list_waiting(after)))

    def confirm(self, document: bytes) -> bytes:
        """Die, or confirm."""
        return bytes(self._step("confirm", lambda: super(Mortal, self).confirm(document)))

    def deliver(self, document: bytes) -> bytes:
        """Die, or deliver."""
        return bytes(self._step("deliver", lambda: super(Mortal, self).deliver(document)))

    def fetch_blob(self, blob: str, size: int, sink: IO[bytes], say: Callable[[int], None]) -> None:
        """Die, or fetch."""
        self._step("fetch", lambda: super(Mortal, self).fetch_blob(blob, size, sink, say))


HONEST_CALLS = ["deliver", "list", "confirm", "fetch", "fetch", "confirm", "fetch", "confirm"]


def set_scene(drop: DropGround, desk: DeskGround) -> tuple[NewSource, set[str]]:
    """Put something on the road in each direction: two submissions, a reply, a notice of an earlier reply."""
    source = new_source()
    sent = {drop.submit(b"one", b"file", source=source).id, drop.submit(b"two", source=source).id}
    earlier = "e1" * 16
    post_reply(desk, source, earlier)
    with desk.database.writing() as connection:
        for delivery in outbox.waiting_deliveries(connection, 1):
            outbox.mark_done(connection, delivery, arrived=True)
        outbox.add_status(connection, reply_address(source.reply_key), TODAY, Status.QUESTION)
    post_reply(desk, source)
    with drop.database.writing() as connection:
        connection.exec_driver_sql(f"INSERT INTO notices VALUES ('{'9' * 32}', '{earlier}', 'read')")  # noqa: S608
    return source, sent


def check_scene(drop: DropGround, desk: DeskGround, source: NewSource, sent: set[str]) -> None:
    """Everything is where it belongs, exactly once, and nothing is left on the way."""
    with desk.database.reading() as connection:
        found = parcels.list_parcels(connection)
    assert {parcel.submission for parcel in found} == sent
    assert set(desk.files()) == {part.blob for parcel in found for part in parcel.parts}
    for parcel in found:
        assert all(desk.post.path(part.blob).stat().st_size == part.size for part in parcel.parts)
    assert (drop.blobs.published(), drop.count("submissions"), drop.count("notices")) == (set(), 0, 0)
    assert [reply.id for reply in read_inbox(drop.database, source.lookup_id).replies] == [REPLY]
    assert read_inbox(drop.database, source.lookup_id).status is Status.QUESTION
    assert (desk.reply_state(REPLY), desk.reply_state("e1" * 16), desk.count("outbox")) == ("delivered", "read", 0)
    assert list((desk.folder / "post" / "incoming").iterdir()) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("last", range(1, len(HONEST_CALLS) + 1))
def test_dying_at_any_call_loses_nothing_and_doubles_nothing(
    drop: DropGround, desk: DeskGround, url: str, last: int, when: str
) -> None:
    """Whatever was done when the courier died, the next run does the rest, once."""
    source, sent = set_scene(drop, desk)
    with pytest.raises(Death):
        run(desk, Mortal(url, last, when))
    assert run(desk, DoorClient(url, TOKEN)).problems == []
    check_scene(drop, desk, source, sent)


def test_the_calls_of_a_run_are_those_that_are_killed_above(drop: DropGround, desk: DeskGround, url: str) -> None:
    """A step added to a run must be added to the deaths."""
    source, sent = set_scene(drop, desk)
    client = Mortal(url, 0, "never")
    run(desk, client)
    assert sorted(client.calls) == sorted(HONEST_CALLS)
    check_scene(drop, desk, source, sent)


STORE_STEPS = (
    "store.blobs.sync_folder",
    "journalist_interface.courier.put_parcel",
    "journalist_interface.courier_delivering.mark_done",
    "journalist_interface.courier.move_reply",
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STORE_STEPS)
def test_dying_at_any_durable_step_of_our_own_loses_nothing(
    drop: DropGround, desk: DeskGround, url: str, step: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between publishing and recording, between recording and confirming: the next run sweeps and goes on."""
    source, sent = set_scene(drop, desk)
    with monkeypatch.context() as patch:
        module, _dot, name = step.rpartition(".")
        real = getattr(sys.modules[module], name)

        def die(*arguments: Any, **options: Any) -> None:
            if when == "after":
                real(*arguments, **options)
            raise Death

        patch.setattr(step, die)
        with pytest.raises(Death):
            run(desk, DoorClient(url, TOKEN))
    assert run(desk, DoorClient(url, TOKEN)).problems == []
    check_scene(drop, desk, source, sent)


def test_dying_in_the_middle_of_a_blob_leaves_nothing_behind(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Half a blob is never anything."""
    source, sent = set_scene(drop, desk)

    class Dying(Watching):
        def bytes_came(self, came: int, size: int) -> None:
            super().bytes_came(came, size)
            raise Death

    with pytest.raises(Death):
        Courier(desk.database, desk.post, desk.outgoing, DoorClient(url, TOKEN), Dying()).run()
    assert desk.files() == {}
    run(desk, DoorClient(url, TOKEN))
    check_scene(drop, desk, source, sent)
