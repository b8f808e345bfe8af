"""Consent: a second person agrees that a link may be used, and is given a code to hand over; or refuses.

The administrator has the link and not the code; whoever consents has the code and not the link. Neither alone can take
an account over, and both are in the trail.
"""

import time
from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.account_changes import put_roles
from journalist_interface.consenters import consenters, may_consent
from journalist_interface.desk_folder import Desk
from journalist_interface.entrances import close_entrances
from journalist_interface.errors import SetUpRefused
from journalist_interface.links import is_vouched_for
from journalist_interface.sessions import SignedIn
from keys.consent_code import draw_consent_code, hash_consent_code
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import (
    Invitation,
    InvitationKind,
    find_invitation,
    keep_consent,
    list_invitations,
    remove_invitation,
)
from store.desk.reviewers import find_reviewer
from store.errors import Missing


@dataclass(frozen=True)
class Waiting:
    """A request that waits for consent, and whether whoever looks may give it."""

    link: Invitation
    mine: bool


def waiting_requests(desk: Desk, signed_in: SignedIn) -> tuple[Waiting, ...] | None:
    """Return what waits for consent, the newest first; None if this person's consent does not count here."""
    with desk.database.reading() as connection:
        asked = [link for link in list_invitations(connection, int(time.time())) if link.waits_for_consent]
        links = [link for link in asked if is_vouched_for(connection, link)]
        waiting = [Waiting(link, may_consent(connection, signed_in.username, link)) for link in links]
        if signed_in.username not in consenters(connection):
            # An officer who stands in for the only supervisor, in what concerns her: of the rest they see nothing.
            waiting = [each for each in waiting if each.mine]
            return tuple(waiting) or None
        return tuple(waiting)


def consent(desk: Desk, signed_in: SignedIn, untrusted_hash: str) -> tuple[Invitation, str]:
    """Agree to a request; return it, and the code to be handed to the person. Raises SetUpRefused, EntranceStays.

    Other work for somebody is done by this, and the code is empty: nobody has to come in who is not here already.
    """
    with desk.database.writing() as connection:
        link = _waiting(connection, signed_in, untrusted_hash)
        record_act(connection, signed_in.username, Act.CONSENT, note=f"{link.username}: {_what(link)}")
        if link.kind is not InvitationKind.ROLES:
            code = draw_consent_code()
            keep_consent(connection, link.lookup_hash, signed_in.username, hash_consent_code(code))
            return link, code
        remove_invitation(connection, link.lookup_hash)
        put_roles(connection, signed_in.username, find_reviewer(connection, link.username), link.roles)
    desk.database.leave_no_trace()
    close_entrances(desk, signed_in.username)
    return link, ""


def refuse(desk: Desk, signed_in: SignedIn, untrusted_hash: str) -> None:
    """Have the link open nothing. Raises SetUpRefused if the request is gone, or not this person's to judge.

    Raises EntranceStays if that is done, but not all.
    """
    with desk.database.writing() as connection:
        link = _waiting(connection, signed_in, untrusted_hash)
        remove_invitation(connection, link.lookup_hash)
        record_act(connection, signed_in.username, Act.INVITATION_BACK, note=f"{link.username}: refused")
    close_entrances(desk, signed_in.username)


def _waiting(connection: Connection, signed_in: SignedIn, untrusted_hash: str) -> Invitation:
    try:
        link = find_invitation(connection, bytes.fromhex(untrusted_hash), int(time.time()))
    except (Missing, ValueError) as reason:
        raise _gone() from reason
    mine = link.waits_for_consent and may_consent(connection, signed_in.username, link)
    if not mine or not is_vouched_for(connection, link):
        raise _gone()
    return link


def _gone() -> SetUpRefused:
    return SetUpRefused(
        _("This request is not here any more, or it is not yours to judge. Nothing was changed by you.")
    )


def _what(link: Invitation) -> str:
    return ", ".join(sorted(link.roles)) or link.kind.value
