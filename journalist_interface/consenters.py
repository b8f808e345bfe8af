"""Who may consent to what an administrator alone may not do.

- Supervisors. While there is none who could, intake officers: a small desk has nobody else, and an only supervisor who
  lost something must be able to come back.
- Of those only who holds the intake key, for a colleague gave it to them: an administrator alone can invite an officer,
  and must not make their own second person in this way.
- Never whoever asked, and never whom it is about. Nobody who is suspended.
- If nobody is left, consent cannot be given, and what was asked for waits.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from store.desk.case_requests import kept_out
from store.desk.intake import key_holders
from store.desk.invitations import Invitation
from store.desk.roles import Role, at_work


def consenters(connection: Connection, but: Collection[str] = ()) -> tuple[str, ...]:
    """Return the user names of those whose consent counts, if these others may not give it."""
    supervisors = tuple(name for name in at_work(connection, Role.SUPERVISOR) if name not in but)
    return supervisors or tuple(name for name in key_holders(connection) if name not in but)


def consenters_in_case(connection: Connection, asked_by: str, reference: str) -> tuple[str, ...]:
    """Return those who can agree to what a reader of a case asks for: nobody whom a wall keeps out of it."""
    return consenters(connection, but=(asked_by, *kept_out(connection, reference)))


def consenters_to(connection: Connection, link: Invitation) -> tuple[str, ...]:
    """Return the user names of those who can agree to this link's being used."""
    return consenters(connection, but=(link.asked_by, link.username))


def may_consent(connection: Connection, username: str, link: Invitation) -> bool:
    """Tell whether somebody can agree to this link's being used."""
    return username in consenters_to(connection, link)


def sees_people(connection: Connection, roles: frozenset[Role]) -> bool:
    """Tell whether somebody with these roles may see who is there: whoever makes accounts, or consents to them."""
    if Role.ADMINISTRATOR in roles or Role.SUPERVISOR in roles:
        return True
    return Role.INTAKE_OFFICER in roles and not at_work(connection, Role.SUPERVISOR)
