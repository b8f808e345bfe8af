"""Sheets: what a case has one of besides its card. Each is sealed under the case key, for its case and its kind.

A sheet counts its versions. Whoever puts one says which version they saw, so that of two people who write at once the
second is told, and nothing is overwritten unseen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.tables import clearances, sheets
from store.errors import AlreadyThere

NEVER_WRITTEN = 0
_NO_VERSION = -1  # which no sheet has
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Sheet:
    """One sheet. `version` counts from 1; a sheet that was never written has version 0 and nothing sealed."""

    kind: str
    version: int
    sealed: Ciphertext = field(repr=False)


def read_version(untrusted: str) -> int:
    """Return the version that a form names; one that no sheet has, if it names none."""
    known = untrusted.isascii() and untrusted.isdecimal() and len(untrusted) <= _MOST_DIGITS
    return int(untrusted) if known else _NO_VERSION


def read_sheet(connection: Connection, case_id: str, kind: str) -> Sheet:
    """Return a sheet of a case, as it is or as never written."""
    chosen = select(sheets.c.kind, sheets.c.version, sheets.c.sealed).where(
        sheets.c.case_id == case_id, sheets.c.kind == kind
    )
    row = connection.execute(chosen).first()
    return Sheet(kind, NEVER_WRITTEN, Ciphertext(b"")) if row is None else Sheet(*row)


def list_sheets(connection: Connection, case_id: str) -> list[Sheet]:
    """Return every sheet of a case, by kind."""
    chosen = select(sheets.c.kind, sheets.c.version, sheets.c.sealed).where(sheets.c.case_id == case_id)
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


def put_sheet(connection: Connection, case_id: str, kind: str, seen: int, sealed: Ciphertext) -> int:
    """Write a sheet over the version that the writer saw, and return the new one.

    Raises AlreadyThere if somebody wrote meanwhile.
    """
    if read_sheet(connection, case_id, kind).version != seen:
        raise AlreadyThere("somebody wrote this sheet meanwhile")
    this = (sheets.c.case_id == case_id, sheets.c.kind == kind)
    if seen == NEVER_WRITTEN:
        connection.execute(insert(sheets).values(case_id=case_id, kind=kind, version=1, sealed=sealed))
    else:
        connection.execute(update(sheets).where(*this).values(version=seen + 1, sealed=sealed))
    return seen + 1


def reseal_sheet(connection: Connection, case_id: str, kind: str, sealed: Ciphertext) -> None:
    """Keep the same sheet under another key: its version stays."""
    this = (sheets.c.case_id == case_id, sheets.c.kind == kind)
    connection.execute(update(sheets).where(*this).values(sealed=sealed))


def erase_sheet(connection: Connection, case_id: str, kind: str) -> None:
    """Have no such sheet any more."""
    connection.execute(delete(sheets).where(sheets.c.case_id == case_id, sheets.c.kind == kind))
