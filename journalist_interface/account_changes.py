"""What an administrator changes of somebody else's account: suspended or not, and what they may do.

An administrator opens no door by this: roles are permissions of the software, and a role without its key opens nothing.
One role is not theirs to give: whoever becomes a supervisor does so with another person's consent (consenting.py).
"""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.entrances import close_entrances, has_entrance
from journalist_interface.errors import SetUpRefused
from journalist_interface.links import give_link, void_given_by, void_links_of
from journalist_interface.roles import check_roles, read_roles
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.further import is_only_reader
from store.desk.intake import key_holders, two_are_needed
from store.desk.invitations import Invitation, InvitationKind, find_invitation_of, remove_invitation
from store.desk.reviewers import Reviewer, find_reviewer, suspend, take_passphrase
from store.desk.roles import Role, change_roles
from store.desk.sessions import end_all_sessions
from store.errors import Missing


@dataclass(frozen=True)
class Person:
    """An account as an administrator sees it, and the link that waits for its owner, if there is one.

    `is_only_reader`: nobody else at work can read some case of theirs; how many, and which, is nobody's to know here.
    `entrance`: whether they have a key to the desk through Tor; None if it has no onion service.
    """

    account: Reviewer
    link: Invitation | None
    is_only_reader: bool
    entrance: bool | None


def look_at_person(desk: Desk, username: str) -> Person:
    """Return an account. Raises Missing."""
    entrance = has_entrance(desk, username)
    with desk.database.reading() as connection:
        account = find_reviewer(connection, username)
        only = not account.suspended and Role.REVIEWER in account.roles and is_only_reader(connection, username)
        try:
            return Person(account, find_invitation_of(connection, username, int(time.time())), only, entrance)
        except Missing:
            return Person(account, None, only, entrance)


def suspend_account(desk: Desk, signed_in: SignedIn, username: str) -> None:
    """Let nobody sign in to an account, end its sessions, and take its key to the desk away.

    Raises SetUpRefused, Missing; EntranceStays if all is done but the last.
    """
    _check_not_oneself(signed_in, username)
    with desk.database.writing() as connection:
        account = find_reviewer(connection, username)
        if not account.suspended:  # else a form that was sent twice
            _shut(connection, signed_in.username, account)
    desk.database.leave_no_trace()
    close_entrances(desk, signed_in.username)


def readmit_account(desk: Desk, signed_in: SignedIn, username: str) -> None:
    """Let somebody sign in again, to all that was theirs; they get no key to the desk by this. Raises Missing."""
    with desk.database.writing() as connection:
        if find_reviewer(connection, username).suspended:
            suspend(connection, username, False)
            record_act(connection, signed_in.username, Act.READMIT, note=username)


def change_account_roles(desk: Desk, signed_in: SignedIn, username: str, untrusted_roles: Collection[str]) -> bool:
    """Have somebody do other work, and end their sessions; or ask for it, if it would make them a supervisor.

    Tell whether it is done: if not, it waits for a second person's consent. Raises SetUpRefused, Missing,
    EntranceStays.
    """
    roles = check_roles(read_roles(untrusted_roles))
    _check_not_oneself(signed_in, username)
    with desk.database.writing() as connection:
        account = find_reviewer(connection, username)
        if roles == account.roles:
            return True
        if Role.SUPERVISOR in roles - account.roles:
            # They could then consent to what this administrator asks for.
            give_link(connection, signed_in.username, InvitationKind.ROLES, username, roles, consent=True)
            return False
        _drop_wish(connection, signed_in.username, username)
        put_roles(connection, signed_in.username, account, roles)
    desk.database.leave_no_trace()
    close_entrances(desk, signed_in.username)
    return True


def put_roles(connection: Connection, actor: str, account: Reviewer, roles: frozenset[Role]) -> None:
    """Have an account's roles be these, end its sessions, and record it. Raises SetUpRefused.

    The database's log is to be emptied afterwards.
    """
    if Role.INTAKE_OFFICER in account.roles - roles:
        _check_the_post_still_opens(connection, account)
        take_passphrase(connection, account.username)
    change_roles(connection, account.username, roles)
    end_all_sessions(connection, account.username)
    told = " -> ".join(", ".join(sorted(each)) for each in (account.roles, roles))
    record_act(connection, actor, Act.ROLES, note=f"{account.username}: {told}")
    void_given_by(connection, actor, account.username, "does other work")


def _shut(connection: Connection, actor: str, account: Reviewer) -> None:
    _check_the_post_still_opens(connection, account)
    suspend(connection, account.username, True)
    end_all_sessions(connection, account.username)
    record_act(connection, actor, Act.SUSPEND, note=account.username)
    void_given_by(connection, actor, account.username, "was suspended")
    void_links_of(connection, actor, account.username, "the account was suspended")


def _drop_wish(connection: Connection, actor: str, username: str) -> None:
    """Forget other work that was asked for and waits: consent to it would undo what is done now."""
    with suppress(Missing):
        link = find_invitation_of(connection, username, int(time.time()))
        if link.kind is InvitationKind.ROLES:
            remove_invitation(connection, link.lookup_hash)
            record_act(connection, actor, Act.INVITATION_BACK, note=f"{username}: overtaken")


def _check_not_oneself(signed_in: SignedIn, username: str) -> None:
    if username == signed_in.username:
        raise SetUpRefused(_("That is your own account: another administrator must do this. Nothing was changed."))


def _check_the_post_still_opens(connection: Connection, account: Reviewer) -> None:
    holders = key_holders(connection)
    needed = 2 if two_are_needed(connection) else 1
    if account.username in holders and len(holders) <= needed:
        raise SetUpRefused(
            _(
                "Without {name} nobody could unlock the intake key and open the post. Nothing was changed. Have the "
                "key handed to another intake officer first."
            ).format(name=account.username)
        )
