"""Requests: what a reader of a case may not do alone, and has asked one other person to agree to.

Rules:
- A case has at most one request of a kind. Only its readers, and the one person who was asked, find it.
- It stands for the case as it was: whatever is written in the timeline since takes it away.
- Whoever was kept out of a case by a wall is not asked in it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from keys.ciphertext import Ciphertext
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.case_tables import case_requests, cases, clearances, items
from store.errors import Missing


class RequestKind(StrEnum):
    """What is asked for."""

    DESTROY = "destroy"


@dataclass(frozen=True)
class CaseRequest:
    """A request. `asked_at` is in Unix seconds; `sealed` is for whoever was asked, and nobody else."""

    id: str
    case_id: str
    reference: str
    kind: RequestKind
    asked_by: str
    asked_of: str
    asked_at: int
    sealed: Ciphertext = field(repr=False)


def put_request(connection: Connection, request: CaseRequest) -> None:
    """Keep a request, in the place of any before of its kind, for the timeline as it is now."""
    forget_request(connection, request.case_id, request.kind)
    connection.execute(
        insert(case_requests).values(
            id=request.id,
            case_id=request.case_id,
            kind=request.kind.value,
            asked_by=request.asked_by,
            asked_of=request.asked_of,
            asked_at=request.asked_at,
            written=_written(connection, request.case_id),
            sealed=request.sealed,
        )
    )


def requests_to(connection: Connection, username: str) -> list[CaseRequest]:
    """Return what somebody was asked, the oldest first."""
    chosen = _live().where(case_requests.c.asked_of == username)
    return [_read(row) for row in connection.execute(chosen.order_by(case_requests.c.asked_at, case_requests.c.id))]


def request_to(connection: Connection, username: str, request_id: str) -> CaseRequest:
    """Return one request. Raises Missing if it is not there any more, or somebody else was asked."""
    chosen = _live().where(case_requests.c.asked_of == username, case_requests.c.id == request_id)
    row = connection.execute(chosen).first()
    if row is None:
        raise Missing("no such request, or it is for somebody else")
    return _read(row)


def request_of_case(connection: Connection, case_id: str, kind: RequestKind) -> CaseRequest | None:
    """Return what waits in a case, if anything does. Ask only for somebody who can read it."""
    chosen = _live().where(case_requests.c.case_id == case_id, case_requests.c.kind == kind.value)
    row = connection.execute(chosen).first()
    return None if row is None else _read(row)


def requests_by_readers(connection: Connection, holder: str, kind: RequestKind) -> dict[str, str]:
    """Return who was asked, by the id of the case, in all cases that a holder is cleared for."""
    mine = select(clearances.c.case_id).where(clearances.c.holder == holder)
    chosen = _live().where(case_requests.c.kind == kind.value, case_requests.c.case_id.in_(mine))
    return {row.case_id: row.asked_of for row in connection.execute(chosen)}


def forget_request(connection: Connection, case_id: str, kind: RequestKind) -> None:
    """Take a request away, if there is one."""
    connection.execute(
        delete(case_requests).where(case_requests.c.case_id == case_id, case_requests.c.kind == kind.value)
    )


def kept_out(connection: Connection, reference: str) -> frozenset[str]:
    """Return whom a wall keeps out of a case, as the trail has it: whose clearance was the last time withdrawn."""
    steps = connection.execute(
        select(audit.c.note, audit.c.act)
        .where(
            audit.c.case_reference == reference,
            audit.c.act.in_([Act.CLEAR.value, Act.WITHDRAW.value]),
        )
        .order_by(audit.c.number)
    )
    last: dict[str, str] = {row.note: row.act for row in steps}
    return frozenset(name for name, act in last.items() if act == Act.WITHDRAW.value)


def _written(connection: Connection, case_id: str) -> int:
    return connection.execute(select(func.count()).where(items.c.case_id == case_id)).scalar_one()


def _live() -> Select[*tuple[Any, ...]]:
    written = select(func.count()).where(items.c.case_id == case_requests.c.case_id).scalar_subquery()
    return (
        select(
            case_requests.c.id,
            case_requests.c.case_id,
            cases.c.reference,
            case_requests.c.kind,
            case_requests.c.asked_by,
            case_requests.c.asked_of,
            case_requests.c.asked_at,
            case_requests.c.sealed,
        )
        .join(cases, cases.c.id == case_requests.c.case_id)
        .where(case_requests.c.written == written)
    )


def _read(row: Row[*tuple[Any, ...]]) -> CaseRequest:
    return CaseRequest(**{**row._mapping, "kind": RequestKind(row.kind)})
