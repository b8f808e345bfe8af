"""The clocks of every case, in clear: from which day an answer and feedback are due. For counting, without any name.

Each is a day (YYYY-MM-DD), empty when nothing runs, or None in a case of before that nobody has read since.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select, update

from store.desk.case_tables import cases, clearances
from store.desk.roles import Role, at_work

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Counted:
    """So many cases of which the same stands in clear. `changed_day`: in whole days since 1970."""

    status: str
    changed_day: int
    answer_from: str | None
    feedback_from: str | None
    cases: int


def put_clocks(connection: Connection, case_id: str, answer_from: str, feedback_from: str) -> None:
    """Note from which days a case's deadlines run."""
    changed = update(cases).where(cases.c.id == case_id)
    connection.execute(changed.values(answer_from=answer_from, feedback_from=feedback_from))


def lacks_clocks(connection: Connection, case_id: str) -> bool:
    """Tell whether nothing was ever noted of a case: it is of before."""
    found = select(cases.c.id).where(cases.c.id == case_id, cases.c.answer_from.is_(None))
    return connection.execute(found).first() is not None


def count_every_case(connection: Connection) -> list[Counted]:
    """Return what can be counted of every case, whoever is cleared for it: only for those who may see the whole."""
    return _count(connection, None)


def count_cases_of(connection: Connection, holder: str) -> list[Counted]:
    """Return the same of the cases that a holder is cleared for."""
    return _count(connection, holder)


def count_unreadable(connection: Connection) -> int:
    """Return how many cases nobody at work can read."""
    here = at_work(connection, Role.REVIEWER)
    read = exists().where(clearances.c.case_id == cases.c.id, clearances.c.holder.in_(here))
    return connection.execute(select(func.count()).select_from(cases).where(~read)).scalar_one()


def _count(connection: Connection, holder: str | None) -> list[Counted]:
    day = cases.c.changed_at // _SECONDS_A_DAY
    columns = (cases.c.status, day, cases.c.answer_from, cases.c.feedback_from)
    chosen = select(*columns, func.count()).group_by(*columns)
    if holder is not None:
        chosen = chosen.join(clearances, clearances.c.case_id == cases.c.id).where(clearances.c.holder == holder)
    return [Counted(*row) for row in connection.execute(chosen)]
