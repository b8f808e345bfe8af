"""Before anything is made: who is here, and how many shares there shall be."""

from ceremony.asking import ask, ask_word, say
from journalist_interface.accounts import check_username
from journalist_interface.errors import SetUpRefused, SharesRefused
from journalist_interface.recovery_cards import Scheme
from journalist_interface.setting_up import OFFICER
from journalist_interface.sitting.host import DeskHost
from serving.language import gettext as _
from store.desk.roles import Role

NOBODY = _("none")
_RIGHT, _AGAIN = _("right"), _("again")
_MOST_CUSTODIANS = 9
# Who else may begin with the desk, by the name of the fact, in the order in which they are asked for.
COLLEAGUES = {
    "supervisor": (_("supervisor"), frozenset({Role.SUPERVISOR, Role.REVIEWER})),
    "administrator": (_("administrator"), frozenset({Role.ADMINISTRATOR})),
}


def plan(host: DeskHost) -> None:
    """Ask for all of it, show it, and keep it once it is right. Nothing is made."""
    while True:
        facts = _people() | _scheme()
        say(_summary(facts))
        if ask_word(_("Type “right” to go on, or “again” to be asked anew."), _RIGHT, _AGAIN) == _RIGHT:
            host.sitting.begin()
            host.sitting.note(**facts)
            return


def people_of(facts: dict[str, str]) -> list[tuple[str, frozenset[Role]]]:
    """Return who begins with the desk, the first intake officer first, and what each may do."""
    others = [(facts[name], roles) for name, (_title, roles) in COLLEAGUES.items() if facts.get(name)]
    return [(facts["officer"], OFFICER), *others]


def scheme_of(facts: dict[str, str]) -> Scheme:
    """Return into how many shares the recovery key is split, and how many are needed."""
    return Scheme(int(facts["shares"]), int(facts["needed"]))


def _people() -> dict[str, str]:
    say(
        _(
            "Who will work at this desk from the first day? Each is here, with their telephone's authenticator. User "
            "names are small letters, such as “amina”. First the intake officer, who opens what sources send."
        )
    )
    found = {"officer": _name(_("user name of the intake officer"), set(), may_be_nobody=False)}
    say(
        _(
            "A second person for what one alone must not do (a supervisor), and who looks after the machines and can "
            "read no case (an administrator). Type “none” if there is nobody yet; they can be added later."
        )
    )
    for fact, (title, _roles) in COLLEAGUES.items():
        found[fact] = _name(_("user name of the {role}").format(role=title), set(found.values()), may_be_nobody=True)
    return found


def _name(label: str, taken: set[str], *, may_be_nobody: bool) -> str:
    while True:
        typed = ask(label).casefold()
        if may_be_nobody and typed == NOBODY:
            return ""
        try:
            check_username(typed)
        except SetUpRefused as reason:
            say(str(reason))
            continue
        if typed not in taken and typed != NOBODY:
            return typed
        say(_("Somebody has this name already. Give each their own."))


def _scheme() -> dict[str, str]:
    say(
        _(
            "The recovery key opens everything if all else is lost. It is split into shares, one for each custodian. "
            "With three shares of which two are needed, one may be lost, and no single person can read anything."
        )
    )
    while True:
        found = Scheme(_number(_("how many custodians")), _number(_("how many of them are needed together")))
        try:
            found.check(demonstration=False)
        except SharesRefused as reason:
            say(str(reason))
        else:
            return {"shares": str(found.shares), "needed": str(found.needed)}


def _number(label: str) -> int:
    while True:
        typed = ask(label)
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= _MOST_CUSTODIANS:
            return int(typed)
        say(_("Type a number from 1 to {most}.").format(most=_MOST_CUSTODIANS))


def _summary(facts: dict[str, str]) -> str:
    return _(
        "So: {officer} opens the post. Supervisor: {supervisor}. Administrator: {administrator}. The recovery key is "
        "split into {shares} shares, of which any {needed} are needed. Each custodian copies 33 words from this screen "
        "by hand, ten minutes each; they are stored nowhere."
    ).format(
        officer=facts["officer"],
        supervisor=facts["supervisor"] or _("nobody yet"),
        administrator=facts["administrator"] or _("nobody yet"),
        shares=facts["shares"],
        needed=facts["needed"],
    )
