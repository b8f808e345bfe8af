"""Who can come in at this machine, and what Candour's own user can do: /etc/passwd, /etc/shadow, /etc/group.

Sources of the formats: passwd(5), shadow(5), group(5).
"""

from collections.abc import Iterator

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine
from serving.language import gettext as _

USER = "candour"
_NO_SHELL = frozenset({"nologin", "false", "sync", "halt", "shutdown"})
_MOST_WHO_LOG_IN = 2  # root, and the administrator

Rows = list[list[str]]


def people_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group = _("Users")
    turned = _("Whoever turned a program of Candour's could go on as its user, or come back as it.")
    again = _("Run deploy/uninstall without taking the data, then deploy/install.")
    yield Look(
        "users.service-shell", group, turned, _("usermod --shell /usr/sbin/nologin candour"),
        lambda machine: judge_shell(_rows(machine, "passwd")),
    )  # fmt: skip
    yield Look(
        "users.service-password", group, turned, _("passwd --lock candour"),
        lambda machine: judge_password(_rows(machine, "shadow")),
    )  # fmt: skip
    yield Look(
        "users.service-groups", group, _("What a group may read, Candour's programs could read."),
        _("Take the user candour out of the group: gpasswd --delete candour GROUP."),
        lambda machine: judge_groups(_rows(machine, "group")),
    )  # fmt: skip
    yield Look(
        "users.service-number", group, _("A second name for the same number owns all that Candour keeps."), again,
        lambda machine: judge_number(_rows(machine, "passwd")),
    )  # fmt: skip
    yield Look(
        "users.one-root", group, _("A second user with the number 0 is root by another name: the mark of a break-in."),
        _("Find out who made it before you remove it: take the host off the network first."),
        lambda machine: judge_root(_rows(machine, "passwd")),
    )  # fmt: skip
    yield Look(
        "users.empty-passwords", group, _("Whoever stands at the machine comes in by a name alone."),
        _("passwd --lock NAME"), lambda machine: judge_empty(_rows(machine, "shadow")),
    )  # fmt: skip
    yield Look(
        "users.login-shells", group, _("Each who can log in can be pressed, and can lose a password."),
        _("Lock whoever does not look after this host: usermod --lock --expiredate 1 NAME."),
        lambda machine: judge_logins(_rows(machine, "passwd")),
    )  # fmt: skip


def judge_shell(passwd: Rows) -> Verdict:
    """Judge the shell of Candour's user."""
    shell = next((row[6] for row in passwd if row[0] == USER and len(row) == 7), None)
    if shell is None:
        return fault(_("There is no user candour."))
    if not _is_shell(shell):
        return right(_("Candour's user has no shell."))
    return fault(_("Candour's user has a shell: {shell}.").format(shell=shell or "/bin/sh"))


def judge_password(shadow: Rows) -> Verdict:
    """Judge the password of Candour's user: nothing that begins with ! or * can be typed."""
    secret = next((row[1] for row in shadow if row[0] == USER and len(row) > 1), None)
    if secret is None:
        return fault(_("There is no line for the user candour among the passwords."))
    if secret[:1] in ("!", "*"):
        return right(_("Candour's user has no password that could be typed."))
    return fault(_("Candour's user can log in by a password, or without one."))


def judge_groups(group: Rows) -> Verdict:
    """Judge the groups that Candour's user was put into, beside its own."""
    found = [row[0] for row in group if len(row) == 4 and USER in row[3].split(",") and row[0] != USER]
    if not found:
        return right(_("Candour's user is in no other group."))
    return fault(_("Candour's user is in other groups: {names}.").format(names=", ".join(found)))


def judge_number(passwd: Rows) -> Verdict:
    """Judge whether the number of Candour's user is its alone, and not root's."""
    number = next((row[2] for row in passwd if row[0] == USER and len(row) == 7), None)
    if number is None:
        return fault(_("There is no user candour."))
    others = [row[0] for row in passwd if len(row) == 7 and row[2] == number and row[0] != USER]
    if not others and number != "0":
        return right(_("No other user has the number of Candour's user."))
    return fault(_("Candour's user shares its number with {names}.").format(names=", ".join(others) or "root"))


def judge_root(passwd: Rows) -> Verdict:
    """Judge who has the number 0."""
    roots = [row[0] for row in passwd if len(row) == 7 and row[2].isdigit() and int(row[2]) == 0]
    if roots == ["root"]:
        return right(_("Root is one user."))
    return fault(_("The number 0 belongs to {names}.").format(names=", ".join(roots) or _("nobody")))


def judge_empty(shadow: Rows) -> Verdict:
    """Judge whether anybody's password is empty: shadow(5), second field."""
    found = [row[0] for row in shadow if len(row) > 1 and row[1] == ""]
    if not found:
        return right(_("Nobody has an empty password."))
    return fault(_("These need no password: {names}.").format(names=", ".join(found)))


def judge_logins(passwd: Rows) -> Verdict:
    """Judge how many users have a login shell; Candour's own is judged by itself."""
    found = [row[0] for row in passwd if len(row) == 7 and row[0] != USER and _is_shell(row[6])]
    said = _("With a login shell: {names}.").format(names=", ".join(found) or _("nobody"))
    return right(said) if len(found) <= _MOST_WHO_LOG_IN else warning(said)


def _is_shell(shell: str) -> bool:
    # passwd(5): an empty field means /bin/sh.
    return shell.strip().rsplit("/", 1)[-1] not in _NO_SHELL


def _rows(machine: Machine, name: str) -> Rows:
    return [line.split(":") for line in machine.read(f"/etc/{name}").splitlines() if line.strip()]
