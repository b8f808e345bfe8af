"""Who is at the desk, and which links to join wait to be used. Of what anybody reads, nothing is here."""

import time
from contextlib import suppress
from dataclasses import dataclass

from journalist_interface.consenters import consenters_to, sees_people
from journalist_interface.desk_folder import Desk
from journalist_interface.links import sweep_links
from journalist_interface.sessions import SignedIn
from store.desk.invitations import Invitation, list_invitations
from store.desk.reviewers import Reviewer, list_reviewers
from store.errors import NoRoom


@dataclass(frozen=True)
class WaitingLink:
    """A link that nobody used yet; `consents`: the user names of those who may agree to it, if somebody has to."""

    link: Invitation
    consents: tuple[str, ...]


@dataclass(frozen=True)
class People:
    """Everybody with an account by user name, and the links that wait, the newest first."""

    accounts: tuple[Reviewer, ...]
    waiting: tuple[WaitingLink, ...]


def shows_people(desk: Desk, signed_in: SignedIn) -> bool:
    """Tell whether somebody may see who is at the desk."""
    with desk.database.reading() as connection:
        return sees_people(connection, signed_in.roles)


def list_people(desk: Desk) -> People:
    """Return everybody, and the links that wait. Links that have expired are gone with this, and recorded."""
    # On a full disk they stay for now. They open nothing, and are not listed either.
    with suppress(NoRoom), desk.database.writing() as connection:
        sweep_links(connection)
    with desk.database.reading() as connection:
        links = list_invitations(connection, int(time.time()))
        waiting = (WaitingLink(each, consenters_to(connection, each)) for each in links)
        return People(tuple(list_reviewers(connection)), tuple(waiting))
