"""What the trail says of the end of cases: which were destroyed, which are held back from it. References, no content.

The cases themselves cannot be asked: of a destroyed one there is nothing, and that one is held is sealed in its card.
"""

from sqlalchemy import Connection, select

from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.case_tables import cases

_OF_HOLDS = (Act.HOLD.value, Act.HOLD_LIFTED.value, Act.DESTROY.value)


def destroyed_cases(connection: Connection) -> dict[str, int]:
    """Return the references of all cases that were destroyed, and when that was last, in Unix seconds."""
    rows = connection.execute(
        select(audit.c.case_reference, audit.c.at)
        .where(audit.c.act == Act.DESTROY.value, audit.c.case_reference.is_not(None))
        .order_by(audit.c.number)
    )
    return {row.case_reference: row.at for row in rows}


def references_there(connection: Connection) -> dict[str, str]:
    """Return the id of every case, by its reference. For checks."""
    return {row.reference: row.id for row in connection.execute(select(cases.c.reference, cases.c.id))}


def was_used(connection: Connection, reference: str) -> bool:
    """Tell whether a reference is, or ever was, that of a case."""
    recorded = select(audit.c.number).where(audit.c.case_reference == reference).limit(1)
    there = select(cases.c.id).where(cases.c.reference == reference)
    return connection.execute(recorded).first() is not None or connection.execute(there).first() is not None


def count_held(connection: Connection) -> int:
    """Return how many cases are held back from destruction."""
    rows = connection.execute(
        select(audit.c.case_reference, audit.c.act).where(audit.c.act.in_(_OF_HOLDS)).order_by(audit.c.number)
    )
    return sum(act == Act.HOLD.value for act in {row.case_reference: row.act for row in rows}.values())


def last_of(connection: Connection, reference: str, *acts: Act) -> tuple[str, str, int] | None:
    """Return the last of some acts in a case: what, by whom and when (Unix seconds); None if there was none."""
    row = connection.execute(
        select(audit.c.act, audit.c.actor, audit.c.at)
        .where(audit.c.case_reference == reference, audit.c.act.in_([act.value for act in acts]))
        .order_by(audit.c.number.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.act, row.actor, row.at)


def is_held(connection: Connection, reference: str) -> bool:
    """Tell whether the last word on holding a case back was that it is held."""
    last = last_of(connection, reference, Act.HOLD, Act.HOLD_LIFTED)
    return last is not None and last[0] == Act.HOLD.value
