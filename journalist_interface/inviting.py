"""Inviting somebody: a link that an administrator hands over, with which a new person makes their own account.

- It is good for the user name and the roles that were chosen, and for nothing else (links.py says how long).
- If the desk has an onion service, the key to it is made with the link, and goes with it (entrances.py).
- A supervisor can be invited with a second person's consent only: else an administrator could make their own second
  person.
"""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.accounts import check_username
from journalist_interface.desk_folder import Desk
from journalist_interface.entrances import Entrance, changing_keys, close_entrances, let_in
from journalist_interface.errors import SetUpRefused
from journalist_interface.links import give_link, sweep_links
from journalist_interface.roles import check_roles
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import InvitationKind, find_invitation_of, remove_invitation
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.errors import Missing


@dataclass(frozen=True)
class Invited:
    """What the administrator hands over: the text of a link, 86 characters, and the way to the desk, if that is on."""

    link: str = field(repr=False)
    entrance: Entrance | None


def invite(desk: Desk, signed_in: SignedIn, untrusted_name: str, untrusted_roles: Collection[str]) -> Invited:
    """Return a new link, and a key to the desk through Tor, for a person to join with. Shown once.

    Raises SetUpRefused if user name or roles will not do, or if somebody has that name or a link for it.
    """
    check_username(untrusted_name)
    roles = check_roles(_read_roles(untrusted_roles))
    consent = Role.SUPERVISOR in roles
    with changing_keys(desk) as connection:
        sweep_links(connection)
        _check_nobody_has(connection, untrusted_name)
        _check_no_link_for(connection, untrusted_name)
        token = give_link(connection, signed_in.username, InvitationKind.JOIN, untrusted_name, roles, consent=consent)
        # Last: if its file cannot be written, there is no link either.
        entrance = let_in(connection, desk, signed_in.username, untrusted_name)
    return Invited(token.cookie(), entrance)


def take_link_back(desk: Desk, actor: str, username: str) -> None:
    """Have a link open nothing any more, nor the key that came with it. If it is gone already, nothing happens.

    Raises EntranceStays.
    """
    with suppress(Missing), desk.database.writing() as connection:
        remove_invitation(connection, find_invitation_of(connection, username, int(time.time())).lookup_hash)
        record_act(connection, actor, Act.INVITATION_BACK, note=f"{username}: taken back")
    close_entrances(desk, actor)


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
