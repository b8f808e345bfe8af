"""The audit trail: every act of a reviewer, never an act of a source, in one hash chain.

Rules:
- The record is appended in the transaction of the act: both are committed or neither is.
- `chain` of a record is SHA-256(`chain` of the record before || canonical JSON of this record). Before the first
  stands a fixed value. Changing, dropping, inserting or moving a record breaks the chain from there on.
- Numbers run 1, 2, 3 … without a gap.
- A note never holds a word of a case: whoever reads the trail is not cleared for anything.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from store.desk.tables import audit
from store.errors import StoreError

_START = sha256(b"candour v1 audit\x00").digest()


class Act(StrEnum):
    """What reviewers do."""

    SET_UP = "set-up"
    REVIEWER_ADDED = "reviewer-added"
    SIGN_IN = "sign-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGN_OUT = "sign-out"
    UNLOCK = "unlock"
    LOCK = "lock"
    COLLECT = "collect"
    OPEN = "open"
    RETRY = "retry"
    READ = "read"
    DOWNLOAD = "download"
    REPLY = "reply"
    STATUS = "status"
    NOTE = "note"
    EXPORT = "export"
    RECOVER = "recover"
    RECOVERY_VERIFY = "recovery-verify"
    RECOVERY_RENEW = "recovery-renew"


class TrailBroken(StoreError):
    """The audit trail was altered: `number` is the first record that does not follow from the one before it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the audit trail is broken at record {number}")
        self.number = number


@dataclass(frozen=True)
class Record:
    """One record: `at` in Unix seconds; `actor` a user name, or empty when nobody was signed in.

    What the custodians of the recovery key do together is done by "recovery", which is nobody's user name.
    """

    number: int
    at: int
    actor: str
    act: str
    case_reference: str | None
    note: str

    def link(self, before: bytes) -> bytes:
        """Return the chain value of this record after the chain value `before`."""
        canonical = json.dumps(
            {
                "number": self.number,
                "at": self.at,
                "actor": self.actor,
                "act": self.act,
                "case": self.case_reference,
                "note": self.note,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return sha256(before + canonical.encode("ascii")).digest()


def record_act(connection: Connection, actor: str, act: Act, case_reference: str | None = None, note: str = "") -> None:
    """Append one record. The connection must be a writing one, so that two records never take one number."""
    last = connection.execute(select(audit.c.number, audit.c.chain).order_by(audit.c.number.desc()).limit(1)).first()
    number, before = (1, _START) if last is None else (last.number + 1, last.chain)
    record = Record(number, int(time.time()), actor, act.value, case_reference, note)
    connection.execute(
        insert(audit).values(
            number=record.number,
            at=record.at,
            actor=record.actor,
            act=record.act,
            case_reference=record.case_reference,
            note=record.note,
            chain=record.link(before),
        )
    )


def verify_trail(connection: Connection) -> int:
    """Return how many records there are, each linked to the one before. Raises TrailBroken at the first that is not.

    A tail cut off whole is not seen from here: that takes a chain value kept elsewhere.
    """
    before, number = _START, 0
    for record, chain in _records(connection):
        number += 1
        if record.number != number or record.link(before) != chain:
            raise TrailBroken(number)
        before = chain
    if number == 0:
        # The first record is made with the desk itself: a trail without it was emptied.
        raise TrailBroken(1)
    return number


def trail_head(connection: Connection) -> str:
    """Return the last link of the trail in hexadecimal: kept elsewhere, it shows later whether the tail was cut."""
    found = connection.execute(select(audit.c.chain).order_by(audit.c.number.desc()).limit(1)).scalar_one()
    return bytes(found).hex()


def _records(connection: Connection) -> Iterator[tuple[Record, bytes]]:
    rows = connection.execute(select(audit).order_by(audit.c.number).execution_options(yield_per=1000))
    for *values, chain in rows:
        yield Record(*values), bytes(chain)
