"""Adding a passkey to one's account, and removing one. Both need the password and a second factor."""

from dataclasses import dataclass, field

from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.passkeys import MOST_PASSKEYS, OwnPasskey, PasskeyAnswer, open_passkeys, seal_passkey
from journalist_interface.proof import Claim, prove, prove_again
from journalist_interface.sessions import SignedIn, own_factor_key
from journalist_interface.throttle import Throttle
from keys.errors import PasskeyRefused
from keys.factor_seal import FactorKey
from keys.passkey import LONGEST_LABEL, Passkey, check_enrolment, read_enrolment
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.factors import (
    FactorKind,
    add_factors,
    count_factors,
    list_factors,
    new_factor_id,
    remove_factor,
)
from store.errors import Missing


@dataclass(frozen=True)
class NewPasskey:
    """What was sent: who somebody is, what they call the passkey, and what their browser made."""

    claim: Claim
    label: str
    made: PasskeyAnswer = field(repr=False)


def own_passkeys(desk: Desk, signed_in: SignedIn) -> list[OwnPasskey]:
    """Return one's own passkeys, the oldest first."""
    with desk.database.reading() as connection:
        rows = list_factors(connection, signed_in.username, FactorKind.PASSKEY)
    return open_passkeys(own_factor_key(desk, signed_in), rows)


def own_passkey(desk: Desk, signed_in: SignedIn, untrusted_id: str) -> OwnPasskey:
    """Return one of one's own passkeys. Raises Missing if it is not there, or is somebody else's."""
    for each in own_passkeys(desk, signed_in):
        if each.id == untrusted_id:
            return each
    raise Missing("no such passkey of this account")


def add_passkey(desk: Desk, throttle: Throttle, signed_in: SignedIn, typed: NewPasskey) -> None:
    """Have a new passkey count. Raises SetUpRefused if it will not do, TryLater or SignInRefused: then it does not."""
    label = " ".join(typed.label.split())
    if not 0 < len(label) <= LONGEST_LABEL:
        raise SetUpRefused(
            _("Give the passkey a name of at most {most} letters. Nothing was changed.").format(most=LONGEST_LABEL)
        )
    # Throttled before it is judged: that uses a challenge up, and there are only so many for everybody.
    throttle.begin(signed_in.username, is_stranger=False)
    passkey = _judge(typed.made, label)
    proof = prove(desk, signed_in.username, typed.claim.password, typed.claim.code, typed.claim.passkey)
    row = seal_passkey(FactorKey(proof.secret.seed), signed_in.username, new_factor_id(), passkey)
    with desk.database.writing() as connection:
        if count_factors(connection, signed_in.username, FactorKind.PASSKEY) >= MOST_PASSKEYS:
            raise SetUpRefused(_("You have ten passkeys, and no more can be kept. Remove one first."))
        proof.spend(connection)
        add_factors(connection, [row])
        record_act(connection, signed_in.username, Act.FACTOR_ADDED, note=FactorKind.PASSKEY)
    throttle.succeeded(signed_in.username)


def take_passkey_away(desk: Desk, throttle: Throttle, signed_in: SignedIn, passkey: OwnPasskey, claim: Claim) -> None:
    """Have a passkey count no more. Raises TryLater, SignInRefused, or Missing if it is gone already."""
    proof = prove_again(desk, throttle, signed_in.username, claim)
    with desk.database.writing() as connection:
        proof.spend(connection)
        remove_factor(connection, signed_in.username, passkey.id)
        record_act(connection, signed_in.username, Act.FACTOR_REMOVED, note=FactorKind.PASSKEY)
    desk.database.leave_no_trace()
    throttle.succeeded(signed_in.username)


def _judge(made: PasskeyAnswer, label: str) -> Passkey:
    try:
        enrolment = read_enrolment(made.untrusted)
        made.challenges.use(enrolment.challenge, made.purpose)
        return check_enrolment(enrolment, made.address, label, now())
    except PasskeyRefused as reason:
        raise SetUpRefused(
            _("The browser brought no passkey that the desk can use. Nothing was changed. Try again on this page.")
        ) from reason
