"""Sheets: what a case has one of besides its card. Each is sealed under the case key, for its case and its kind.

A sheet counts its versions. Whoever puts one says which version they saw, so that of two people who write at once the
second is told, and nothing is overwritten unseen.

Most sheets stay as long as their case. One with a time at which it was kept, a draft, goes when it is too old.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, exists, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.case_tables import cases, clearances, sheets
from store.errors import AlreadyThere

NEVER_WRITTEN = 0
_NO_VERSION = -1  # which no sheet has
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Sheet:
    """One sheet. `version` counts from 1; a sheet that was never written has version 0 and nothing sealed.

    `kept_at` is None for one that stays; of one that goes, when it was kept, in Unix seconds.
    """

    kind: str
    version: int
    sealed: Ciphertext = field(repr=False)
    kept_at: int | None = None


@dataclass(frozen=True)
class KeptSheet:
    """A sheet that goes, of a case that its reader is cleared for, without what stands on it."""

    case_id: str
    reference: str
    kind: str
    kept_at: int


def read_version(untrusted: str) -> int:
    """Return the version that a form names; one that no sheet has, if it names none."""
    known = untrusted.isascii() and untrusted.isdecimal() and len(untrusted) <= _MOST_DIGITS
    return int(untrusted) if known else _NO_VERSION


def read_sheet(connection: Connection, case_id: str, kind: str) -> Sheet:
    """Return a sheet of a case, as it is or as never written."""
    chosen = select(sheets.c.kind, sheets.c.version, sheets.c.sealed, sheets.c.kept_at).where(
        sheets.c.case_id == case_id, sheets.c.kind == kind
    )
    row = connection.execute(chosen).first()
    return Sheet(kind, NEVER_WRITTEN, Ciphertext(b"")) if row is None else Sheet(*row)


def list_sheets(connection: Connection, case_id: str) -> list[Sheet]:
    """Return every sheet of a case, by kind."""
    chosen = select(sheets.c.kind, sheets.c.version, sheets.c.sealed, sheets.c.kept_at)
    chosen = chosen.where(sheets.c.case_id == case_id)
    return [Sheet(*row) for row in connection.execute(chosen.order_by(sheets.c.kind))]


def sheets_of_holder(connection: Connection, holder: str, kind: str) -> Iterator[tuple[str, Ciphertext]]:
    """Yield the sheets of one kind of all cases that a holder is cleared for, each after the id of its case."""
    chosen = (
        select(sheets.c.case_id, sheets.c.sealed)
        .join(clearances, clearances.c.case_id == sheets.c.case_id)
        .where(clearances.c.holder == holder, sheets.c.kind == kind)
    )
    for row in connection.execute(chosen.execution_options(stream_results=True)):
        yield row.case_id, row.sealed


def kept_sheets_of_case(connection: Connection, case_id: str) -> list[tuple[str, int]]:
    """Return kind and time of a case's sheets that go, the newest first. Ask only for somebody who can read it."""
    chosen = select(sheets.c.kind, sheets.c.kept_at).where(sheets.c.case_id == case_id, sheets.c.kept_at.is_not(None))
    return [(row.kind, row.kept_at) for row in connection.execute(chosen.order_by(sheets.c.kept_at.desc()))]


def kept_sheets_of_holder(connection: Connection, holder: str, kinds: Collection[str]) -> list[KeptSheet]:
    """Return the sheets of these kinds that go, of all cases a holder is cleared for; the newest first.

    From the index alone: no sheet is read, however many there are. Whether the holder is cleared is asked of those few:
    joined, SQLite would begin with every case that the holder is cleared for.
    """
    cleared = exists().where(clearances.c.case_id == sheets.c.case_id, clearances.c.holder == holder)
    chosen = (
        select(sheets.c.case_id, cases.c.reference, sheets.c.kind, sheets.c.kept_at)
        .join(cases, cases.c.id == sheets.c.case_id)
        .where(sheets.c.kind.in_(list(kinds)), sheets.c.kept_at.is_not(None), cleared)
        .order_by(sheets.c.kept_at.desc(), cases.c.reference)
    )
    return [KeptSheet(*row) for row in connection.execute(chosen)]


def put_sheet(
    connection: Connection, case_id: str, kind: str, seen: int, sealed: Ciphertext, kept_at: int | None = None
) -> int:
    """Write a sheet over the version that the writer saw, and return the new one.

    With `kept_at` (Unix seconds) it goes when it is too old. Raises AlreadyThere if somebody wrote meanwhile.
    """
    if read_sheet(connection, case_id, kind).version != seen:
        raise AlreadyThere("somebody wrote this sheet meanwhile")
    this = (sheets.c.case_id == case_id, sheets.c.kind == kind)
    if seen == NEVER_WRITTEN:
        values = {"case_id": case_id, "kind": kind, "version": 1, "sealed": sealed, "kept_at": kept_at}
        connection.execute(insert(sheets).values(**values))
    else:
        connection.execute(update(sheets).where(*this).values(version=seen + 1, sealed=sealed, kept_at=kept_at))
    return seen + 1


def reseal_sheet(connection: Connection, case_id: str, kind: str, sealed: Ciphertext) -> None:
    """Keep the same sheet under another key: its version stays."""
    this = (sheets.c.case_id == case_id, sheets.c.kind == kind)
    connection.execute(update(sheets).where(*this).values(sealed=sealed))


def erase_sheet(connection: Connection, case_id: str, kind: str) -> None:
    """Have no such sheet any more."""
    connection.execute(delete(sheets).where(sheets.c.case_id == case_id, sheets.c.kind == kind))


def has_sheets_kept_before(connection: Connection, moment: int) -> bool:
    """Tell whether any sheet that goes was kept before a moment (Unix seconds)."""
    return connection.execute(select(sheets.c.kind).where(sheets.c.kept_at < moment).limit(1)).first() is not None


def erase_sheets_kept_before(connection: Connection, moment: int) -> None:
    """Have no sheet any more that goes and was kept before a moment (Unix seconds)."""
    connection.execute(delete(sheets).where(sheets.c.kept_at < moment))
