"""Accounts: public key, the secret sealed under the password, roles, and the last one-time code used."""

import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.account_tables import intake_shares, reviewers
from store.desk.roles import Role, give_roles, roles_of
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class Reviewer:
    """One account. `sealed_passphrase` is the intake key's, if it is an intake officer's who can unlock it alone."""

    username: str
    public_key: bytes = field(repr=False)
    sealed_secret: Ciphertext = field(repr=False)
    sealed_passphrase: Ciphertext | None = field(repr=False)
    last_totp_step: int
    roles: frozenset[Role]
    joined_at: int = 0  # Unix seconds; 0: before this was kept
    suspended: bool = False


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
            joined_at=int(time.time()),
        )
    )
    give_roles(connection, reviewer.username, reviewer.roles)


def find_reviewer(connection: Connection, username: str) -> Reviewer:
    """Return a reviewer. Raises Missing."""
    row = connection.execute(select(reviewers).where(reviewers.c.username == username)).first()
    if row is None:
        raise Missing("no such reviewer")
    return _with_roles(connection, row)


def list_reviewers(connection: Connection) -> list[Reviewer]:
    """Return all reviewers by user name."""
    rows = connection.execute(select(reviewers).order_by(reviewers.c.username)).all()
    return [_with_roles(connection, row) for row in rows]


def put_secret(connection: Connection, username: str, sealed_secret: Ciphertext) -> None:
    """Change what a password opens: the same secret under another one."""
    connection.execute(update(reviewers).where(reviewers.c.username == username).values(sealed_secret=sealed_secret))


def is_suspended(connection: Connection, username: str) -> bool:
    """Tell whether an account is shut; one that is not there is."""
    found = connection.execute(select(reviewers.c.suspended).where(reviewers.c.username == username)).scalar()
    return found is not False


def take_passphrase(connection: Connection, username: str) -> None:
    """Erase the intake key's passphrase, or the share of it, as it was sealed to somebody."""
    connection.execute(delete(intake_shares).where(intake_shares.c.username == username))
    connection.execute(update(reviewers).where(reviewers.c.username == username).values(sealed_passphrase=None))


def suspend(connection: Connection, username: str, suspended: bool) -> None:
    """Shut an account, or open it again; its keys and cases stay as they are."""
    connection.execute(update(reviewers).where(reviewers.c.username == username).values(suspended=suspended))


def renew_keys(connection: Connection, username: str, public_key: bytes, sealed_secret: Ciphertext) -> None:
    """Give an account another key pair: what was sealed to the old one, the intake passphrase too, opens no more."""
    connection.execute(delete(intake_shares).where(intake_shares.c.username == username))
    connection.execute(
        update(reviewers)
        .where(reviewers.c.username == username)
        .values(public_key=public_key, sealed_secret=sealed_secret, sealed_passphrase=None, last_totp_step=0)
    )


def put_authenticator(connection: Connection, username: str, sealed_secret: Ciphertext, step: int) -> None:
    """Change whose one-time codes count; the one of `step`, with which the new one was proved, is used."""
    connection.execute(
        update(reviewers)
        .where(reviewers.c.username == username)
        .values(sealed_secret=sealed_secret, last_totp_step=step)
    )


def use_totp_step(connection: Connection, username: str, step: int) -> None:
    """Note that the one-time code of `step` was used. Raises AlreadyThere if it, or a later one, was used before."""
    changed = connection.execute(
        update(reviewers)
        .where(reviewers.c.username == username, reviewers.c.last_totp_step < step)
        .values(last_totp_step=step)
    )
    if changed.rowcount != 1:
        raise AlreadyThere("this one-time code was used before")


def _with_roles(connection: Connection, row: Row[*tuple[Any, ...]]) -> Reviewer:
    return Reviewer(
        row.username,
        row.public_key,
        row.sealed_secret,
        row.sealed_passphrase,
        row.last_totp_step,
        roles_of(connection, row.username),
        row.joined_at,
        row.suspended,
    )
