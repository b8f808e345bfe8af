"""Second factors beside the authenticator's codes: sealed rows that only the account's own secret opens."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.account_tables import second_factors
from store.errors import Missing


class FactorKind(StrEnum):
    """What somebody proves themselves with, besides the password."""

    TOTP = "authenticator"  # never a row: its secret lies beside the seed, under the password
    RECOVERY_CODE = "recovery-code"
    PASSKEY = "passkey"


@dataclass(frozen=True)
class Factor:
    """One row."""

    username: str
    id: str
    kind: FactorKind
    sealed: Ciphertext = field(repr=False)


def new_factor_id() -> str:
    """Return a random id, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def add_factors(connection: Connection, factors: Iterable[Factor]) -> None:
    """Keep new factors."""
    for factor in factors:
        connection.execute(
            insert(second_factors).values(
                id=factor.id, username=factor.username, kind=factor.kind.value, sealed=factor.sealed
            )
        )


def list_factors(connection: Connection, username: str, kind: FactorKind) -> list[Factor]:
    """Return the factors of one kind that an account has, by id: none for an account that is not there."""
    rows = connection.execute(
        select(second_factors.c.id, second_factors.c.sealed)
        .where(second_factors.c.username == username, second_factors.c.kind == kind.value)
        .order_by(second_factors.c.id)
    )
    return [Factor(username, row.id, kind, row.sealed) for row in rows]


def count_factors(connection: Connection, username: str, kind: FactorKind) -> int:
    """Return how many factors of one kind an account has."""
    query = select(func.count()).select_from(second_factors)
    query = query.where(second_factors.c.username == username, second_factors.c.kind == kind.value)
    return int(connection.execute(query).scalar_one())


def put_factor(connection: Connection, factor: Factor) -> None:
    """Keep a factor that changed. Raises Missing if it is not there any more."""
    changed = connection.execute(
        update(second_factors)
        .where(second_factors.c.id == factor.id, second_factors.c.username == factor.username)
        .values(sealed=factor.sealed)
    )
    if changed.rowcount != 1:
        raise Missing("no such second factor")


def remove_factor(connection: Connection, username: str, factor_id: str) -> None:
    """Erase one of somebody's factors. Raises Missing if it is not there (any more)."""
    gone = connection.execute(
        delete(second_factors).where(second_factors.c.id == factor_id, second_factors.c.username == username)
    )
    if gone.rowcount != 1:
        raise Missing("no such second factor")


def remove_factors(connection: Connection, username: str, kind: FactorKind) -> None:
    """Erase all of somebody's factors of one kind."""
    connection.execute(
        delete(second_factors).where(second_factors.c.username == username, second_factors.c.kind == kind.value)
    )
