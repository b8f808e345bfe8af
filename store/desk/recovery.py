"""Every case's copy of its key for the recovery key, and the clearances that are made with it.

Asked by the custodians' commands alone: nobody who is signed in sees cases this way.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, select, update

from keys.ciphertext import Ciphertext
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.case_tables import cases, clearances
from store.desk.cases import RECOVERY_HOLDER, add_clearance
from store.desk.stamps import stamp_case
from store.errors import Missing


@dataclass(frozen=True)
class Recoverable:
    """A case, and its key sealed to the recovery key; None if that copy is gone, which no sound desk has."""

    case_id: str
    reference: str
    sealed_key: Ciphertext | None = field(repr=False)


def list_recoverable(connection: Connection, references: Collection[str] | None = None) -> list[Recoverable]:
    """Return all cases, or those of the references, by reference. Raises Missing if one of them is no case."""
    copy = and_(clearances.c.case_id == cases.c.id, clearances.c.holder == RECOVERY_HOLDER)
    rows = connection.execute(
        select(cases.c.id, cases.c.reference, clearances.c.sealed_key)
        .select_from(cases)
        .outerjoin(clearances, copy)
        .order_by(cases.c.reference)
    )
    # Chosen here and not in the question: a list of references may be longer than a statement may have parameters.
    wanted = None if references is None else set(references)
    found = [Recoverable(*row) for row in rows if wanted is None or row.reference in wanted]
    if wanted is not None and len(found) != len(wanted):
        raise Missing("no such case")
    return found


def put_clearance(connection: Connection, case_id: str, holder: str, sealed_key: Ciphertext) -> bool:
    """Clear a holder for a case, in the place of any clearance before. Tell whether there was one under this name."""
    this = and_(clearances.c.case_id == case_id, clearances.c.holder == holder)
    if connection.execute(update(clearances).where(this).values(sealed_key=sealed_key)).rowcount:
        stamp_case(connection, case_id)
        return True
    add_clearance(connection, case_id, holder, sealed_key)
    return False


def kept_out_of(connection: Connection, username: str) -> frozenset[str]:
    """Return the references of cases that somebody was kept out of by a wall, and not cleared for again by a reader."""
    walls = (Act.CLEAR.value, Act.WITHDRAW.value)
    rows = connection.execute(
        select(audit.c.case_reference, audit.c.act)
        .where(audit.c.act.in_(walls), audit.c.note == username, audit.c.case_reference.is_not(None))
        .order_by(audit.c.number)
    )
    last = {row.case_reference: row.act for row in rows}
    return frozenset(reference for reference, act in last.items() if act == Act.WITHDRAW.value)
