"""Proving who somebody is: user name, password, second factor. One failure for every cause, the same work for each."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import KeyExchanged
from journalist_interface.key_names import OtherKey, check_named, is_named, name_key
from journalist_interface.passkeys import PasskeyAnswer
from journalist_interface.second_factor import AccountFactors, UsedFactor, check_second_factor
from journalist_interface.throttle import Throttle
from keys.errors import SignInRefused
from keys.factor_seal import FactorKey
from keys.reviewer_key import TOTP_SECRET_BYTES, ReviewerSecret, stand_in
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.factors import Factor, FactorKind, list_factors
from store.desk.reviewers import Reviewer, find_reviewer
from store.errors import Missing

# After every step there is: a code that would be right is not taken.
_NO_STEP_LEFT = 1 << 62


@dataclass(frozen=True)
class Proof:
    """A reviewer who has just proved who they are. `spend` it in the transaction of what they came to do."""

    reviewer: Reviewer
    secret: ReviewerSecret = field(repr=False)
    factor: UsedFactor

    def spend(self, connection: Connection) -> None:
        """Use up the second factor. Raises SignInRefused if somebody was faster with the same one, or if the account
        has got another password or key, or was suspended, since this was proved."""
        self._check_unchanged(connection)
        self.factor.spend(connection, self.reviewer.username)
        if not is_named(connection, self.reviewer.username):
            # From before keys were named. This is the true one: it came out of its owner's secret.
            name_key(connection, self.reviewer.username, self.reviewer.username, self.secret.key().public)

    def _check_unchanged(self, connection: Connection) -> None:
        # Guessing is made slow: a password that was right when it was looked at may have been changed meanwhile, by
        # an owner who knows that somebody has it.
        try:
            row = find_reviewer(connection, self.reviewer.username)
        except Missing as reason:
            raise SignInRefused("this account is gone") from reason
        proved = self.reviewer
        if (row.sealed_secret, row.suspended) != (proved.sealed_secret, proved.suspended):
            raise SignInRefused("this account was changed meanwhile")


@dataclass(frozen=True)
class Claim:
    """What somebody offers to prove who they are: the password, and what was typed as a code or a passkey's answer."""

    password: str = field(repr=False)
    code: str = field(repr=False)
    passkey: PasskeyAnswer | None = None


@dataclass(frozen=True)
class _Account:
    """What the database has under a user name: no reviewer if nobody has it."""

    username: str
    reviewer: Reviewer | None
    recovery_codes: list[Factor]
    passkeys: list[Factor]

    def factors(self, secret: ReviewerSecret | None) -> AccountFactors:
        """Return what a second factor is judged by; without a secret, something that no factor is right for."""
        key = FactorKey(secret.seed) if secret else FactorKey.stand_in()
        totp = secret.totp_secret if secret else bytes(TOTP_SECRET_BYTES)
        last_step = self.reviewer.last_totp_step if secret and self.reviewer else _NO_STEP_LEFT
        return AccountFactors(self.username, key, totp, last_step, self.recovery_codes, self.passkeys)


def prove(desk: Desk, username: str, password: str, code: str, passkey: PasskeyAnswer | None = None) -> Proof:
    """Return the proof. Raises SignInRefused, and records the failure, if any of the three is wrong.

    `code` is one of the authenticator, or a recovery code. Raises KeyExchanged, and records that, if all is right and
    the account's public key in the database is not the one of its secret.
    """
    account = _look_up(desk, username)
    try:
        proof = _check(account, Claim(password, code, passkey))
        _check_public_key(desk, proof)
    except SignInRefused:
        # A name nobody has may be a password typed into the wrong box: it is not recorded.
        with desk.database.writing() as connection:
            record_act(connection, account.reviewer.username if account.reviewer else "", Act.SIGN_IN_FAILED)
        raise
    return proof


def prove_again(desk: Desk, throttle: Throttle, username: str, claim: Claim) -> Proof:
    """Return the proof of somebody who is signed in already. Raises as `prove`, and TryLater: a stolen session is no
    licence to guess."""
    throttle.begin(username, is_stranger=False)
    return prove(desk, username, claim.password, claim.code, claim.passkey)


def _look_up(desk: Desk, username: str) -> _Account:
    with desk.database.reading() as connection:
        try:
            reviewer: Reviewer | None = find_reviewer(connection, username)
        except Missing:
            reviewer = None
        return _Account(
            username,
            reviewer,
            list_factors(connection, username, FactorKind.RECOVERY_CODE),
            list_factors(connection, username, FactorKind.PASSKEY),
        )


def _check(account: _Account, claim: Claim) -> Proof:
    now = time.time()
    sealed = account.reviewer.sealed_secret if account.reviewer else stand_in()
    try:
        secret = ReviewerSecret.open(sealed, claim.password, account.username)
    except SignInRefused:
        # The work of checking the second factor is done here too.
        with suppress(SignInRefused):
            check_second_factor(account.factors(None), claim.code, claim.passkey, now)
        raise
    if account.reviewer is None:
        raise SignInRefused("no such reviewer")
    factor = check_second_factor(account.factors(secret), claim.code, claim.passkey, now)
    if account.reviewer.suspended:
        raise SignInRefused("this account is suspended")  # last, so that the answer took as long as any
    return Proof(account.reviewer, secret, factor)


def _check_public_key(desk: Desk, proof: Proof) -> None:
    # Only here are both halves at hand. Whoever can write to the database could put a public key of their own in the
    # place of a colleague's, and read every case that is opened to that colleague from then on.
    public = proof.secret.key().public
    if public == proof.reviewer.public_key and _is_as_named(desk, proof.reviewer.username, public):
        return
    with desk.database.writing() as connection:
        proof.spend(connection)
        record_act(connection, proof.reviewer.username, Act.KEY_EXCHANGED)
    raise KeyExchanged(
        _(
            "What you typed is right, but nothing was done: the key that the desk has under your name is not yours. "
            "Somebody with access to the database exchanged it. Tell your supervisor and the auditor now, in person, "
            "and do not try again before they say so. Cases opened since may be readable to whoever did this, and "
            "not to you. Your own key is safe, and nothing that you could read before is lost."
        )
    )


def _is_as_named(desk: Desk, username: str, public: bytes) -> bool:
    # The row may have been put back, with what was written into the trail to make another key pass still there.
    with desk.database.reading() as connection:
        try:
            check_named(connection, {username: public})
        except OtherKey:
            return False
    return True
