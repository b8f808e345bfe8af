"""What reviewers say of themselves: topics they take, until when they are away, and standing recusals, sealed."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from keys.ciphertext import Ciphertext
from store.desk.account_tables import profiles
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class ProfileRow:
    """One reviewer's. `back_on` is the day of return, YYYY-MM-DD, or None.

    `sealed_recusals` opens with the intake key, `sealed_own` with the reviewer's.
    """

    username: str
    topics: frozenset[str]
    back_on: str | None
    sealed_recusals: Ciphertext = field(repr=False)
    sealed_own: Ciphertext = field(repr=False)


def find_profile(connection: Connection, username: str) -> ProfileRow:
    """Return a reviewer's. Raises Missing if they never said anything."""
    row = connection.execute(select(profiles).where(profiles.c.username == username)).first()
    if row is None:
        raise Missing("this reviewer has said nothing of themselves")
    return _profile(row)


def list_profiles(connection: Connection) -> dict[str, ProfileRow]:
    """Return those of everybody who said something, by user name."""
    return {row.username: _profile(row) for row in connection.execute(select(profiles))}


def put_profile(connection: Connection, row: ProfileRow, replaced: Ciphertext | None) -> None:
    """Keep what a reviewer says. `replaced` is `sealed_own` as it was read, None if there was no row.

    Raises AlreadyThere if somebody, in another window, changed it since.
    """
    values = {
        "topics": " ".join(sorted(row.topics)),
        "back_on": row.back_on,
        "sealed_recusals": row.sealed_recusals,
        "sealed_own": row.sealed_own,
    }
    if replaced is None:
        try:
            connection.execute(insert(profiles).values(username=row.username, **values))
        except IntegrityError as reason:
            raise AlreadyThere("this was changed meanwhile") from reason
        return
    same = (profiles.c.username == row.username, profiles.c.sealed_own == replaced)
    if connection.execute(update(profiles).where(*same).values(**values)).rowcount != 1:
        raise AlreadyThere("this was changed meanwhile")


def exchange_recusals(connection: Connection, username: str, sealed: Ciphertext) -> None:
    """Keep the same recusals sealed to another intake key."""
    same = profiles.c.username == username
    connection.execute(update(profiles).where(same).values(sealed_recusals=sealed))


def _profile(row: Row[*tuple[Any, ...]]) -> ProfileRow:
    return ProfileRow(row.username, frozenset(row.topics.split()), row.back_on, row.sealed_recusals, row.sealed_own)
