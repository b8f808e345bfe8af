"""Which roles an account may have, and what they are called."""

from collections.abc import Collection

from journalist_interface.errors import SetUpRefused
from serving.language import gettext as _
from store.desk.roles import Role


def check_roles(chosen: Collection[Role]) -> frozenset[Role]:
    """Return the roles. Raises SetUpRefused if there is none, or if somebody would look at what they did themselves."""
    if not chosen:
        raise SetUpRefused(_("Choose at least one role. Somebody without one could do nothing here."))
    if Role.AUDITOR in chosen and len(set(chosen)) > 1:
        raise SetUpRefused(
            _("An auditor looks at what the others did, so they can have no other role. That takes another person.")
        )
    return frozenset(chosen)


def role_name(role: Role) -> str:
    """Return what a role is called."""
    match role:
        case Role.INTAKE_OFFICER:
            return _("intake officer")
        case Role.REVIEWER:
            return _("reviewer")
        case Role.AUDITOR:
            return _("auditor")


def role_names(chosen: Collection[Role]) -> str:
    """Return the names of several roles, in one order."""
    return ", ".join(role_name(role) for role in Role if role in chosen)
