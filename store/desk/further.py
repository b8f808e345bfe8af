"""Further letters that wait in the post, and the officer who read them may not open: for the readers of their case.

A row for each reader, sealed to that reader: what they must know before anybody opens it. Rows go when the letter is
opened, when a reader is kept out, and are made anew by whoever reads the post next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from keys.ciphertext import Ciphertext
from store.desk.cases import cleared_for
from store.desk.tables import cases, further_letters, parcels


@dataclass(frozen=True)
class FurtherRow:
    """A further letter as one reader of its case finds it."""

    submission: str
    case_id: str
    sealed: Ciphertext = field(repr=False)


def case_of_source(connection: Connection, address: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the id of a source's case and its readers' names, whoever they are. For reading the post only."""
    found = connection.execute(select(cases.c.id).where(cases.c.address == address)).scalar_one_or_none()
    return None if found is None else (found, cleared_for(connection, found))


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
    """Return what waits for the cases of one holder."""
    query = (
        select(further_letters.c.submission, further_letters.c.case_id, further_letters.c.sealed)
        .where(further_letters.c.holder == holder)
        .order_by(further_letters.c.submission)
    )
    return [FurtherRow(*row) for row in connection.execute(query)]


def forget_further(connection: Connection, submission: str) -> None:
    """Take back what was noted of a letter."""
    connection.execute(delete(further_letters).where(further_letters.c.submission == submission))
