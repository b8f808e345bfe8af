"""Recovery codes of an account: ten, each for one time. Shown once, when they are drawn; new ones make the old void.

A code goes where the authenticator's code goes: at sign-in, and wherever the desk asks who somebody is.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken, SignInRefused
from keys.factor_seal import FactorKey, FactorPlace
from keys.recovery_code import draw_recovery_code, hash_recovery_code, read_recovery_code
from store.desk.factors import (
    Factor,
    FactorKind,
    add_factors,
    count_factors,
    new_factor_id,
    remove_factors,
)

CODES = 10
_KIND = FactorKind.RECOVERY_CODE
_SEALED_SIZE = 12 + 32 + 16  # nonce, hash, tag


@dataclass(frozen=True)
class RecoveryCodes:
    """New codes for the person, who must take them down now, and the rows that will know them again."""

    username: str
    codes: tuple[str, ...] = field(repr=False)
    _rows: tuple[Factor, ...] = field(repr=False)

    def keep(self, connection: Connection) -> None:
        """Have these codes count, and none from before."""
        remove_factors(connection, self.username, _KIND)
        add_factors(connection, self._rows)


def draw_codes(seed: bytes, username: str) -> RecoveryCodes:
    """Return new codes for the account with this 96-byte secret seed. They count once they are kept."""
    key = FactorKey(seed)
    codes = tuple(draw_recovery_code() for _ in range(CODES))
    return RecoveryCodes(username, codes, tuple(_row(key, username, code) for code in codes))


def codes_left(desk: Desk, username: str) -> int:
    """Return how many codes an account can still use."""
    with desk.database.reading() as connection:
        return count_factors(connection, username, _KIND)


def find_code(key: FactorKey, username: str, rows: Sequence[Factor], typed: str) -> str:
    """Return the id of the row that knows the typed code. Raises SignInRefused if none does.

    As many rows are looked at, whatever the account has and whether it exists: the time tells nothing of either.
    """
    try:
        wanted = hash_recovery_code(read_recovery_code(typed))
    except Malformed as reason:
        raise SignInRefused("no recovery code was typed") from reason
    found = [factor.id for factor in _padded(username, rows) if _knows(key, factor, wanted)]
    if not found:
        raise SignInRefused("the recovery code is wrong or was used before")
    return found[0]


def _row(key: FactorKey, username: str, code: str) -> Factor:
    factor_id = new_factor_id()
    sealed = key.seal(hash_recovery_code(code), FactorPlace(username, _KIND, factor_id))
    return Factor(username, factor_id, _KIND, sealed)


def _knows(key: FactorKey, factor: Factor, wanted: bytes) -> bool:
    try:
        known = key.open(factor.sealed, FactorPlace(factor.username, factor.kind, factor.id))
    except SealBroken:
        return False
    return hmac.compare_digest(known, wanted)


def _padded(username: str, rows: Sequence[Factor]) -> list[Factor]:
    nothing = Factor(username, "", _KIND, Ciphertext(bytes(_SEALED_SIZE)))
    # More rows than codes are somebody else's doing: they are not looked at.
    return [*rows[:CODES], *[nothing] * (CODES - len(rows))]
