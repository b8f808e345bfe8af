"""Cases and clearances. Every question asked here names the holder: whoever is not cleared gets no row and no count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.case_tables import cases, clearances
from store.desk.post_tables import further_letters
from store.desk.stamps import next_stamp, stamp_case
from store.errors import AlreadyThere, Missing

RECOVERY_HOLDER = "recovery"  # the offline recovery key; no reviewer may have this user name
_NO_CASE = "0" * 32  # ids are random


@dataclass(frozen=True)
class CaseRow:
    """A case as one holder finds it. `sealed_key` is the case key sealed to that holder.

    `address` and `reply_key` are None when the source does not want to come back. `changed_at` is in Unix seconds.
    """

    id: str
    reference: str
    address: str | None
    reply_key: bytes | None = field(repr=False)
    status: str
    changed_at: int
    sealed_card: Ciphertext = field(repr=False)
    sealed_key: Ciphertext = field(repr=False)


@dataclass(frozen=True)
class NewCase:
    """A case to be made. `sealed_keys` maps each holder to the case key sealed to them."""

    id: str
    reference: str
    address: str | None
    reply_key: bytes | None = field(repr=False)
    status: str
    changed_at: int
    sealed_card: Ciphertext = field(repr=False)
    sealed_keys: Mapping[str, Ciphertext] = field(repr=False)


def add_case(connection: Connection, case: NewCase) -> None:
    """Keep a new case and its clearances."""
    connection.execute(
        insert(cases).values(
            id=case.id,
            reference=case.reference,
            address=case.address,
            reply_key=case.reply_key,
            status=case.status,
            changed_at=case.changed_at,
            sealed_card=case.sealed_card,
        )
    )
    for holder, sealed_key in case.sealed_keys.items():
        _insert_clearance(connection, case.id, holder, sealed_key, case.changed_at)


def is_known_address(connection: Connection, address: str) -> bool:
    """Tell whether any case, whoever is cleared for it, belongs to this source. For opening the post only."""
    return connection.execute(select(cases.c.id).where(cases.c.address == address)).first() is not None


def find_case(connection: Connection, holder: str, reference: str) -> CaseRow:
    """Return the case of a reference. Raises Missing if there is none or the holder is not cleared for it.

    A case that is somebody else's and one that never was are looked for in the same way: the reference becomes an id in
    its index alone, or the id of no case, and then a clearance is looked for, which is not there.
    """
    found = connection.execute(select(cases.c.id).where(cases.c.reference == reference)).scalar()
    return _only(connection.execute(_cleared(holder).where(clearances.c.case_id == (found or _NO_CASE))).first())


def find_case_of_source(connection: Connection, holder: str, address: str) -> CaseRow:
    """Return the case of a source. Raises Missing if there is none or the holder is not cleared for it."""
    return _only(connection.execute(_cleared(holder).where(cases.c.address == address)).first())


def find_case_of_id(connection: Connection, holder: str, case_id: str) -> CaseRow:
    """Return the case of an id. Raises Missing if there is none or the holder is not cleared for it."""
    return _only(connection.execute(_cleared(holder).where(cases.c.id == case_id)).first())


def is_case_id(connection: Connection, case_id: str) -> bool:
    """Tell whether a case, whoever is cleared for it, has this id. Nobody may learn the answer."""
    return connection.execute(select(cases.c.id).where(cases.c.id == case_id)).first() is not None


def cases_since(connection: Connection, holder: str, stamp: int) -> list[tuple[int, CaseRow]]:
    """Return the holder's cases that changed after a stamp, each with its own stamp, in no order."""
    chosen = _cleared(holder).add_columns(clearances.c.stamp).where(clearances.c.stamp > stamp)
    return [(row.stamp, CaseRow(*row[:-1])) for row in connection.execute(chosen)]


def case_ids_of(connection: Connection, holder: str) -> frozenset[str]:
    """Return the ids of the cases that the holder is cleared for."""
    return frozenset(connection.execute(select(clearances.c.case_id).where(clearances.c.holder == holder)).scalars())


def count_cases(connection: Connection, holder: str) -> int:
    """Return how many cases the holder is cleared for."""
    return connection.execute(
        select(func.count()).select_from(clearances).where(clearances.c.holder == holder)
    ).scalar_one()


def change_case(
    connection: Connection,
    case_id: str,
    *,
    changed_at: int,
    sealed_card: Ciphertext | None = None,
    status: str | None = None,
) -> None:
    """Change what is given, and move the case to the top of every holder's list."""
    given = {"sealed_card": sealed_card, "status": status}
    values = {name: value for name, value in given.items() if value is not None}
    connection.execute(update(cases).where(cases.c.id == case_id).values(changed_at=changed_at, **values))
    connection.execute(update(clearances).where(clearances.c.case_id == case_id).values(changed_at=changed_at))
    stamp_case(connection, case_id)


def cleared_for(connection: Connection, case_id: str) -> tuple[str, ...]:
    """Return the user names of those who can read a case. Ask only for somebody who can."""
    holders = select(clearances.c.holder).where(clearances.c.case_id == case_id).order_by(clearances.c.holder)
    return tuple(name for name in connection.execute(holders).scalars() if name != RECOVERY_HOLDER)


def add_clearance(connection: Connection, case_id: str, holder: str, sealed_key: Ciphertext) -> None:
    """Let one more holder in; the case takes its place in their list. Raises AlreadyThere if they are in."""
    taken = select(clearances.c.holder).where(clearances.c.case_id == case_id, clearances.c.holder == holder)
    if connection.execute(taken).first() is not None:
        raise AlreadyThere("this holder is cleared already")
    changed_at = connection.execute(select(cases.c.changed_at).where(cases.c.id == case_id)).scalar_one()
    _insert_clearance(connection, case_id, holder, sealed_key, changed_at)


def replace_clearances(connection: Connection, case_id: str, sealed_keys: Mapping[str, Ciphertext]) -> None:
    """Have these holders, and no others, and their copies of the case key."""
    connection.execute(delete(clearances).where(clearances.c.case_id == case_id))
    # Who is out is not to learn either that a further letter of this case waits in the post.
    kept_out = (further_letters.c.case_id == case_id, further_letters.c.holder.not_in(list(sealed_keys)))
    connection.execute(delete(further_letters).where(*kept_out))
    for holder, sealed_key in sealed_keys.items():
        add_clearance(connection, case_id, holder, sealed_key)


def read_card(connection: Connection, case_id: str) -> Ciphertext:
    """Return the sealed card of a case that is there."""
    return Ciphertext(connection.execute(select(cases.c.sealed_card).where(cases.c.id == case_id)).scalar_one())


def put_card(connection: Connection, case_id: str, sealed_card: Ciphertext) -> None:
    """Change the card alone: the case keeps its place in the list."""
    connection.execute(update(cases).where(cases.c.id == case_id).values(sealed_card=sealed_card))
    stamp_case(connection, case_id)


def _insert_clearance(
    connection: Connection, case_id: str, holder: str, sealed_key: Ciphertext, changed_at: int
) -> None:
    values = {"case_id": case_id, "holder": holder, "sealed_key": sealed_key, "changed_at": changed_at}
    connection.execute(insert(clearances).values(stamp=next_stamp(connection), **values))


def _cleared(holder: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            cases.c.id,
            cases.c.reference,
            cases.c.address,
            cases.c.reply_key,
            cases.c.status,
            cases.c.changed_at,
            cases.c.sealed_card,
            clearances.c.sealed_key,
        )
        .select_from(clearances)
        .join(cases, cases.c.id == clearances.c.case_id)
        .where(clearances.c.holder == holder)
    )


def _only(row: Row[*tuple[Any, ...]] | None) -> CaseRow:
    if row is None:
        raise Missing("no such case, or it is not this reviewer's")
    return CaseRow(*row)
