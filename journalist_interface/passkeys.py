"""Passkeys of an account as a second factor: told at sign-in, shown to their owner, kept and removed.

The password is asked for all the same. The browser chooses among the passkeys it has for the desk's address, so the
page needs no user name to ask for one, and tells nobody whether a name exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from journalist_interface.challenges import Challenges
from keys.ciphertext import Ciphertext
from keys.errors import Malformed, PasskeyRefused, SealBroken, SignInRefused
from keys.factor_seal import FactorKey, FactorPlace
from keys.passkey import Assertion, DeskAddress, Passkey, check_assertion, read_assertion, stand_in_passkey
from store.desk.factors import Factor, FactorKind

MOST_PASSKEYS = 10
_KIND = FactorKind.PASSKEY
_NOTHING = Ciphertext(bytes(4096 + 28))  # as long as a sealed passkey


@dataclass(frozen=True)
class PasskeyAnswer:
    """What a browser sent of a passkey, with what it must fit: the desk's address, the challenges, their purpose."""

    untrusted: str = field(repr=False)
    address: DeskAddress
    challenges: Challenges
    purpose: bytes = field(repr=False)


@dataclass(frozen=True)
class OwnPasskey:
    """A passkey as its owner sees it listed."""

    id: str
    passkey: Passkey


def find_passkey(key: FactorKey, username: str, rows: Sequence[Factor], answer: PasskeyAnswer) -> Factor:
    """Return the row of the passkey that answered, its counter moved on. Raises SignInRefused if none did.

    The challenge is used up whatever comes of it. As many rows are opened and one signature is checked, whatever the
    account has and whether it exists.
    """
    try:
        assertion = read_assertion(answer.untrusted)
        answer.challenges.use(assertion.challenge, answer.purpose)
        row, passkey = _chosen(key, username, rows, assertion)
        moved_on = check_assertion(assertion, passkey, answer.address)
        if passkey.rp_id != answer.address.rp_id:
            raise PasskeyRefused("made for another address of the desk")
    except PasskeyRefused as reason:
        raise SignInRefused("no passkey of this account answered") from reason
    return seal_passkey(key, username, row.id, moved_on)


def open_passkeys(key: FactorKey, rows: Sequence[Factor]) -> list[OwnPasskey]:
    """Return the passkeys that open, the oldest first. What somebody else put into the table does not."""
    found = [OwnPasskey(row.id, passkey) for row in rows if (passkey := _open(key, row))]
    return sorted(found, key=lambda each: (each.passkey.added_at, each.id))


def seal_passkey(key: FactorKey, username: str, factor_id: str, passkey: Passkey) -> Factor:
    """Return the row of a passkey."""
    sealed = key.seal(passkey.to_bytes(), FactorPlace(username, _KIND, factor_id))
    return Factor(username, factor_id, _KIND, sealed)


def _chosen(key: FactorKey, username: str, rows: Sequence[Factor], assertion: Assertion) -> tuple[Factor, Passkey]:
    nothing = Factor(username, "", _KIND, _NOTHING)
    chosen = nothing, stand_in_passkey(assertion.credential_id)
    for row in [*rows[:MOST_PASSKEYS], *[nothing] * (MOST_PASSKEYS - len(rows))]:
        passkey = _open(key, row)
        if passkey is not None and passkey.credential.credential_id == assertion.credential_id:
            chosen = row, passkey
    return chosen


def _open(key: FactorKey, row: Factor) -> Passkey | None:
    try:
        return Passkey.from_bytes(key.open(row.sealed, FactorPlace(row.username, row.kind, row.id)))
    except (SealBroken, Malformed):
        return None
