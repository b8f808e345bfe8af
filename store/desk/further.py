"""Further letters that wait in the post, and the officer who read them may not open: for the readers of their case.

A row for each of them, sealed to them: what they must know before anybody opens it. If nobody at work can read the
case, the rows are for others, who must know that (further_letters.py). Rows go when the letter is opened, when a reader
is kept out, and are made anew by whoever reads the post next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, delete, exists, insert, select

from keys.ciphertext import Ciphertext
from store.desk.case_tables import cases, clearances
from store.desk.cases import cleared_for
from store.desk.post_tables import further_letters, parcels
from store.desk.roles import Role, at_work

NOTHING = Ciphertext(b"")
# Each letter once, whoever is told of it.
waiting = select(further_letters.c.submission, further_letters.c.case_id).distinct().subquery()


@dataclass(frozen=True)
class FurtherRow:
    """A further letter as one reader of its case finds it."""

    submission: str
    case_id: str
    sealed: Ciphertext = field(repr=False)


def case_of_source(connection: Connection, address: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the id of a source's case and the names of those at work who can read it. For reading the post only."""
    found = connection.execute(select(cases.c.id).where(cases.c.address == address)).scalar_one_or_none()
    return None if found is None else (found, readers_at_work(connection, found))


def readers_at_work(connection: Connection, case_id: str) -> tuple[str, ...]:
    """Return those who can read a case and can sign in to do so."""
    here = at_work(connection, Role.REVIEWER)
    return tuple(name for name in cleared_for(connection, case_id) if name in here)


def note_further(connection: Connection, submission: str, case_id: str, sealed: Mapping[str, Ciphertext]) -> None:
    """Tell these readers, and no others, of a letter that waits. Nothing is noted of one that is opened already."""
    forget_further(connection, submission)
    if connection.execute(select(parcels.c.submission).where(parcels.c.submission == submission)).first() is None:
        return
    for holder, each in sealed.items():
        connection.execute(
            insert(further_letters).values(submission=submission, holder=holder, case_id=case_id, sealed=each)
        )


def list_further(connection: Connection, holder: str) -> list[FurtherRow]:
    """Return what waits for the cases of one holder.

    Nothing is sealed in a row to somebody who was let in after the letter was noted, or whose key was not to be used.
    """
    own = and_(further_letters.c.submission == waiting.c.submission, further_letters.c.holder == holder)
    query = (
        select(waiting.c.submission, waiting.c.case_id, further_letters.c.sealed)
        .select_from(waiting)
        .join(clearances, clearances.c.case_id == waiting.c.case_id)
        .outerjoin(further_letters, own)
        .where(clearances.c.holder == holder)
        .order_by(waiting.c.submission)
    )
    return [FurtherRow(row.submission, row.case_id, row.sealed or NOTHING) for row in connection.execute(query)]


def list_stranded(connection: Connection, told: str) -> list[FurtherRow]:
    """Return the letters that wait for cases which nobody at work can read, with what is sealed to whoever is told."""
    own = and_(further_letters.c.submission == waiting.c.submission, further_letters.c.holder == told)
    here = at_work(connection, Role.REVIEWER)
    query = (
        select(waiting.c.submission, waiting.c.case_id, further_letters.c.sealed)
        .select_from(waiting)
        .outerjoin(further_letters, own)
        # Asked for each of these letters alone, and in one question: it is asked with every page.
        .where(~exists().where(clearances.c.case_id == waiting.c.case_id, clearances.c.holder.in_(here)))
        .order_by(waiting.c.submission)
    )
    return [FurtherRow(row.submission, row.case_id, row.sealed or NOTHING) for row in connection.execute(query)]


def is_only_reader(connection: Connection, username: str) -> bool:
    """Tell whether somebody at work is the only one who can read a case, one or more."""
    others = [name for name in at_work(connection, Role.REVIEWER) if name != username]
    shared = select(clearances.c.case_id).where(clearances.c.holder.in_(others))
    alone = select(clearances.c.case_id).where(clearances.c.holder == username, clearances.c.case_id.not_in(shared))
    return connection.execute(alone.limit(1)).first() is not None


def forget_further(connection: Connection, submission: str) -> None:
    """Take back what was noted of a letter."""
    connection.execute(delete(further_letters).where(further_letters.c.submission == submission))
