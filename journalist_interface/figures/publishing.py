"""Publishing the figures of months that are over: when an intake officer, who has the key unlocked, looks at the post.

What may be known is published in clear; what is too little is counted on, sealed; the notes are erased. All of it, and
its record, is one transaction. A note, or what waits, that does not open is not counted: no post stays shut for it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import IntakeLocked
from journalist_interface.figures.counting import counted_since
from journalist_interface.figures.measures import MEASURES
from journalist_interface.figures.suppressing import LEAST_SHOWN, Pool, close_month, month_after
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.sessions import SignedIn
from keys.errors import Malformed, SealBroken
from keys.figures_key import WAITING_SIZE, figures_key, open_note, open_waiting, seal_waiting
from keys.hpke import SecretKey
from keys.strict_json import Fields, read_object, write_object
from store.desk.audit import Act, record_act
from store.desk.figures import Figure, list_figures, list_notes, publish, put_waiting, read_waiting, remove_notes

_MOST_MONTHS = 240  # that are closed in one go


@dataclass(frozen=True)
class _Waiting:
    """The months that are over and not closed, the oldest first, and what waits of each measure."""

    months: Sequence[str]
    pools: Mapping[str, Pool]


def publish_figures(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> bool:
    """Publish what may be published by now. Tell whether a month was closed; not while the key is locked."""
    try:
        passphrase = lock.passphrase(signed_in)
    except IntakeLocked:
        return False
    key = figures_key(passphrase)
    with desk.database.reading() as connection:
        if not _look(connection, key).months:
            return False
    with desk.database.writing() as connection:
        closed = _close(connection, key, signed_in.username)
    if closed:
        desk.database.leave_no_trace()
    return closed


def _look(connection: Connection, key: SecretKey) -> _Waiting:
    since = counted_since(connection) or ""
    if not _is_month(since):
        return _Waiting((), {})
    through, pools = _read_waiting(connection, key)
    return _Waiting(tuple(_months(month_after(through) if through else since, today()[:7])), pools)


def _close(connection: Connection, key: SecretKey, actor: str) -> bool:
    # Looked at again: another officer may have been faster.
    waiting = _look(connection, key)
    if not waiting.months:
        return False
    counts, done = _count(connection, key, waiting.months)
    figures: list[Figure] = []
    pools = dict(waiting.pools)
    for month in waiting.months:
        for measure in MEASURES:
            pool = pools.get(measure, Pool(waiting.months[0], 0))
            figure, pools[measure] = close_month(measure, pool, month, counts[month, measure])
            figures += [figure] if figure else []
    known = {(each.measure, each.first_month) for each in list_figures(connection)}
    publish(connection, [each for each in figures if (each.measure, each.first_month) not in known])
    put_waiting(connection, seal_waiting(key.public, _written(waiting.months[-1], pools)))
    remove_notes(connection, done)
    record_act(connection, actor, Act.FIGURES, note=waiting.months[-1])
    return True


def _count(connection: Connection, key: SecretKey, months: Sequence[str]) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Return how often each measure was noted in each month, and the notes that are counted by this."""
    counts: Counter[tuple[str, str]] = Counter()
    done = []
    for note_id, sealed in list_notes(connection).items():
        try:
            month, measures = _read_note(open_note(key, sealed))
        except (SealBroken, Malformed):
            done.append(note_id)  # of another key, or somebody's own: it never opens
            continue
        if month <= months[-1]:
            done.append(note_id)
            # One of a month that is closed already: the clock was put back. It counts in the first that is not.
            counts.update((max(month, months[0]), measure) for measure in measures if measure in MEASURES)
    return counts, done


def _read_note(document: bytes) -> tuple[str, tuple[str, ...]]:
    fields = read_object(document, len(document))
    month = fields.text("month", 7)
    measures = fields.list_of("measures", len(MEASURES), str)
    fields.end()
    if not _is_month(month):
        raise Malformed("a month is YYYY-MM")
    return month, measures


def _read_waiting(connection: Connection, key: SecretKey) -> tuple[str, Mapping[str, Pool]]:
    """Return the last month that was closed, or empty, and what waits."""
    sealed = read_waiting(connection)
    if sealed is None:
        return "", {}
    try:
        fields = read_object(open_waiting(key, sealed), WAITING_SIZE)
        through = fields.text("through", 7)
        pools = dict(fields.list_of("pools", len(MEASURES) * 2, _pool))
        fields.end()
        if not _is_month(through):
            raise Malformed("a month is YYYY-MM")
    except (SealBroken, Malformed):
        # What waited is lost. What was published goes on after its last month.
        return max((each.last_month for each in list_figures(connection)), default=""), {}
    return through, pools


def _pool(value: object) -> tuple[str, Pool]:
    fields = Fields(value, "pool")
    measure, first = fields.text("measure", 40), fields.text("since", 7)
    pool = Pool(first, fields.integer("count", LEAST_SHOWN - 1))
    fields.end()
    return measure, pool


def _written(through: str, pools: Mapping[str, Pool]) -> bytes:
    waiting = [{"measure": name, "since": pool.first_month, "count": pool.count} for name, pool in pools.items()]
    return write_object({"through": through, "pools": waiting})


def _months(first: str, end: str) -> Iterator[str]:
    """Yield the months from one on, without the last: it is not over."""
    month = first
    for _each in range(_MOST_MONTHS):
        if month >= end:
            return
        yield month
        month = month_after(month)


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text[:4].isdecimal() and text[5:].isdecimal() and text.isascii()
