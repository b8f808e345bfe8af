"""The outbox: what the courier has to take to the source host, and what became of it.

Rules:
- Deliveries leave in the order in which they were written. While one for a source is held up, because a file of its
  reply cannot be brought, what was written later to the same source waits behind it; but for withdrawals.
- The desk writes here inside its own transaction, so that a reply in a case and its delivery exist together or not.
- The state of a reply (`items.state`, where the item's id is the reply's id) only moves forward: an old answer of the
  source host that comes again never turns "read" back into "delivered".
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from keys.ciphertext import Ciphertext
from keys.statuses import Status
from store.desk.case_tables import items
from store.desk.outgoing import add_outgoing, drop_outgoing, outgoing_of
from store.desk.post_tables import outbox
from store.drafts import Blob


class Kind(StrEnum):
    """What a delivery does on the source host."""

    REPLY = "reply"
    STATUS = "status"
    WITHDRAW = "withdraw"


class ReplyState(StrEnum):
    """Where a reply is, as the desk shows it (`items.state`)."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    READ = "read"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"  # the source host does not know the source, or the reply came too late: it was not delivered


# From which states a reply may come into each.
_BEFORE = {
    ReplyState.DELIVERED: (ReplyState.SCHEDULED,),
    ReplyState.UNKNOWN: (ReplyState.SCHEDULED,),
    ReplyState.READ: (ReplyState.SCHEDULED, ReplyState.DELIVERED, ReplyState.UNKNOWN),
    ReplyState.DELETED: (ReplyState.SCHEDULED, ReplyState.DELIVERED, ReplyState.UNKNOWN, ReplyState.READ),
    ReplyState.WITHDRAWN: (ReplyState.SCHEDULED, ReplyState.DELIVERED, ReplyState.UNKNOWN, ReplyState.READ),
}


@dataclass(frozen=True)
class OutboxDelivery:
    """One delivery. A reply has `reply` and `sealed`, a withdrawal `reply`, a status `status`; the rest is None.

    `files` are those that go with a reply: they are in the folder of what is on its way.
    """

    id: str
    kind: Kind
    address: str
    day: str
    reply: str | None = None
    status: Status | None = None
    sealed: Ciphertext | None = field(default=None, repr=False)
    files: tuple[Blob, ...] = ()


def add_reply(
    connection: Connection, address: str, day: str, reply: str, sealed: Ciphertext, files: Sequence[Blob] = ()
) -> str:
    """Send a sealed reply to the source at `address`; return the delivery's id. `reply` is the item's id.

    `files` go with it; they are published already.
    """
    add_outgoing(connection, reply, files)
    return _add(connection, OutboxDelivery(_new_id(), Kind.REPLY, address, day, reply=reply, sealed=sealed))


def add_status(connection: Connection, address: str, day: str, status: Status) -> str:
    """Tell the source at `address` where the report stands; return the delivery's id."""
    return _add(connection, OutboxDelivery(_new_id(), Kind.STATUS, address, day, status=status))


def add_withdrawal(connection: Connection, address: str, day: str, reply: str) -> str:
    """Take a reply back from the source at `address`; return the delivery's id.

    The reply leaves the outbox if it is still in it. The withdrawal goes out all the same: the courier may have
    delivered the reply without having been able to say so.
    """
    connection.execute(delete(outbox).where(outbox.c.kind == Kind.REPLY.value, outbox.c.reply == reply))
    drop_outgoing(connection, reply)
    return _add(connection, OutboxDelivery(_new_id(), Kind.WITHDRAW, address, day, reply=reply))


def waiting_deliveries(connection: Connection, most: int, held_up: Collection[str] = ()) -> tuple[OutboxDelivery, ...]:
    """Return up to `most` deliveries, in the order in which they were written.

    Without those to the addresses of sources that are `held_up`; but with withdrawals to them.
    """
    free = or_(outbox.c.address.not_in(list(held_up)), outbox.c.kind == Kind.WITHDRAW.value)
    found = connection.execute(select(outbox).where(free).order_by(outbox.c.place).limit(most)).all()
    return tuple(
        OutboxDelivery(
            id=row.id,
            kind=Kind(row.kind),
            address=row.address,
            day=row.day,
            reply=row.reply,
            status=None if row.status is None else Status(row.status),
            sealed=row.sealed,
            files=outgoing_of(connection, row.reply) if row.kind == Kind.REPLY.value else (),
        )
        for row in found
    )


def mark_done(connection: Connection, delivery: OutboxDelivery, *, arrived: bool) -> None:
    """Take a delivery out of the outbox; its reply is delivered (or withdrawn) if it `arrived`, unknown if not."""
    connection.execute(delete(outbox).where(outbox.c.id == delivery.id))
    if delivery.reply is None:
        return
    if delivery.kind is Kind.WITHDRAW:
        # A source host that does not know the source shows it nothing either.
        move_reply(connection, delivery.reply, ReplyState.WITHDRAWN)
    else:
        drop_outgoing(connection, delivery.reply)
        move_reply(connection, delivery.reply, ReplyState.DELIVERED if arrived else ReplyState.UNKNOWN)


def move_reply(connection: Connection, reply: str, state: ReplyState) -> None:
    """Move a reply on to `state`, unless it is further on already or is no reply of this desk: then nothing changes."""
    before = [earlier.value for earlier in _BEFORE[state]]
    connection.execute(update(items).where(items.c.id == reply, items.c.state.in_(before)).values(state=state.value))


def _add(connection: Connection, delivery: OutboxDelivery) -> str:
    last = connection.execute(select(func.max(outbox.c.place))).scalar()
    connection.execute(
        insert(outbox).values(
            id=delivery.id,
            kind=delivery.kind.value,
            address=delivery.address,
            day=delivery.day,
            reply=delivery.reply,
            status=None if delivery.status is None else delivery.status.value,
            sealed=delivery.sealed,
            place=(last or 0) + 1,
        )
    )
    return delivery.id


def _new_id() -> str:
    return secrets.token_hex(16)
