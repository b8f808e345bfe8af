"""Enrolling another authenticator: a secret is drawn, shown as a QR code, and proved with one code before it counts."""

from dataclasses import dataclass, field, replace

from journalist_interface.desk_folder import Desk
from journalist_interface.offered_secret import OfferedSecret
from journalist_interface.proof import Claim, prove_again
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from store.desk.audit import Act, record_act
from store.desk.factors import FactorKind
from store.desk.reviewers import put_authenticator
from store.desk.sessions import end_other_sessions


@dataclass(frozen=True)
class NewAuthenticator:
    """What was sent: who somebody is, the offered secret as it travelled, and a code of the new authenticator."""

    claim: Claim
    offered: OfferedSecret
    new_code: str = field(repr=False)


def enrol(desk: Desk, throttle: Throttle, signed_in: SignedIn, typed: NewAuthenticator) -> None:
    """Have the new authenticator's codes count, and the old one's no more. The account's other sessions end.

    Raises SetUpRefused if the new code does not fit, TryLater, or SignInRefused; then the old one counts still.
    """
    # First: whoever mistypes it has not used up a recovery code.
    step = typed.offered.check(typed.new_code)
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
