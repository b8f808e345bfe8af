"""The trail as a file for an auditor: CSV or one JSON object a line. Written record by record, however long it is.

A spreadsheet takes a cell that begins with = + - or @ for a formula, and runs it: such cells get an apostrophe first.
Times are UTC, ISO 8601.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from store.desk.audit_reading import Link

COLUMNS = ("number", "time", "actor", "act", "case", "note", "chain")
# OWASP, "CSV Injection": a tab and a carriage return can stand before the sign.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(links: Iterable[Link]) -> Iterator[bytes]:
    """Yield the file: a head, then a line for each record."""
    yield _csv_line(COLUMNS)
    for link in links:
        yield _csv_line([_harmless("" if value is None else str(value)) for value in _values(link).values()])


def as_jsonl(links: Iterable[Link]) -> Iterator[bytes]:
    """Yield a line for each record; every line is one JSON object in ASCII."""
    for link in links:
        yield json.dumps(_values(link), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


FORMATS: dict[str, Callable[[Iterable[Link]], Iterator[bytes]]] = {"csv": as_csv, "jsonl": as_jsonl}


def iso_time(at: int) -> str:
    """Return a time as 2026-11-25T08:30:00Z; a number that is none of this calendar stays a number."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(at)


def _values(link: Link) -> dict[str, Any]:
    record = link.record
    return dict(
        zip(
            COLUMNS,
            (
                record.number,
                iso_time(record.at),
                record.actor,
                record.act,
                record.case_reference,
                record.note,
                link.chain.hex(),
            ),
            strict=True,
        )
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    # An altered record may hold half a character: it is replaced here, and verify names it.
    return line.getvalue().encode("utf-8", "replace")
