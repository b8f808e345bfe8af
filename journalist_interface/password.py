"""Changing one's password: one key is sealed anew, not the vault; every other session of the account ends."""

from dataclasses import dataclass, field

from journalist_interface.accounts import check_password
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.proof import Claim, prove_again
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.reviewers import put_secret
from store.desk.sessions import end_other_sessions


@dataclass(frozen=True)
class NewPassword:
    """What was typed: who somebody is, the new password, and the new one once more."""

    claim: Claim
    new: str = field(repr=False)
    again: str = field(repr=False)


def change_password(desk: Desk, throttle: Throttle, signed_in: SignedIn, typed: NewPassword) -> None:
    """Have the new password open the account, and the old one nothing.

    Raises SetUpRefused if the new one will not do, TryLater, or SignInRefused if the one of now or the code is wrong.
    """
    check_password(typed.new, signed_in.username)
    if typed.new != typed.again:
        raise SetUpRefused(_("The two new passwords differ. Nothing was changed. Type the new one twice."))
    proof = prove_again(desk, throttle, signed_in.username, typed.claim)
    sealed = proof.secret.seal_under(typed.new, signed_in.username)
    with desk.database.writing() as connection:
        proof.spend(connection)
        put_secret(connection, signed_in.username, sealed)
        end_other_sessions(connection, signed_in.username, signed_in.token.lookup_hash())
        record_act(connection, signed_in.username, Act.PASSWORD)
    # A stolen password must not open what lies in the log under the old one.
    desk.database.leave_no_trace()
    throttle.succeeded(signed_in.username)
