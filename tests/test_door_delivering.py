"""What the door applies, once: replies, the withdrawal of a reply, and for how long it remembers each."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from store.drop.collection import forget_old
from store.drop.deliveries import Outcome, ReplyDelivery, apply_delivery
from store.drop.inbox import delete_reply, read_inbox
from tests.courier.ground import TODAY, DropGround, make_drop_ground, new_source, serving
from tests.door_caller import Caller, reply_delivery


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
