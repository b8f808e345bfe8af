"""Which roles an account may have, and what they are called."""

from collections.abc import Collection

from journalist_interface.errors import SetUpRefused
from serving.language import gettext as _
from store.desk.roles import Role


def check_roles(chosen: Collection[Role]) -> frozenset[Role]:
    """Return the roles. Raises SetUpRefused if there is none, or if two of them must not be one person's.

    An auditor would look at what they did themselves; an administrator makes accounts, and would make their own eyes.
    """
    if not chosen:
        raise SetUpRefused(_("Choose at least one role. Somebody without one could do nothing here."))
    if Role.AUDITOR in chosen and len(set(chosen)) > 1:
        raise SetUpRefused(
            _("An auditor looks at what the others did, so they can have no other role. That takes another person.")
        )
    if Role.ADMINISTRATOR in chosen and len(set(chosen)) > 1:
        raise SetUpRefused(
            _(
                "An administrator makes accounts, so they read no case and consent to nothing: they can have no other "
                "role. That takes another person."
            )
        )
    return frozenset(chosen)


def read_roles(untrusted: Collection[str]) -> list[Role]:
    """Return the roles that a form names. Raises SetUpRefused if there is no such role."""
    known = {role.value: role for role in Role}
    if not known.keys() >= set(untrusted):
        raise SetUpRefused(_("There is no such role. Nothing was changed. Choose among those below."))
    return [known[name] for name in untrusted]


def role_name(role: Role) -> str:
    """Return what a role is called."""
    match role:
        case Role.INTAKE_OFFICER:
            return _("intake officer")
        case Role.REVIEWER:
            return _("reviewer")
        case Role.SUPERVISOR:
            return _("supervisor")
        case Role.ADMINISTRATOR:
            return _("administrator")
        case Role.AUDITOR:
            return _("auditor")


def role_names(chosen: Collection[Role]) -> str:
    """Return the names of several roles, in one order."""
    return ", ".join(role_name(role) for role in Role if role in chosen)


def role_duty(role: Role) -> str:
    """Return what somebody with a role does, and what they do not, in a sentence."""
    match role:
        case Role.INTAKE_OFFICER:
            return _("Unlocks the intake key, opens the post, and decides who reads which case.")
        case Role.REVIEWER:
            return _("Reads the cases that they are cleared for, and answers the sources. Sees no other case at all.")
        case Role.SUPERVISOR:
            return _(
                "Is the second person where one is not enough: new supervisors, resets, cases that leave the desk or "
                "are destroyed. Sees how much is late, and no case."
            )
        case Role.ADMINISTRATOR:
            return _("Invites people and looks after accounts and hosts. Reads no case and consents to nothing.")
        case Role.AUDITOR:
            return _("Reads the trail of what everybody did, and the figures for the whole; no case.")
