"""Moving a source from the lookup id of one pepper to that of the next, and ending the time of the one before.

Rules:
- A source is moved whole, in one transaction: its row, and all that names it. The lookup id of before is then nowhere.
- What the charity knows a source by, the address, stays: deliveries, letters and files find it as before.
- For nobody the same work is done: a row that never was is made, moved and erased within one transaction. The moved one
  is given as much beside it as the other has, so both write to the same tables.
- Ending erases what nobody can open any more, and nothing that waits for the charity.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from keys.carried import nothing_carried
from keys.ciphertext import Ciphertext
from keys.memo import empty_memo, no_answers
from keys.statuses import Status
from store.database import Database
from store.drop.reply_files import erase_files_of_source
from store.drop.shut import IS_OPEN
from store.drop.tables import replies, reply_files, sources, submissions
from store.errors import Missing

_LOOKUP_ID_SIZE = 32
_REPLY_KEY_SIZE = 1216
_NOBODYS_DAY = "2026-01-01"
_OF_A_SOURCE = (submissions, replies, reply_files)


@dataclass(frozen=True)
class FoundSource:
    """A source that is here: where, of which pepper, and what was carried over for it (keys.carried)."""

    lookup_id: bytes
    pepper: int
    carried: Ciphertext | None


@dataclass(frozen=True)
class Place:
    """Where a source is moved: the lookup id of another pepper, that pepper's number, and what is carried over."""

    lookup_id: bytes
    pepper: int
    carried: Ciphertext


def find_sources(database: Database, lookup_ids: Sequence[bytes]) -> list[FoundSource | None]:
    """Return the source of each lookup id, or None: all are looked for, whichever is there."""
    with database.reading() as connection:
        return [_find(connection, lookup_id) for lookup_id in lookup_ids]


def find_by_address(database: Database, address: str) -> FoundSource | None:
    """Return the source that the charity knows by this address, wherever it was moved; None if there is none."""
    query = select(sources.c.lookup_id, sources.c.pepper, sources.c.carried).where(
        sources.c.address == address, IS_OPEN
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else FoundSource(row.lookup_id, row.pepper, row.carried)


def carry_source(
    database: Database, before: bytes, place: Place, memo_anew: Callable[[Ciphertext | None], Ciphertext]
) -> None:
    """Move the source at the lookup id `before`. `memo_anew` seals its memo for the new one. Raises Missing, NoRoom."""
    with database.erasing() as connection:
        row = connection.execute(select(sources).where(sources.c.lookup_id == before)).one_or_none()
        if row is None:
            raise Missing("this source was moved already, or has withdrawn everything")
        _move(connection, row._asdict(), place, memo_anew(row.memo))


def carry_nobody(database: Database) -> None:
    """Write as much as `carry_source` does, and keep nothing: it is gone before anybody else can see it."""
    place = Place(secrets.token_bytes(_LOOKUP_ID_SIZE), 0, nothing_carried())
    nobody = {
        "lookup_id": secrets.token_bytes(_LOOKUP_ID_SIZE),
        "address": secrets.token_hex(32),
        "reply_key": secrets.token_bytes(_REPLY_KEY_SIZE),
        "status": Status.SENT.value,
        "status_day": _NOBODYS_DAY,
        "fetched": False,
        "memo": empty_memo(),
        "pepper": 0,
        "carried": nothing_carried(),
    }
    with database.erasing() as connection:
        connection.execute(insert(sources).values(nobody))
        _move(connection, nobody, place, empty_memo())
        connection.execute(delete(sources).where(sources.c.lookup_id == place.lookup_id))


def count_left(database: Database, newest: int) -> int:
    """Return how many sources have not come back since the pepper of this number came."""
    with database.reading() as connection:
        return connection.execute(
            select(func.count()).select_from(sources).where(sources.c.pepper != newest)
        ).scalar_one()


def erase_left(database: Database, newest: int) -> None:
    """Erase what is here of sources of another pepper than the newest: nobody can open it any more.

    What waits for the charity goes to it all the same, as from somebody who does not come back. The charity is told
    nothing: no reply was read or deleted. Files are noted as going: `finish_files` erases them.
    """
    left = select(sources.c.lookup_id).where(sources.c.pepper != newest)
    with database.reading() as connection:
        if not connection.execute(select(exists().where(sources.c.pepper != newest))).scalar():
            return
    with database.erasing() as connection:
        for lookup_id in connection.execute(left).scalars().all():
            erase_files_of_source(connection, lookup_id)
        connection.execute(update(submissions).where(submissions.c.lookup_id.in_(left)).values(lookup_id=None))
        connection.execute(delete(replies).where(replies.c.lookup_id.in_(left)))
        connection.execute(delete(sources).where(sources.c.pepper != newest))


def _find(connection: Connection, lookup_id: bytes) -> FoundSource | None:
    query = select(sources.c.pepper, sources.c.carried).where(sources.c.lookup_id == lookup_id, IS_OPEN)
    row = connection.execute(query).one_or_none()
    return None if row is None else FoundSource(lookup_id, row.pepper, row.carried)


def _move(connection: Connection, row: dict[str, object], place: Place, memo: Ciphertext) -> None:
    before = row["lookup_id"]
    # An address is one source's, and what names a source needs its row: so the old one gives its address up first, and
    # goes last.
    connection.execute(update(sources).where(sources.c.lookup_id == before).values(address=secrets.token_hex(32)))
    moved = {"lookup_id": place.lookup_id, "pepper": place.pepper, "carried": place.carried, "memo": memo}
    connection.execute(insert(sources).values({**row, **moved}))
    names = _put_something(connection, before)
    for table in _OF_A_SOURCE:
        connection.execute(update(table).where(table.c.lookup_id == before).values(lookup_id=place.lookup_id))
    connection.execute(delete(submissions).where(submissions.c.id == names))
    connection.execute(delete(replies).where(replies.c.id == names))
    connection.execute(delete(reply_files).where(reply_files.c.blob == names))
    connection.execute(delete(sources).where(sources.c.lookup_id == before))


def _put_something(connection: Connection, lookup_id: object) -> str:
    """Put a submission, a reply and a file that never were beside a source; return the one id of all three.

    So a source without replies is moved in as many writes as one with some, and nobody in as many as either.
    """
    name = secrets.token_hex(16)
    of = {"lookup_id": lookup_id, "day": _NOBODYS_DAY}
    connection.execute(insert(submissions).values(id=name, **of))
    connection.execute(insert(replies).values(id=name, sealed=no_answers(), read=False, answers=no_answers(), **of))
    connection.execute(
        insert(reply_files).values(blob=name, reply=name, size=0, sha256=secrets.token_hex(32), here=False, **of)
    )
    return name
