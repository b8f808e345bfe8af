"""Who was given cases lately, as far as one officer knows: what they did themselves, and the cases that they can read.

What colleagues opened without them is not asked, so that no number of theirs tells that such a case exists.
"""

from collections import Counter

from sqlalchemy import Connection, select

from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.case_tables import cases, clearances
from store.desk.cases import RECOVERY_HOLDER


def lately_cleared(connection: Connection, officer: str, since: int) -> Counter[str]:
    """Return for each user name how many cases they were given since a time (Unix seconds), as this officer knows."""
    given: set[tuple[str | None, str]] = set()
    own = select(audit.c.case_reference, audit.c.note).where(
        audit.c.actor == officer, audit.c.at >= since, audit.c.act.in_([Act.OPEN.value, Act.CLEAR.value])
    )
    for reference, names in connection.execute(own):
        given.update((reference, name) for name in names.split(", ") if name)
    mine = select(clearances.c.case_id).where(clearances.c.holder == officer, clearances.c.changed_at >= since)
    read = (
        select(cases.c.reference, clearances.c.holder)
        .join(cases, cases.c.id == clearances.c.case_id)
        .where(clearances.c.case_id.in_(mine), clearances.c.holder != RECOVERY_HOLDER)
    )
    given.update((reference, holder) for reference, holder in connection.execute(read))
    return Counter(name for _reference, name in given)
