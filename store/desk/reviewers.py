"""Reviewers: public key, the secret sealed under the password, and the last one-time code used."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.tables import reviewers
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class Reviewer:
    """One reviewer. With `sealed_passphrase` (the intake key's) they are an intake officer, without it they are not."""

    username: str
    public_key: bytes = field(repr=False)
    sealed_secret: Ciphertext = field(repr=False)
    sealed_passphrase: Ciphertext | None = field(repr=False)
    last_totp_step: int

    @property
    def is_intake_officer(self) -> bool:
        """Whether this reviewer can unlock the intake key."""
        return self.sealed_passphrase is not None


def add_reviewer(connection: Connection, reviewer: Reviewer) -> None:
    """Add a reviewer. Raises AlreadyThere if the user name is taken."""
    taken = connection.execute(select(reviewers.c.username).where(reviewers.c.username == reviewer.username)).first()
    if taken is not None:
        raise AlreadyThere("this user name is taken")
    connection.execute(
        insert(reviewers).values(
            username=reviewer.username,
            public_key=reviewer.public_key,
            sealed_secret=reviewer.sealed_secret,
            sealed_passphrase=reviewer.sealed_passphrase,
            last_totp_step=reviewer.last_totp_step,
        )
    )


def find_reviewer(connection: Connection, username: str) -> Reviewer:
    """Return a reviewer. Raises Missing."""
    row = connection.execute(select(reviewers).where(reviewers.c.username == username)).first()
    if row is None:
        raise Missing("no such reviewer")
    return Reviewer(*row)


def list_reviewers(connection: Connection) -> list[Reviewer]:
    """Return all reviewers by user name."""
    return [Reviewer(*row) for row in connection.execute(select(reviewers).order_by(reviewers.c.username))]


def use_totp_step(connection: Connection, username: str, step: int) -> None:
    """Note that the one-time code of `step` was used. Raises AlreadyThere if it, or a later one, was used before."""
    changed = connection.execute(
        update(reviewers)
        .where(reviewers.c.username == username, reviewers.c.last_totp_step < step)
        .values(last_totp_step=step)
    )
    if changed.rowcount != 1:
        raise AlreadyThere("this one-time code was used before")
