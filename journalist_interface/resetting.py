"""Coming back after a loss: another authenticator with the password of now, or a new password with a new key.

- Asked for by an administrator, agreed to by a second person, done by the one whom it concerns: with the link of the
  first and the code of the second.
- Who knows the password keeps every case: the same key is sealed anew, with another authenticator.
- Who does not has a new key. What was sealed to the old one is shut for good: the cases are taken off their list, and
  their colleagues are told, who can let them in again. The intake key has to be handed to them anew.
- Whatever was lost counts no more: sessions, passkeys, recovery codes.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.accounts import check_password
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.entrances import close_entrances
from journalist_interface.errors import EntranceStays, SetUpRefused
from journalist_interface.key_names import name_key
from journalist_interface.links import give_link, throttled_as, use_link, void_given_by
from journalist_interface.offered_secret import OfferedSecret
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from keys.consent_code import check_consent
from keys.errors import SignInRefused
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.factors import FactorKind, remove_factors
from store.desk.invitations import Invitation, InvitationKind
from store.desk.lapsed import lapse_clearances
from store.desk.reviewers import find_reviewer, put_authenticator, renew_keys
from store.desk.sessions import end_all_sessions
from store.errors import Missing

RESETS = frozenset({InvitationKind.SECOND_FACTOR, InvitationKind.PASSWORD})


@dataclass(frozen=True)
class TypedReset:
    """What was typed: the code of consent, the password (of now, or the new one twice), a code of the new
    authenticator, and the secret that was offered to it."""

    consent: str = field(repr=False)
    password: str = field(repr=False)
    again: str = field(repr=False)
    code: str = field(repr=False)
    offered: OfferedSecret = field(repr=False)


def ask_reset(desk: Desk, signed_in: SignedIn, username: str, kind: InvitationKind) -> SessionToken:
    """Return the link with which somebody comes back once a second person consents. Raises SetUpRefused, Missing."""
    if username == signed_in.username:
        raise SetUpRefused(_("Another administrator must ask for this: nobody resets their own account."))
    with desk.database.writing() as connection:
        find_reviewer(connection, username)
        return give_link(connection, signed_in.username, kind, username, frozenset(), consent=True)


def reset(desk: Desk, throttle: Throttle, link: Invitation, typed: TypedReset) -> RecoveryCodes:
    """Do what the link is for, use it up, and return new recovery codes.

    Raises SetUpRefused if something has to be typed anew, SignInRefused if consent code or password is wrong, TryLater,
    LinkOver if somebody was faster.
    """
    if link.kind is InvitationKind.PASSWORD:
        _check_new_password(typed, link.username)
    step = typed.offered.check(typed.code)
    # By the link: whoever tries names at sign-in holds up nobody who has one.
    throttle.begin(throttled_as(link), is_stranger=False)
    _check_consent(link, typed.consent)
    before = _sealed_before(desk, link)
    secret = _secret(before, link, typed)
    sealed = secret.seal_under(typed.password, link.username)
    codes = draw_codes(secret.seed, link.username)
    with desk.database.writing() as connection:
        use_link(connection, link)
        if find_reviewer(connection, link.username).sealed_secret != before:
            raise SignInRefused("the password was changed meanwhile")  # the old one must not come back by this
        if link.kind is InvitationKind.PASSWORD:
            renew_keys(connection, link.username, secret.key().public, sealed)
            lapse_clearances(connection, link.username, now())
        put_authenticator(connection, link.username, sealed, step)
        _forget_what_was_lost(connection, link.username)
        codes.keep(connection)
        record_act(connection, link.username, Act.RESET, note=link.kind.value)
        # Whoever had what was lost may have consented with it.
        void_given_by(connection, link.username, link.username, "came back after a loss")
        if link.kind is InvitationKind.PASSWORD:
            name_key(connection, link.username, link.username, secret.key().public)
    # Neither the old password nor the lost authenticator must open what lies in the log.
    desk.database.leave_no_trace()
    with suppress(EntranceStays):
        # Links that they gave are void, and so are the keys. Not theirs to mend who comes back: the desk tries again.
        close_entrances(desk, link.username)
    throttle.succeeded(throttled_as(link))
    return codes


def _check_new_password(typed: TypedReset, username: str) -> None:
    check_password(typed.password, username)
    if typed.password != typed.again:
        raise SetUpRefused(_("The two passwords differ. Nothing was changed. Type the new one twice."))


def _check_consent(link: Invitation, untrusted_code: str) -> None:
    if link.consent_hash is None:
        raise SetUpRefused(
            _(
                "Nobody has consented yet. Nothing was changed, and this link stays good. Ask your supervisor for the "
                "code of consent, in person."
            )
        )
    check_consent(untrusted_code, link.consent_hash)


def _sealed_before(desk: Desk, link: Invitation) -> bytes:
    with desk.database.reading() as connection:
        try:
            return find_reviewer(connection, link.username).sealed_secret
        except Missing as reason:
            raise SignInRefused("no such reviewer") from reason


def _secret(sealed: bytes, link: Invitation, typed: TypedReset) -> ReviewerSecret:
    new = link.kind is InvitationKind.PASSWORD
    secret = ReviewerSecret.draw() if new else ReviewerSecret.open(sealed, typed.password, link.username)
    return replace(secret, totp_secret=typed.offered.totp_secret)


def _forget_what_was_lost(connection: Connection, username: str) -> None:
    for kind in (FactorKind.RECOVERY_CODE, FactorKind.PASSKEY):
        remove_factors(connection, username, kind)
    end_all_sessions(connection, username)
