"""Enrolling another authenticator: a secret is drawn, shown as a QR code, and proved with one code before it counts.

Until then the secret travels in the form, sealed under the session's own key: nothing is stored of it, nobody without
the cookie can read it or choose one, and a mistake shows the same QR code again.
"""

import base64
import secrets
import time
from dataclasses import dataclass, field, replace

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.proof import Claim, prove_again
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from keys.errors import SealBroken, SignInRefused
from keys.reviewer_key import TOTP_SECRET_BYTES
from keys.session_seal import SessionToken
from keys.totp import check_code
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.factors import FactorKind
from store.desk.reviewers import put_authenticator
from store.desk.sessions import end_other_sessions

_PURPOSE = b"new authenticator"
_LONGEST_FIELD = 128  # characters


@dataclass(frozen=True)
class OfferedSecret:
    """A TOTP secret that does not count yet, and how it travels in the form."""

    totp_secret: bytes = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True)
class NewAuthenticator:
    """What was sent: who somebody is, the offered secret as it travelled, and a code of the new authenticator."""

    claim: Claim
    offered: OfferedSecret
    new_code: str = field(repr=False)


def offer_secret(signed_in: SignedIn) -> OfferedSecret:
    """Return a new secret."""
    return _sealed(signed_in.token, secrets.token_bytes(TOTP_SECRET_BYTES))


def offered_before(signed_in: SignedIn, untrusted_sealed: str) -> OfferedSecret:
    """Return the secret that came back in the form. Raises SetUpRefused if it is not one of this session's."""
    try:
        if len(untrusted_sealed) > _LONGEST_FIELD:
            raise SealBroken("longer than any sealed secret")
        raw = base64.b64decode(untrusted_sealed.encode("utf-8", "replace"), validate=True)
        return OfferedSecret(signed_in.token.open(raw, _PURPOSE), untrusted_sealed)
    except (SealBroken, ValueError) as reason:
        raise SetUpRefused(
            _("This page was too old to be used. Nothing was changed. Scan the new QR code.")
        ) from reason


def enrol(desk: Desk, throttle: Throttle, signed_in: SignedIn, typed: NewAuthenticator) -> None:
    """Have the new authenticator's codes count, and the old one's no more. The account's other sessions end.

    Raises SetUpRefused if the new code does not fit, TryLater, or SignInRefused; then the old one counts still.
    """
    try:
        # First: whoever mistypes it has not used up a recovery code.
        step = check_code(typed.offered.totp_secret, typed.new_code, time.time(), last_step=0)
    except SignInRefused as reason:
        raise SetUpRefused(
            _(
                "The code of the new authenticator does not fit. Nothing was changed, and the QR code is the same. "
                "Look whether that device's clock is right, wait for its next code, then try again."
            )
        ) from reason
    proof = prove_again(desk, throttle, signed_in.username, typed.claim)
    secret = replace(proof.secret, totp_secret=typed.offered.totp_secret)
    sealed = secret.seal_under(typed.claim.password, signed_in.username)
    with desk.database.writing() as connection:
        proof.spend(connection)
        put_authenticator(connection, signed_in.username, sealed, step)
        end_other_sessions(connection, signed_in.username, signed_in.token.lookup_hash())
        record_act(connection, signed_in.username, Act.FACTOR_ADDED, note=FactorKind.TOTP)
    # The lost authenticator's secret must not lie in the log, under a password that may be known.
    desk.database.leave_no_trace()
    throttle.succeeded(signed_in.username)


def _sealed(token: SessionToken, totp_secret: bytes) -> OfferedSecret:
    return OfferedSecret(totp_secret, base64.b64encode(token.seal(totp_secret, _PURPOSE)).decode("ascii"))
