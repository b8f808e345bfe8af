"""Which intake keys this desk had, one after the other, and which of them the source host seals to.

Both are settings: bytes under a name. The statements are no secret; they are kept so that one can be carried again, to
a source host that was restored from before.
"""

import json
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, select

from store.desk.account_tables import settings
from store.desk.settings import Setting, keep_setting


@dataclass(frozen=True)
class Kept:
    """One change of the intake key, on a day YYYY-MM-DD, and the statement (JSON) that tells the source host of it.

    `put_away` is the day on which the old secret key was erased here, empty while it is kept.
    """

    number: int
    day: str
    old: str
    new: str
    statement: str
    put_away: str = ""


@dataclass(frozen=True)
class DropKey:
    """The key that the source host says it seals to, and since which run of the courier (Unix seconds) it says so."""

    fingerprint: str
    since: int


def list_successions(connection: Connection) -> tuple[Kept, ...]:
    """Return all changes, the oldest first."""
    found = _read(connection, Setting.INTAKE_SUCCESSIONS)
    return () if found is None else tuple(Kept(**each) for each in json.loads(found))


def add_succession(connection: Connection, kept: Kept) -> None:
    """Keep one change more."""
    _keep(connection, (*list_successions(connection), kept))


def note_put_away(connection: Connection, day: str) -> None:
    """Note of all former keys that are still here that they are erased."""
    all_kept = list_successions(connection)
    _keep(connection, tuple(replace(each, put_away=each.put_away or day) for each in all_kept))


def read_drop_key(connection: Connection) -> DropKey | None:
    """Return what the source host seals to, as far as it ever said so."""
    found = _read(connection, Setting.DROP_INTAKE_KEY)
    return None if found is None else DropKey(**json.loads(found))


def note_drop_key(connection: Connection, fingerprint: str, now: int) -> None:
    """Note what the source host says it seals to; since when is kept while it says the same."""
    before = read_drop_key(connection)
    if before is None or before.fingerprint != fingerprint:
        found = json.dumps(asdict(DropKey(fingerprint, now)))
        keep_setting(connection, Setting.DROP_INTAKE_KEY, found.encode("utf-8"))


def _keep(connection: Connection, all_kept: tuple[Kept, ...]) -> None:
    found = json.dumps([asdict(each) for each in all_kept])
    keep_setting(connection, Setting.INTAKE_SUCCESSIONS, found.encode("utf-8"))


def _read(connection: Connection, name: Setting) -> str | None:
    found = connection.execute(select(settings.c.value).where(settings.c.name == name.value)).scalar_one_or_none()
    return None if found is None else bytes(found).decode("utf-8")
