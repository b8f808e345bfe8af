"""Joining: whoever has the link sets a password, enrols an authenticator, and has an account from then on.

- The user name and the roles are those of the link; nothing in the form can choose others.
- The account has no intake passphrase: an intake officer who joins waits until a colleague hands the key over.
- Account, recovery codes, record and the end of the link are one transaction: of two tabs one wins.
"""

from dataclasses import dataclass, field, replace

from journalist_interface.accounts import NewAccount, added_note, check_password, make_account_with
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.key_names import name_key
from journalist_interface.links import find_link, throttled_as, use_link
from journalist_interface.offered_secret import OfferedSecret
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.throttle import Throttle
from keys.consent_code import check_consent
from keys.errors import SignInRefused
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import Invitation, InvitationKind
from store.desk.reviewers import add_reviewer
from store.errors import AlreadyThere

_JOIN = frozenset({InvitationKind.JOIN})


@dataclass(frozen=True)
class TypedJoin:
    """What was typed, and the secret that was offered to the authenticator. `consent`: empty where none is needed."""

    password: str = field(repr=False)
    again: str = field(repr=False)
    code: str = field(repr=False)
    consent: str = field(repr=False)
    offered: OfferedSecret = field(repr=False)


def find_join(desk: Desk, untrusted_text: str) -> tuple[SessionToken, Invitation]:
    """Return a link to join with. Raises LinkOver if it opens nothing, for whatever cause.

    One that waits for consent is returned: the page says so, to whoever has the link, and to nobody else.
    """
    return find_link(desk, untrusted_text, _JOIN)


def join(desk: Desk, throttle: Throttle, link: Invitation, typed: TypedJoin) -> RecoveryCodes:
    """Make the account, use the link up, and return the account's recovery codes, to be shown once.

    Raises SetUpRefused if something has to be typed anew, TryLater, LinkOver if somebody was faster.
    """
    name = throttled_as(link)
    throttle.begin(name, is_stranger=False)
    if typed.password != typed.again:
        raise SetUpRefused(_("The two passwords differ. Nothing was changed. Type the password twice."))
    check_password(typed.password, link.username)
    step = typed.offered.check(typed.code)
    _check_consent(link, typed.consent)
    account = _make(link, typed, step)
    codes = draw_codes(account.secret.seed, link.username)
    with desk.database.writing() as connection:
        use_link(connection, link)
        try:
            add_reviewer(connection, account.reviewer)
        except AlreadyThere as reason:
            raise _taken(link) from reason
        codes.keep(connection)
        record_act(connection, link.username, Act.JOIN, note=added_note(account.reviewer))
        name_key(connection, link.username, link.username, account.reviewer.public_key)
    throttle.succeeded(name)
    return codes


def _check_consent(link: Invitation, untrusted_code: str) -> None:
    if not link.needs_consent:
        return
    if link.consent_hash is None:
        raise SetUpRefused(_("Nobody has consented yet. Nothing was changed, and this link stays good."))
    try:
        check_consent(untrusted_code, link.consent_hash)
    except SignInRefused as reason:
        raise SetUpRefused(
            _(
                "The code of consent does not fit. Nothing was changed, and the QR code is the same. Compare it with "
                "what you were given; it is not a code of your authenticator."
            )
        ) from reason


def _make(link: Invitation, typed: TypedJoin, step: int) -> NewAccount:
    secret = replace(ReviewerSecret.draw(), totp_secret=typed.offered.totp_secret)
    account = make_account_with(secret, link.username, typed.password, link.roles)
    # The code that proved the authenticator is used: it lets nobody in who read it over a shoulder.
    return replace(account, reviewer=replace(account.reviewer, last_totp_step=step))


def _taken(link: Invitation) -> SetUpRefused:
    return SetUpRefused(
        _(
            "Somebody got an account called “{name}” in the meantime, in another way. Nothing was changed. Ask your "
            "administrator for a link for another user name."
        ).format(name=link.username)
    )
