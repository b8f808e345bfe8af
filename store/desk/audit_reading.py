"""Reading the trail, and judging whether it is whole. Whoever altered it also chose what stands in its columns.

Rules:
- Nothing in a row is believed: a value of another kind than the trail writes is an alteration like any other.
- Records are read one by one, in the order of their numbers: memory does not grow with the trail.
- The first record that is wrong is named. What stands after it may be sound or not: that can no longer be told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from gettext import gettext as _

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from store.database import Database
from store.desk.audit import START, Act, Record
from store.errors import StoreError

# The acts whose note says whose trail it is. That of a desk's set-up is empty if it is from before there were names.
NAMING = (Act.SET_UP.value, Act.SIGNING_KEY.value)
# As text, so that no column's type makes something of what is really there.
_ALL = "SELECT number, at, actor, act, case_reference, note, chain FROM audit"
_BATCH = 500  # records
_LOWEST_NUMBER = -(2**63)  # of an altered record: a true one is 1 or more


class Break(Enum):
    """How a trail can be broken, as far as it tells by itself."""

    EMPTY = auto()  # not even the set-up is there
    NO_SET_UP = auto()  # the first record is not that of the set-up
    MISSING = auto()  # the record of that number is not there, and later ones are
    ALTERED = auto()  # the record does not follow from the one before


class TrailBroken(StoreError):
    """The audit trail was altered: `number` is the first record that is not as it was written, and `how` it is not."""

    def __init__(self, number: int, how: Break) -> None:
        super().__init__(
            _("The audit trail is broken at record {n}; candour-desk audit verify says how.").format(n=number)
        )
        self.number = number
        self.how = how


@dataclass(frozen=True)
class Link:
    """A record, and the chain value that stands with it."""

    record: Record
    chain: bytes


@dataclass(frozen=True)
class SignerChanged:
    """A record in which one signer names the next, nothing of it checked: its number, time, note, the chain before."""

    number: int
    at: int
    note: str
    before: bytes


@dataclass(frozen=True)
class TrailEnd:
    """The end of a trail that is whole. `named` is what it says of its desk: its id and signer, or empty.

    `named_at` is when, in Unix seconds; `changes` are those of its signers, in their order.
    """

    number: int
    chain: bytes
    named: str
    named_at: int = 0
    changes: tuple[SignerChanged, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which records somebody wants to read; None: all. Times in Unix seconds; `until` and `below` are not included."""

    actor: str | None = None
    act: str | None = None
    case_reference: str | None = None
    since: int | None = None
    until: int | None = None
    below: int | None = None  # a record's number
    last: int | None = None


def beginning_of(connection: Connection, below: int) -> TrailEnd:
    """Return what `verify_trail` returns of the records below that number alone. Raises TrailBroken as it does."""
    return _verify(_links(connection, f"{_ALL} WHERE number < :below ORDER BY number", {"below": below}))


def verify_trail(connection: Connection) -> TrailEnd:
    """Return the end of the trail, every record linked to the one before. Raises TrailBroken at the first that is not.

    A tail cut off whole is not seen from here, nor a trail made anew: that takes a checkpoint kept elsewhere.
    """
    return _verify(_judged(connection))


def _verify(links: Iterator[Link]) -> TrailEnd:
    before, number, named, named_at = START, 0, "", 0
    changes: list[SignerChanged] = []
    for link in links:
        number += 1
        record = link.record
        if record.number != number:
            # Numbers ascend, so it is greater, unless somebody put one before the first.
            raise TrailBroken(number, Break.MISSING if record.number > number else Break.ALTERED)
        if number == 1 and record.act != Act.SET_UP.value:
            raise TrailBroken(1, Break.NO_SET_UP)
        if record.link(before) != link.chain:
            raise TrailBroken(number, Break.ALTERED)
        if record.act in NAMING and not named:
            # The first name stays: a later one would be somebody's who wants other checkpoints to fit.
            named, named_at = record.note, record.at
        if record.act == Act.SIGNER_CHANGED.value:
            changes.append(SignerChanged(number, record.at, record.note, before))
        before = link.chain
    if number == 0:
        raise TrailBroken(1, Break.EMPTY)
    return TrailEnd(number, before, named, named_at, tuple(changes))


def read_trail(connection: Connection, wanted: Wanted) -> Iterator[Link]:
    """Yield the records wanted, the oldest first. Raises TrailBroken at one that no trail writes."""
    statement, asked = _chosen(wanted)
    if wanted.last is not None:
        # Of our own constants below; what somebody asked for is bound.
        statement = f"SELECT * FROM ({statement} ORDER BY number DESC LIMIT :last) AS latest"  # noqa: S608
        asked["last"] = wanted.last
    return _links(connection, f"{statement} ORDER BY number", asked)


def _chosen(wanted: Wanted) -> tuple[str, dict[str, object]]:
    conditions = {
        "actor": "actor = :actor",
        "act": "act = :act",
        "case_reference": "case_reference = :case_reference",
        "since": "at >= :since",
        "until": "at < :until",
        "below": "number < :below",
    }
    asked: dict[str, object] = {name: value for name in conditions if (value := getattr(wanted, name)) is not None}
    chosen = " AND ".join(conditions[name] for name in asked)
    return (f"{_ALL} WHERE {chosen}" if chosen else _ALL), asked


def read_trail_in_batches(database: Database, wanted: Wanted) -> Iterator[Link]:
    """Yield what `read_trail` yields, and hold no transaction while the caller works.

    One that writes to a slow stick, or to a terminal, would keep the log from being emptied of what was erased. Ends
    with the trail's last record of now. Raises TrailBroken at a record that no trail writes.
    """
    with database.reading() as connection:
        end, start = trail_length(connection), _LOWEST_NUMBER
        if wanted.last is not None:
            first = next(read_trail(connection, wanted), None)
            start = end + 1 if first is None else first.record.number
    while start <= end:
        with database.reading() as connection:
            batch, broken = _batch(connection, wanted, start, end)
        yield from batch
        if broken is not None:
            raise broken
        if len(batch) < _BATCH:
            return
        start = batch[-1].record.number + 1


def _batch(connection: Connection, wanted: Wanted, start: int, end: int) -> tuple[list[Link], TrailBroken | None]:
    statement, asked = _chosen(wanted)
    statement += f" {'AND' if asked else 'WHERE'} number BETWEEN :start AND :end ORDER BY number LIMIT :most"
    found: list[Link] = []
    try:
        bounds = {"start": start, "end": end, "most": _BATCH}
        for link in _links(connection, statement, {**asked, **bounds}, max(start - 1, 0)):
            found.append(link)
    except TrailBroken as reason:
        # What stands before it is shown all the same.
        return found, reason
    return found, None


def trail_length(connection: Connection) -> int:
    """Return the number of the last record, or 0 for none; cheap, and only true of a trail that is whole."""
    return int(connection.execute(text("SELECT coalesce(max(number), 0) FROM audit")).scalar_one())


def link_at(connection: Connection, number: int) -> bytes | None:
    """Return the chain value that stands with a record, or None if there is none."""
    found = connection.execute(text("SELECT chain FROM audit WHERE number = :number"), {"number": number}).scalar()
    return found if isinstance(found, bytes) else None


def _judged(connection: Connection) -> Iterator[Link]:
    return _links(connection, f"{_ALL} ORDER BY number", {})


def _links(connection: Connection, statement: str, asked: dict[str, object], after: int = 0) -> Iterator[Link]:
    rows = iter(connection.execute(text(statement).execution_options(stream_results=True), asked))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except DatabaseError as reason:
            # SQLite's own errors have a code, and mean a damaged file; without one, bytes in a text are no UTF-8.
            if hasattr(reason.orig, "sqlite_errorcode"):
                raise
            raise TrailBroken(after + 1, Break.ALTERED) from reason
        link = _link(tuple(row), after + 1)
        after = link.record.number
        yield link


def _link(values: tuple[object, ...], expected: int) -> Link:
    match values:
        case (
            int(number),
            int(at),
            str(actor),
            str(act),
            (str() | None) as case_reference,
            str(note),
            bytes(chain),
        ):
            return Link(Record(number, at, actor, act, case_reference, note), chain)
    raise TrailBroken(values[0] if isinstance(values[0], int) else expected, Break.ALTERED)
