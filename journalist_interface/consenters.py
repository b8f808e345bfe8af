"""Who may consent to what one person alone may not do.

- Supervisors. While there is none who could, intake officers: a small desk has nobody else.
- Of those only who holds the intake key, for a colleague gave it to them: an administrator alone can invite an officer,
  and must not make their own second person in this way.
- Never whoever asked, and never whom it is about.
- Nobody who is suspended. If nobody is left, consent cannot be given, and what was asked for waits.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from store.desk.reviewers import Reviewer, list_reviewers
from store.desk.roles import Role


def consenting_role(people: Iterable[Reviewer]) -> Role:
    """Return the role that consents at this desk now."""
    at_work = [each for each in people if not each.suspended]
    return Role.SUPERVISOR if any(Role.SUPERVISOR in each.roles for each in at_work) else Role.INTAKE_OFFICER


def consenters(people: Iterable[Reviewer], asked_by: str, concerns: str) -> frozenset[str]:
    """Return the user names of all who may consent to what `asked_by` wants for `concerns`."""
    people = list(people)
    role = consenting_role(people)
    able = {each.username for each in people if role in each.roles and _is_trusted(each, role)}
    return frozenset(able - {asked_by, concerns})


def sees_people(connection: Connection, roles: frozenset[Role]) -> bool:
    """Tell whether somebody with these roles may see who is there: whoever makes accounts, or consents to them."""
    if Role.ADMINISTRATOR in roles or Role.SUPERVISOR in roles:
        return True
    return Role.INTAKE_OFFICER in roles and consenting_role(list_reviewers(connection)) in roles


def _is_trusted(reviewer: Reviewer, role: Role) -> bool:
    holds_key = reviewer.sealed_passphrase is not None
    return not reviewer.suspended and (role is not Role.INTAKE_OFFICER or holds_key)
