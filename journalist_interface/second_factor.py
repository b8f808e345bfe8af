"""The second factor of a proof: a code of the authenticator, a recovery code, or a passkey. Each can be used once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.passkeys import PasskeyAnswer, find_passkey
from journalist_interface.recovery_codes import find_code
from keys.errors import SignInRefused
from keys.factor_seal import FactorKey
from keys.totp import check_code
from store.desk.factors import Factor, FactorKind, put_factor, remove_factor
from store.desk.reviewers import use_totp_step
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class AccountFactors:
    """What an account's second factors are judged by. `last_step`: the last step of which a one-time code was used."""

    username: str
    key: FactorKey
    totp_secret: bytes = field(repr=False)
    last_step: int
    recovery_codes: Sequence[Factor] = ()
    passkeys: Sequence[Factor] = ()


@dataclass(frozen=True)
class UsedFactor:
    """A second factor that was right. `spend` it in the transaction of what somebody came to do."""

    kind: FactorKind
    id: str = ""
    step: int = 0
    # Of a passkey: its row with the counter moved on.
    passkey: Factor | None = None

    def spend(self, connection: Connection, username: str) -> None:
        """Use it up. Raises SignInRefused if somebody was faster with the same."""
        try:
            if self.kind is FactorKind.TOTP:
                use_totp_step(connection, username, self.step)
            elif self.passkey is not None:
                # What is used up of a passkey is the challenge; one that was removed meanwhile lets nobody in.
                put_factor(connection, self.passkey)
            else:
                remove_factor(connection, username, self.id)
        except (AlreadyThere, Missing) as reason:
            raise SignInRefused("this second factor was used before") from reason


def check_second_factor(account: AccountFactors, code: str, answer: PasskeyAnswer | None, now: float) -> UsedFactor:
    """Return which factor was right. Raises SignInRefused if none was.

    Every kind is tried, whatever was typed and whosever account it is: the work is the same. A passkey is tried if the
    browser sent the answer of one, right or not.
    """
    step = _right_step(account, code, now)
    used_code = _right_code(account, code)
    passkey = None if answer is None else _right_passkey(account, answer)
    if passkey is not None:
        return UsedFactor(FactorKind.PASSKEY, id=passkey.id, passkey=passkey)
    if step is not None:
        return UsedFactor(FactorKind.TOTP, step=step)
    if used_code is not None:
        return UsedFactor(FactorKind.RECOVERY_CODE, id=used_code)
    raise SignInRefused("no second factor was right")


def _right_step(account: AccountFactors, code: str, now: float) -> int | None:
    try:
        return check_code(account.totp_secret, code, now, account.last_step)
    except SignInRefused:
        return None


def _right_code(account: AccountFactors, code: str) -> str | None:
    try:
        return find_code(account.key, account.username, account.recovery_codes, code)
    except SignInRefused:
        return None


def _right_passkey(account: AccountFactors, answer: PasskeyAnswer) -> Factor | None:
    try:
        return find_passkey(account.key, account.username, account.passkeys, answer)
    except SignInRefused:
        return None
