"""Making new recovery codes for one's own account. The old ones are void at once."""

from journalist_interface.desk_folder import Desk
from journalist_interface.proof import Claim, prove_again
from journalist_interface.recovery_codes import draw_codes
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from store.desk.audit import Act, record_act
from store.desk.factors import FactorKind


def make_new_codes(desk: Desk, throttle: Throttle, signed_in: SignedIn, claim: Claim) -> tuple[str, ...]:
    """Return ten new codes, to be shown once. Raises TryLater or SignInRefused; then the old ones count still."""
    proof = prove_again(desk, throttle, signed_in.username, claim)
    drawn = draw_codes(proof.secret.seed, signed_in.username)
    with desk.database.writing() as connection:
        proof.spend(connection)
        drawn.keep(connection)
        record_act(connection, signed_in.username, Act.FACTOR_ADDED, note=FactorKind.RECOVERY_CODE)
    desk.database.leave_no_trace()
    throttle.succeeded(signed_in.username)
    return drawn.codes
