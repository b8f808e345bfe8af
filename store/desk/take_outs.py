"""Requests to take a case out of the desk: who asked, sealed to which key, and who consented. Times in Unix seconds.

What a second person may see stands in the row, in clear: the reference, who asks, the fingerprint of the recipient's
key. All else is sealed on a sheet of the case, which is erased with the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from store.desk.case_tables import cases, take_outs
from store.desk.sheets import erase_sheet
from store.errors import Missing

_NEWEST_FIRST = (take_outs.c.asked_at.desc(), take_outs.c.id)


@dataclass(frozen=True)
class TakeOut:
    """One request."""

    id: str
    case_id: str
    reference: str
    asked_by: str
    asked_at: int
    expires_at: int
    fingerprint: str
    consented_by: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The fingerprint in groups of four, as people compare it."""
        return tuple(self.fingerprint[i : i + 4] for i in range(0, len(self.fingerprint), 4))

    @property
    def sheet(self) -> str:
        """The kind of the sheet on which the rest of it stands."""
        return f"take-out {self.id}"


def add_take_out(connection: Connection, asked: TakeOut) -> None:
    """Keep a new request."""
    values = {each.name: getattr(asked, each.name) for each in take_outs.columns}
    connection.execute(insert(take_outs).values(**values))


def find_take_out(connection: Connection, take_out_id: str, now: int) -> TakeOut:
    """Return a request. Raises Missing if there is none or it is over."""
    row = connection.execute(_standing(now).where(take_outs.c.id == take_out_id)).first()
    if row is None:
        raise Missing("no such request, or it is over")
    return TakeOut(*row)


def list_take_outs(connection: Connection, now: int) -> list[TakeOut]:
    """Return every request, the newest first."""
    return _read(connection.execute(_standing(now).order_by(*_NEWEST_FIRST)).all())


def take_outs_of(connection: Connection, case_id: str, username: str, now: int) -> list[TakeOut]:
    """Return what somebody asked for in a case, the newest first."""
    theirs = _standing(now).where(take_outs.c.case_id == case_id, take_outs.c.asked_by == username)
    return _read(connection.execute(theirs.order_by(*_NEWEST_FIRST)).all())


def keep_take_out_consent(connection: Connection, take_out_id: str, username: str) -> None:
    """Note who consented, in the place of anybody before."""
    connection.execute(update(take_outs).where(take_outs.c.id == take_out_id).values(consented_by=username))


def remove_take_out(connection: Connection, asked: TakeOut) -> None:
    """Have no such request, and no sheet of it, any more."""
    connection.execute(delete(take_outs).where(take_outs.c.id == asked.id))
    erase_sheet(connection, asked.case_id, asked.sheet)


def remove_expired_take_outs(connection: Connection, now: int) -> list[TakeOut]:
    """Erase the requests that are over, and return them."""
    gone = _read(connection.execute(_all().where(take_outs.c.expires_at <= now).order_by(take_outs.c.id)).all())
    for asked in gone:
        remove_take_out(connection, asked)
    return gone


def _all() -> Select[*tuple[Any, ...]]:
    columns = (
        take_outs.c.id,
        take_outs.c.case_id,
        cases.c.reference,
        take_outs.c.asked_by,
        take_outs.c.asked_at,
        take_outs.c.expires_at,
        take_outs.c.fingerprint,
        take_outs.c.consented_by,
    )
    return select(*columns).select_from(take_outs).join(cases, cases.c.id == take_outs.c.case_id)


def _standing(now: int) -> Select[*tuple[Any, ...]]:
    return _all().where(take_outs.c.expires_at > now)


def _read(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[TakeOut]:
    return [TakeOut(*row) for row in rows]
