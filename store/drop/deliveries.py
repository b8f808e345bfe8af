"""What the desk sends to a source, applied exactly once however often it arrives.

Rules:
- The id of a delivery is remembered in the transaction that applies it. Sent again, it changes nothing.
- The id of a reply is remembered too, by the delivery that brings it and by the one that withdraws it: a reply that its
  source deleted, or that was withdrawn, never comes back, not even inside another delivery.
- A reply comes after its files (store.drop.reply_files): while one of them is not here, it does not come.
- When the desk has destroyed a report, every answer that lies here goes with it; the source finds that it happened.
- When the desk has shut an inbox (store.drop.shut), every answer goes too, and none comes to it any more.
- What is remembered is forgotten one day (store.drop.collection), so a delivery older than that memory is refused.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, insert, select, update

from keys.ciphertext import Ciphertext
from keys.memo import no_answers
from keys.statuses import Status
from store.database import Database
from store.drop.days import days_before
from store.drop.reply_files import are_here, count_from, erase_files_of, erase_files_of_source
from store.drop.shut import IS_OPEN
from store.drop.tables import deliveries, notices, replies, sources

# What takes every answer away with it.
_ENDS = frozenset({Status.DESTROYED, Status.SHUT})

# Less than the 90 days for which deliveries are remembered; the rest is room for two clocks that differ.
OLDEST_DELIVERY_DAYS = 85


@dataclass(frozen=True)
class ReplyDelivery:
    """A reply for the source at `address`, sealed to it. `day` is the day it was written, YYYY-MM-DD.

    `files` are the names of the files that go with it.
    """

    id: str
    address: str
    day: str
    reply: str
    sealed: Ciphertext = field(repr=False)
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatusDelivery:
    """Where the report of the source at `address` stands from `day` on."""

    id: str
    address: str
    day: str
    status: Status


@dataclass(frozen=True)
class Withdrawal:
    """A reply that the source at `address` is not to see any more."""

    id: str
    address: str
    day: str
    reply: str


Delivery = ReplyDelivery | StatusDelivery | Withdrawal


class Outcome(StrEnum):
    """What became of a delivery."""

    APPLIED = "applied"
    ALREADY = "already"
    UNKNOWN_SOURCE = "unknown source"
    TOO_OLD = "too old"
    FILES_MISSING = "files missing"  # nothing was changed: bring them, then send it again


def apply_delivery(database: Database, delivery: Delivery, today: str) -> Outcome:
    """Apply a delivery once, durably, before this returns. `today` is YYYY-MM-DD."""
    if delivery.day < days_before(today, OLDEST_DELIVERY_DAYS):
        return Outcome.TOO_OLD
    # What is withdrawn or destroyed must go, however full the disk is.
    begin = database.erasing if _erases(delivery) else database.writing
    with begin() as connection:
        if _remembered(connection, delivery.id):
            return Outcome.ALREADY
        lookup_id = connection.execute(
            select(sources.c.lookup_id).where(sources.c.address == delivery.address, IS_OPEN)
        ).scalar_one_or_none()
        if lookup_id is None:
            return Outcome.UNKNOWN_SOURCE
        if isinstance(delivery, ReplyDelivery) and _lacks_files(connection, lookup_id, delivery):
            return Outcome.FILES_MISSING
        _remember(connection, delivery.id, today)
        return _apply(connection, lookup_id, delivery, today)


def _erases(delivery: Delivery) -> bool:
    if isinstance(delivery, StatusDelivery):
        return delivery.status in _ENDS
    return isinstance(delivery, Withdrawal)


def _apply(connection: Connection, lookup_id: bytes, delivery: Delivery, today: str) -> Outcome:
    match delivery:
        case StatusDelivery():
            connection.execute(
                update(sources)
                .where(sources.c.lookup_id == lookup_id)
                .values(status=delivery.status.value, status_day=delivery.day)
            )
            if delivery.status in _ENDS:
                _erase_replies(connection, lookup_id, today)
        case Withdrawal():
            connection.execute(delete(replies).where(replies.c.id == delivery.reply, replies.c.lookup_id == lookup_id))
            erase_files_of(connection, lookup_id, delivery.reply)
            if not _remembered(connection, delivery.reply):
                _remember(connection, delivery.reply, today)
        case ReplyDelivery():
            return _add_reply(connection, lookup_id, delivery, today)
    return Outcome.APPLIED


def _erase_replies(connection: Connection, lookup_id: bytes, today: str) -> None:
    """Erase every answer to a source, and what the desk has not been told of them; none of them comes back."""
    theirs = connection.execute(select(replies.c.id).where(replies.c.lookup_id == lookup_id)).scalars().all()
    connection.execute(delete(notices).where(notices.c.reply.in_(theirs)))
    connection.execute(delete(replies).where(replies.c.lookup_id == lookup_id))
    erase_files_of_source(connection, lookup_id)
    for reply in theirs:
        if not _remembered(connection, reply):
            _remember(connection, reply, today)


def _add_reply(connection: Connection, lookup_id: bytes, delivery: ReplyDelivery, today: str) -> Outcome:
    there = connection.execute(select(exists().where(replies.c.id == delivery.reply))).scalar()
    # A delivery may carry the id of its reply as its own: that one was remembered a moment ago.
    if there or (delivery.reply != delivery.id and _remembered(connection, delivery.reply)):
        return Outcome.ALREADY
    connection.execute(
        insert(replies).values(
            id=delivery.reply,
            lookup_id=lookup_id,
            sealed=delivery.sealed,
            day=delivery.day,
            read=False,
            answers=no_answers(),
        )
    )
    if delivery.reply != delivery.id:
        _remember(connection, delivery.reply, today)
    count_from(connection, delivery.reply, today)
    return Outcome.APPLIED


def _lacks_files(connection: Connection, lookup_id: bytes, delivery: ReplyDelivery) -> bool:
    if not delivery.files or _remembered(connection, delivery.reply):
        return False
    return not are_here(connection, lookup_id, delivery.reply, delivery.files)


def _remembered(connection: Connection, some_id: str) -> bool:
    return bool(connection.execute(select(exists().where(deliveries.c.id == some_id))).scalar())


def _remember(connection: Connection, some_id: str, today: str) -> None:
    connection.execute(insert(deliveries).values(id=some_id, day=today))
