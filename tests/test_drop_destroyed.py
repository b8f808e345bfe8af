"""A report that the desk destroyed, as the source host and the source find it; and a door that is too old to know."""

import json
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from journalist_interface import courier_rules
from journalist_interface.courier import Courier
from journalist_interface.door_client import DoorClient
from keys.ciphertext import Ciphertext
from keys.hpke import SecretKey
from keys.reply import reply_address
from keys.statuses import Status
from source_interface.status_words import show_status
from store.desk import outbox
from store.drop.collection import DESTROYED_KEPT_DAYS, forget_old
from store.drop.days import days_before
from store.drop.deliveries import Outcome, ReplyDelivery, StatusDelivery, apply_delivery
from store.drop.inbox import mark_read, read_inbox
from store.drop.intake import NewSource
from tests.courier.ground import TODAY, TOKEN, Asked, DropGround, RawDoor, make_desk_ground, make_drop_ground, serving
from tests.courier.test_courier_protocol_example import Nobody
from tests.drop_contents import is_known

SOURCE = NewSource(b"\x07" * 32, SecretKey(bytes(range(96))).public)
OTHER = NewSource(b"\x08" * 32, SecretKey(bytes(reversed(range(96)))).public)
ADDRESS = reply_address(SOURCE.reply_key)


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """A source host with two sources, each with a reply; nothing waits any more."""
    ground = make_drop_ground(tmp_path / "drop")
    for source in (SOURCE, OTHER):
        ground.submit(b"letter", source=source)
        delivery, reply_id = ("f0", "e0") if source is SOURCE else ("f1", "e1")
        address = reply_address(source.reply_key)
        reply = ReplyDelivery(delivery * 16, address, TODAY, reply_id * 16, Ciphertext(b"sealed"))
        assert apply_delivery(ground.database, reply, TODAY) is Outcome.APPLIED
    mark_read(ground.database, SOURCE.lookup_id, ("e0" * 16,))
    with ground.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM parts")
        connection.exec_driver_sql("DELETE FROM submissions")
    yield ground
    ground.database.close()


def destroyed(delivery: str = "aa" * 16) -> StatusDelivery:
    """The desk's word."""
    return StatusDelivery(delivery, ADDRESS, TODAY, Status.DESTROYED)


def test_every_answer_goes_with_it_and_none_comes_back(drop: DropGround) -> None:
    """Also one that the desk does not know of; nor is it told any more what became of them. The other source's stay."""
    assert apply_delivery(drop.database, destroyed(), TODAY) is Outcome.APPLIED
    inbox = read_inbox(drop.database, SOURCE.lookup_id)
    assert (inbox.status, inbox.status_day, inbox.replies) == (Status.DESTROYED, TODAY, ())
    assert drop.count("notices") == 0
    assert len(read_inbox(drop.database, OTHER.lookup_id).replies) == 1
    again = ReplyDelivery("bb" * 16, ADDRESS, TODAY, "e0" * 16, Ciphertext(b"sealed"))
    assert apply_delivery(drop.database, again, TODAY) is Outcome.ALREADY
    assert apply_delivery(drop.database, destroyed(), TODAY) is Outcome.ALREADY


def test_who_writes_again_is_heard_again(drop: DropGround) -> None:
    """A new case's answers come as any others."""
    apply_delivery(drop.database, destroyed(), TODAY)
    drop.submit(b"another letter", source=SOURCE)
    assert read_inbox(drop.database, SOURCE.lookup_id).waiting
    new = ReplyDelivery("bb" * 16, ADDRESS, TODAY, "cc" * 16, Ciphertext(b"sealed"))
    assert apply_delivery(drop.database, new, TODAY) is Outcome.APPLIED


def test_after_a_year_the_source_host_forgets_them(drop: DropGround) -> None:
    """Not a day sooner; not one who has written again; and nobody whose report was not destroyed."""
    apply_delivery(drop.database, destroyed(), TODAY)
    last = days_before(TODAY, -DESTROYED_KEPT_DAYS)
    forget_old(drop.database, last)
    assert is_known(drop.database, SOURCE.lookup_id)
    drop.submit(b"another letter", source=SOURCE)
    forget_old(drop.database, days_before(last, -1))
    assert is_known(drop.database, SOURCE.lookup_id)
    with drop.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM parts")
        connection.exec_driver_sql("DELETE FROM submissions")
    forget_old(drop.database, days_before(last, -1))
    assert not is_known(drop.database, SOURCE.lookup_id)
    assert is_known(drop.database, OTHER.lookup_id)
    drop.submit(b"from one who was forgotten", source=SOURCE)
    assert read_inbox(drop.database, SOURCE.lookup_id).status is Status.SENT


def test_the_courier_brings_the_word_over_the_real_road(drop: DropGround, tmp_path: Path) -> None:
    """Through the real door."""
    ground = make_desk_ground(tmp_path / "desk")
    with ground.database.writing() as connection:
        outbox.add_withdrawal(connection, ADDRESS, TODAY, "e0" * 16)
        outbox.add_status(connection, ADDRESS, TODAY, Status.DESTROYED)
    with serving(drop.app()) as url:
        report = Courier(ground.database, ground.post, ground.outgoing, DoorClient(url, TOKEN), Nobody()).run()
    assert (report.problems, report.delivered) == ([], 2)
    assert read_inbox(drop.database, SOURCE.lookup_id).status is Status.DESTROYED
    ground.database.close()


def test_a_door_of_before_takes_it_for_closed_and_holds_nothing_up(tmp_path: Path) -> None:
    """It refuses the document whole; the same deliveries follow in its own words, and the next ones after them."""
    ground = make_desk_ground(tmp_path / "desk")
    with ground.database.writing() as connection:
        ids = [
            outbox.add_withdrawal(connection, ADDRESS, TODAY, "e0" * 16),
            outbox.add_status(connection, ADDRESS, TODAY, Status.DESTROYED),
            outbox.add_status(connection, reply_address(OTHER.reply_key), TODAY, Status.PASSED_ON),
        ]
    posted: list[list[tuple[str, str | None]]] = []

    def answer(asked: Asked) -> Iterable[bytes]:
        body = b'{"candour_door":1,"submissions":[],"notices":[],"more":false}'
        status = b"200 OK"
        if asked.line.startswith("POST /v1/deliveries"):
            deliveries = json.loads(asked.body)["deliveries"]
            posted.append([(each["id"], each.get("status")) for each in deliveries])
            if any(each.get("status") == "destroyed" for each in deliveries):
                status, body = b"400 Bad Request", b'{"error":"malformed"}'
            else:
                told = [{"id": each["id"], "answer": "applied"} for each in deliveries]
                body = json.dumps({"candour_door": 1, "deliveries": told}).encode()
        elif asked.line.startswith(("GET /v1/room", "GET /v1/health")):
            status, body = b"404 Not Found", b'{"error":"not found"}'
        head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        yield head + b"Connection: close\r\n\r\n" + body

    raw = RawDoor(answer)
    with raw.serving() as url:
        report = Courier(ground.database, ground.post, ground.outgoing, DoorClient(url, TOKEN), Nobody()).run()
    assert (report.problems, report.delivered) == ([], 3)
    assert posted == [
        [(ids[0], None), (ids[1], "destroyed"), (ids[2], "passed-on")],
        [(ids[0], None), (ids[1], "closed"), (ids[2], "passed-on")],
    ]
    ground.database.close()


def test_only_the_word_that_is_new_is_put_into_older_ones() -> None:
    """Whatever else a door refuses, it is sent no second time."""
    plain = outbox.OutboxDelivery(secrets.token_hex(16), outbox.Kind.STATUS, ADDRESS, TODAY, status=Status.QUESTION)
    assert courier_rules.for_an_older_door([plain]) == (plain,)


def test_the_source_reads_it_in_plain_words() -> None:
    """What happened, and that they can write again."""
    shown = show_status(Status.DESTROYED)
    assert shown.title == "Destroyed"
    assert "your words, your files, and our answers" in shown.explanation
    assert "we start anew" in shown.following
