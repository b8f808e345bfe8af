"""Inviting somebody: a link that an administrator hands over, with which a new person makes their own account.

- The link is shown to the administrator once. The database has a hash by which it is found, and nothing that opens it.
- It is good for three days, for one person, for the user name and the roles that were chosen.
- A supervisor can be invited with a second person's consent only: else an administrator could make their own second
  person.
- What has expired is removed, and recorded, whenever somebody looks at the links or makes one.
"""

import time
from collections.abc import Collection

from sqlalchemy import Connection

from journalist_interface.accounts import check_username
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.roles import check_roles
from journalist_interface.sessions import SignedIn
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import (
    Invitation,
    InvitationKind,
    add_invitation,
    list_invitations,
    remove_expired,
    remove_invitation,
)
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.errors import AlreadyThere, Missing

DAYS = 3


def invite(desk: Desk, signed_in: SignedIn, untrusted_name: str, untrusted_roles: Collection[str]) -> str:
    """Return the text of a new link, 86 characters, for the person to whom the administrator hands it.

    Raises SetUpRefused if user name or roles will not do, or if somebody has that name or a link for it.
    """
    check_username(untrusted_name)
    roles = check_roles(_read_roles(untrusted_roles))
    token, now = SessionToken.draw(), int(time.time())
    wanted = Invitation(
        lookup_hash=token.lookup_hash(),
        kind=InvitationKind.JOIN,
        username=untrusted_name,
        roles=roles,
        asked_by=signed_in.username,
        asked_at=now,
        expires_at=now + DAYS * 24 * 3600,
        needs_consent=Role.SUPERVISOR in roles,
    )
    with desk.database.writing() as connection:
        clear_expired(connection, now)
        _check_free(connection, wanted.username)
        try:
            add_invitation(connection, wanted)
        except AlreadyThere as reason:
            raise SetUpRefused(
                _(
                    "A link for “{name}” was given out already and waits below. Nothing was changed. If it was lost, "
                    "or if you pressed twice and did not note it, take it back; then invite again."
                ).format(name=wanted.username)
            ) from reason
        record_act(connection, signed_in.username, Act.INVITE, note=invited_note(wanted))
    return token.cookie()


def invited_note(invitation: Invitation) -> str:
    """Return what the trail says of somebody who was invited."""
    return f"{invitation.username}: {', '.join(sorted(invitation.roles))}"


def take_back(desk: Desk, signed_in: SignedIn, untrusted_hash: str) -> bool:
    """Have a link open nothing any more. Return False if it is gone already: used, expired or taken back."""
    try:
        lookup_hash = bytes.fromhex(untrusted_hash)
    except ValueError:
        return False
    now = int(time.time())
    with desk.database.writing() as connection:
        clear_expired(connection, now)
        meant = [each for each in list_invitations(connection, now) if each.lookup_hash == lookup_hash]
        for each in meant:
            remove_invitation(connection, lookup_hash)
            record_act(connection, signed_in.username, Act.INVITATION_BACK, note=f"{each.username}: taken back")
    return bool(meant)


def clear_expired(connection: Connection, now: int) -> None:
    """Remove the links that nobody used in time, and record each. The connection must be a writing one."""
    for each in remove_expired(connection, now):
        record_act(connection, "", Act.INVITATION_BACK, note=f"{each.username}: expired")


def _check_free(connection: Connection, username: str) -> None:
    try:
        find_reviewer(connection, username)
    except Missing:
        return
    raise SetUpRefused(
        _("Somebody is called “{name}” here already. Nothing was changed. Choose another user name.").format(
            name=username
        )
    )


def _read_roles(untrusted: Collection[str]) -> list[Role]:
    known = {role.value for role in Role}
    if not known.issuperset(untrusted):
        raise SetUpRefused(_("There is no such role. Nothing was changed. Choose among those below."))
    return [Role(name) for name in untrusted]
