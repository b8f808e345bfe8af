"""Inviting somebody: a link that an administrator hands over, with which a new person makes their own account.

- It is good for the user name and the roles that were chosen, and for nothing else (links.py says how long).
- A supervisor can be invited with a second person's consent only: else an administrator could make their own second
  person.
"""

import time
from collections.abc import Collection

from sqlalchemy import Connection

from journalist_interface.accounts import check_username
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.links import give_link, sweep_links
from journalist_interface.roles import check_roles
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.invitations import InvitationKind, find_invitation_of
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.errors import Missing


def invite(desk: Desk, signed_in: SignedIn, untrusted_name: str, untrusted_roles: Collection[str]) -> str:
    """Return the text of a new link, 86 characters, for the person to whom the administrator hands it. Shown once.

    Raises SetUpRefused if user name or roles will not do, or if somebody has that name or a link for it.
    """
    check_username(untrusted_name)
    roles = check_roles(_read_roles(untrusted_roles))
    consent = Role.SUPERVISOR in roles
    with desk.database.writing() as connection:
        sweep_links(connection)
        _check_nobody_has(connection, untrusted_name)
        _check_no_link_for(connection, untrusted_name)
        token = give_link(connection, signed_in.username, InvitationKind.JOIN, untrusted_name, roles, consent=consent)
    return token.cookie()


def _check_nobody_has(connection: Connection, username: str) -> None:
    try:
        find_reviewer(connection, username)
    except Missing:
        return
    raise SetUpRefused(
        _("Somebody is called “{name}” here already. Nothing was changed. Choose another user name.").format(
            name=username
        )
    )


def _check_no_link_for(connection: Connection, username: str) -> None:
    try:
        find_invitation_of(connection, username, int(time.time()))
    except Missing:
        return
    raise SetUpRefused(
        _(
            "A link for “{name}” was given out already and waits below, so no second one was made. If the first was "
            "lost, or you pressed the button twice and did not note it, take it back; then invite again."
        ).format(name=username)
    )


def _read_roles(untrusted: Collection[str]) -> list[Role]:
    known = {role.value for role in Role}
    if not known.issuperset(untrusted):
        raise SetUpRefused(_("There is no such role. Nothing was changed. Choose among those below."))
    return [Role(name) for name in untrusted]
