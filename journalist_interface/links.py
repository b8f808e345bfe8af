"""Links that a person is given once: to join the desk, or to come back after a loss.

A link is 64 random bytes in an address, two halves like a session's cookie: one finds the row, the other opens what is
sealed for whoever has the link. The desk shows it once and keeps a hash. Whoever has it can use it, once, for three
days; where it needs consent, with the code of the person who consented and not without.
A link is worth what those are who gave it: it is erased once its administrator, or whoever consented, is suspended,
does other work or comes back after a loss, and is not theirs again if they are readmitted. What somebody did before it
was known that they had turned, or somebody else in their name, must not outlive their office.
"""

import time
from contextlib import suppress

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import LinkOver, SetUpRefused
from keys.errors import Malformed
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import (
    Invitation,
    InvitationKind,
    add_invitation,
    find_invitation,
    remove_expired,
    remove_given_by,
    remove_invitation,
    remove_links_of,
)
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.errors import AlreadyThere, Missing

LINK_DAYS = 3
_DAY_SECONDS = 24 * 3600
_ASKING = frozenset({Role.ADMINISTRATOR})
_CONSENTING = frozenset({Role.SUPERVISOR, Role.INTAKE_OFFICER})


def give_link(
    connection: Connection, actor: str, kind: InvitationKind, username: str, roles: frozenset[Role], *, consent: bool
) -> SessionToken:
    """Return a new link for a user name, kept and recorded. Raises SetUpRefused if there is an unused one."""
    sweep_links(connection)
    token, now = SessionToken.draw(), int(time.time())
    link = Invitation(
        token.lookup_hash(), kind, username, roles, actor, now, now + LINK_DAYS * _DAY_SECONDS, needs_consent=consent
    )
    try:
        add_invitation(connection, link)
    except AlreadyThere as reason:
        raise SetUpRefused(
            _("A link for {name} was given out already. Take that one back first.").format(name=username)
        ) from reason
    record_act(connection, actor, Act.INVITE, note=f"{username}: {', '.join(sorted(roles)) or kind.value}")
    return token


def find_link(desk: Desk, untrusted_text: str, kinds: frozenset[InvitationKind]) -> tuple[SessionToken, Invitation]:
    """Return a link of one of these kinds. Raises LinkOver if it opens nothing, for whatever cause."""
    try:
        token = SessionToken.read(untrusted_text)
    except Malformed:
        token = SessionToken.draw()  # the same work, and nothing is found
    with desk.database.reading() as connection, suppress(Missing):
        link = find_invitation(connection, token.lookup_hash(), int(time.time()))
        if link.kind in kinds and is_vouched_for(connection, link):
            return token, link
    raise link_over()


def use_link(connection: Connection, link: Invitation) -> None:
    """Use a link up. Raises LinkOver if somebody was faster: one of two tabs, or whoever took it or its worth away."""
    if not is_vouched_for(connection, link):
        raise link_over()
    try:
        remove_invitation(connection, link.lookup_hash)
    except Missing as reason:
        raise link_over() from reason


def is_vouched_for(connection: Connection, link: Invitation) -> bool:
    """Tell whether whoever asked for a link, and whoever consented to it, are still what they were then."""
    if not _is_in_office(connection, link.asked_by, _ASKING):
        return False
    return link.consented_by is None or _is_in_office(connection, link.consented_by, _CONSENTING)


def throttled_as(link: Invitation) -> str:
    """Return under which name attempts at a link are counted: each by itself, so that only its holder uses them up."""
    return "link " + link.lookup_hash.hex()[:32]


def sweep_links(connection: Connection) -> None:
    """Erase what has expired, and record it. By nobody: it ended by itself."""
    for link in remove_expired(connection, int(time.time())):
        record_act(connection, "", Act.INVITATION_BACK, note=f"{link.username}: expired")


def void_given_by(connection: Connection, actor: str, username: str, why: str) -> None:
    """Have nothing open any more that somebody asked for or consented to; record each with the reason."""
    for link in remove_given_by(connection, username):
        record_act(connection, actor, Act.INVITATION_BACK, note=f"{link.username}: void, {username} {why}")


def void_links_of(connection: Connection, actor: str, username: str, why: str) -> None:
    """Have the link that was given out for somebody open nothing any more, and record it."""
    for link in remove_links_of(connection, username):
        record_act(connection, actor, Act.INVITATION_BACK, note=f"{link.username}: void, {why}")


def _is_in_office(connection: Connection, username: str, roles: frozenset[Role]) -> bool:
    try:
        found = find_reviewer(connection, username)
    except Missing:
        return False
    return not found.suspended and not roles.isdisjoint(found.roles)


def link_over() -> LinkOver:
    """Return the one error for every link that opens nothing."""
    return LinkOver(
        _(
            "This link opens nothing, or nothing any more: each can be used once, and for three days. "
            "Nothing was changed. Ask the administrator for a new one."
        )
    )
