"""Destroying a case: every sealed copy of its key, and every row that is of it, in one transaction.

- Which rows those are, the schema says: whatever refers to a case. A table that is added later is emptied too.
- The vault files go after the commit; the note of them is made in it (store.erasing), so that a crash leaves no file.
- What stays is what does not say whose it was: the ids of submissions that were opened, so that one which comes twice
  is one; and, until the courier was there, the deliveries that have the source host erase its part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, select

from keys.statuses import Status
from store.desk.case_tables import attachments, cases, items, vault_erasing
from store.desk.outbox import Kind, ReplyState, add_status, add_withdrawal
from store.desk.outgoing import drop_outgoing
from store.desk.post_tables import further_letters, outbox
from store.desk.stamps import next_stamp
from store.desk.tables import metadata
from store.erasing import note_erasing
from store.errors import Missing

# What the source host has no more, by what the desk was told.
_GONE_THERE = frozenset({ReplyState.DELETED.value, ReplyState.WITHDRAWN.value})


@dataclass(frozen=True)
class Doomed:
    """A case that is to be destroyed. `address` is its source's, if they wanted to come back.

    `is_all`: nothing that this source sent lives on in another case, as far as anybody who asked for this can know.
    """

    id: str
    reference: str
    address: str | None
    is_all: bool = True


def tables_of_a_case() -> tuple[Table, ...]:
    """Return every table with rows of a case, those that refer to others first; that of the cases is not among them."""
    return tuple(
        table
        for table in reversed(metadata.sorted_tables)
        if "case_id" in table.c and table.c.case_id.references(cases.c.id)
    )


def find_doomed(connection: Connection, case_id: str) -> Doomed:
    """Return a case by its id, for whoever was found to have a say in its end. Raises Missing."""
    row = connection.execute(
        select(cases.c.id, cases.c.reference, cases.c.address).where(cases.c.id == case_id)
    ).first()
    if row is None:
        raise Missing("no such case")
    return Doomed(row.id, row.reference, row.address)


def has_further_letter(connection: Connection, case_id: str) -> bool:
    """Tell whether a further letter of this case is known to wait in the post."""
    noted = select(further_letters.c.holder).where(further_letters.c.case_id == case_id)
    return connection.execute(noted).first() is not None


def destroy_case(connection: Connection, doomed: Doomed, day: str) -> None:
    """Erase everything of a case, and have the source host told. `day` is YYYY-MM-DD.

    For the transaction with its record; `finish_erasing` of the vault, and emptying the log, after that is committed.
    """
    _tell_source_host(connection, doomed, day)
    for reply in _replies(connection, doomed):
        # What was on its way; of a case that was split off too, whose address is another's.
        connection.execute(delete(outbox).where(outbox.c.kind == Kind.REPLY.value, outbox.c.reply == reply))
        drop_outgoing(connection, reply)
    files = select(attachments.c.id).where(attachments.c.case_id == doomed.id)
    note_erasing(connection, vault_erasing, connection.execute(files).scalars().all())
    for table in tables_of_a_case():
        connection.execute(delete(table).where(table.c.case_id == doomed.id))
    connection.execute(delete(cases).where(cases.c.id == doomed.id))
    # Whoever keeps a list in memory sees by the number of cases that one is gone; nobody's stamp may be this one's.
    next_stamp(connection)


def _replies(connection: Connection, doomed: Doomed) -> Sequence[str]:
    sent = select(items.c.id).where(items.c.case_id == doomed.id, items.c.state.is_not(None))
    return connection.execute(sent).scalars().all()


def _tell_source_host(connection: Connection, doomed: Doomed, day: str) -> None:
    if doomed.address is None:
        return
    if doomed.is_all:
        connection.execute(delete(outbox).where(outbox.c.address == doomed.address))
    sent = select(items.c.id, items.c.state).where(items.c.case_id == doomed.id, items.c.state.is_not(None))
    for row in connection.execute(sent.order_by(items.c.position)).all():
        if row.state not in _GONE_THERE:
            # One by one: a door from before there was the status below erases them too.
            add_withdrawal(connection, doomed.address, day, row.id)
    # To be told that all is destroyed while copies live on would be untrue: then the answers of this case go, and its
    # source reads what they read before.
    if doomed.is_all:
        add_status(connection, doomed.address, day, Status.DESTROYED)
