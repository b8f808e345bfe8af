"""Who may consent to what an administrator alone may not do.

- Supervisors. While there is none who could, intake officers: a small desk has nobody else.
- Of those only who holds the intake key, for a colleague gave it to them: an administrator alone can invite an officer,
  and must not make their own second person in this way.
- Never whoever asked, and never whom it is about. Nobody who is suspended.
- If nobody is left, consent cannot be given, and what was asked for waits.
"""

from sqlalchemy import Connection

from store.desk.intake import key_holders
from store.desk.invitations import Invitation
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role


def consenting_role(connection: Connection) -> Role:
    """Return the role whose consent counts at this desk now."""
    at_work = [each for each in list_reviewers(connection) if not each.suspended]
    return Role.SUPERVISOR if any(Role.SUPERVISOR in each.roles for each in at_work) else Role.INTAKE_OFFICER


def consenters(connection: Connection) -> tuple[str, ...]:
    """Return the user names of those whose consent counts."""
    if consenting_role(connection) is Role.INTAKE_OFFICER:
        return tuple(key_holders(connection))
    everybody = list_reviewers(connection)
    return tuple(each.username for each in everybody if Role.SUPERVISOR in each.roles and not each.suspended)


def may_consent(connection: Connection, username: str, link: Invitation) -> bool:
    """Tell whether somebody can agree to this link's being used."""
    return username in consenters(connection) and username not in (link.asked_by, link.username)


def sees_people(connection: Connection, roles: frozenset[Role]) -> bool:
    """Tell whether somebody with these roles may see who is there: whoever makes accounts, or consents to them."""
    if Role.ADMINISTRATOR in roles or Role.SUPERVISOR in roles:
        return True
    return Role.INTAKE_OFFICER in roles and consenting_role(connection) is Role.INTAKE_OFFICER
