"""Who has read a case since a letter came: out of the audit trail, which has every reading."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.desk.account_tables import audit
from store.desk.audit import Act


@dataclass(frozen=True)
class FirstRead:
    """A reader's user name, and when they first read the case after some moment, in Unix seconds."""

    username: str
    at: int


def first_readers(connection: Connection, reference: str, since: int) -> tuple[FirstRead, ...]:
    """Return who has read a case since a time in Unix seconds, the first one first."""
    first = func.min(audit.c.at).label("first")
    found = connection.execute(
        select(audit.c.actor, first)
        .where(audit.c.case_reference == reference, audit.c.act == Act.READ.value, audit.c.at >= since)
        .group_by(audit.c.actor)
        .order_by(first, audit.c.actor)
    )
    return tuple(FirstRead(row.actor, row.first) for row in found)
