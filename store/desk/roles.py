"""Roles: what an account may do. A role is a permission of the software; what keeps a case shut is its key."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from store.desk.account_tables import reviewers, roles


class Role(StrEnum):
    """What somebody at the desk does."""

    INTAKE_OFFICER = "intake-officer"  # unlocks the intake key, opens the post, clears reviewers
    REVIEWER = "reviewer"  # can be cleared for cases
    SUPERVISOR = "supervisor"  # the second person: consents to what one alone may not do
    ADMINISTRATOR = "administrator"  # accounts and hosts; never a word of a case
    AUDITOR = "auditor"  # reads the trail of what the others did, and nothing else


def give_roles(connection: Connection, username: str, given: Iterable[Role]) -> None:
    """Give an account its roles."""
    for role in sorted(set(given)):
        connection.execute(insert(roles).values(username=username, role=role.value))


def change_roles(connection: Connection, username: str, given: Iterable[Role]) -> None:
    """Have an account's roles be these and no others."""
    connection.execute(delete(roles).where(roles.c.username == username))
    give_roles(connection, username, given)


def roles_of(connection: Connection, username: str) -> frozenset[Role]:
    """Return the roles of an account: none for an account that is not there. A role we do not know is none."""
    known = {role.value for role in Role}
    found = connection.execute(select(roles.c.role).where(roles.c.username == username)).scalars()
    return frozenset(Role(name) for name in found if name in known)


def at_work(connection: Connection, role: Role) -> tuple[str, ...]:
    """Return the user names of all who have a role and are not suspended."""
    query = (
        select(roles.c.username)
        .join(reviewers, reviewers.c.username == roles.c.username)
        .where(roles.c.role == role.value, reviewers.c.suspended.is_(False))
        .order_by(roles.c.username)
    )
    return tuple(connection.execute(query).scalars())
