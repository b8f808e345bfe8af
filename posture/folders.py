"""Whose the folders are: what Candour keeps is its user's alone; the program is root's, who alone can change it."""

from collections.abc import Iterable, Iterator

from posture.line import Look, Verdict, fault, right
from posture.machine import Entry
from posture.people import USER
from serving.language import gettext as _

PROGRAM = "/opt/candour"
COMMANDS = {"drop": "/usr/local/sbin/candour-drop", "desk": "/usr/local/sbin/candour-desk"}

Entries = Iterable[tuple[str, Entry]]


def folder_looks(plan: str, data: str) -> Iterator[Look]:
    """Yield what is looked at, in its order. `plan`: "drop" or "desk"; `data`: the data folder's path."""
    group, kept, program = _("Folders"), _("Whoever else can come there reads or changes what is kept."), PROGRAM
    changed = _("Whoever can change the program reads everything from then on, and no seal helps.")
    close = _("chown candour:candour {data}; chmod 0700 {data}").format(data=data)
    yield Look("data.owner", group, kept, close, lambda machine: judge_owner(machine.entry(data)))
    yield Look("data.mode", group, kept, close, lambda machine: judge_mode(machine.entry(data)))
    yield Look(
        "data.parents", group, _("Whoever can write to a folder above can put another in its place."),
        _("chown root:root and chmod go-w on the folders that are named."),
        lambda machine: judge_parents((path, machine.entry(path)) for path in parents(data)),
    )  # fmt: skip
    yield Look(
        "data.files", group, kept, _("chmod -R go-rwx {data}").format(data=data),
        lambda machine: judge_kept(machine.below(data)),
    )  # fmt: skip
    yield Look(
        "data.owners", group, _("A file of somebody else's was put there, and a restart may fail on it."),
        _("chown -R candour:candour {data}").format(data=data),
        lambda machine: judge_owners(machine.below(data)),
    )  # fmt: skip
    yield Look(
        "program.owner", group, changed, _("Take the host off the network, then run deploy/install again."),
        lambda machine: judge_program(machine.below(program)),
    )  # fmt: skip
    yield Look(
        "program.parents", group, changed, _("chown root:root and chmod go-w on the folders that are named."),
        lambda machine: judge_parents((path, machine.entry(path)) for path in parents(program)),
    )  # fmt: skip
    yield Look(
        "program.command", group, changed, _("Run deploy/install again."),
        lambda machine: judge_command(COMMANDS[plan], machine.entry(COMMANDS[plan])),
    )  # fmt: skip


def parents(path: str) -> list[str]:
    """Return the folders above an absolute path: / first."""
    parts = path.strip("/").split("/")[:-1]
    return ["/", *("/" + "/".join(parts[: count + 1]) for count in range(len(parts)))]


def judge_owner(entry: Entry) -> Verdict:
    """Judge whose the data folder is."""
    if entry.is_folder and entry.owner == USER:
        return right(_("The data folder is Candour's user's."))
    return fault(_("The data folder is {owner}'s, not the user candour's.").format(owner=entry.owner))


def judge_mode(entry: Entry) -> Verdict:
    """Judge who may come into the data folder."""
    if entry.is_folder and entry.mode == 0o700:
        return right(_("Nobody else may come into the data folder."))
    return fault(_("The data folder has the mode {mode:04o}, not 0700.").format(mode=entry.mode))


def judge_parents(above: Entries) -> Verdict:
    """Judge the folders above: root's, and for root alone to write to."""
    found = [path for path, entry in above if entry.owner != "root" or entry.mode & 0o022 or not entry.is_folder]
    if not found:
        return right(_("The folders above are root's alone to write."))
    return fault(_("Others than root can write to {paths}.").format(paths=", ".join(found)))


def judge_kept(entries: Entries) -> Verdict:
    """Judge the modes of all that is kept. They are neither named nor counted: both could tell of a report."""
    # A socket is closed by the folder it is in, which is judged too; links have no mode of their own.
    if not any(entry.mode & 0o077 and not entry.is_link and not entry.is_socket for _path, entry in entries):
        return right(_("All that is kept is closed to everybody else."))
    return fault(_("Some of what is kept is open to others."))


def judge_owners(entries: Entries) -> Verdict:
    """Judge whose all that is kept is; without names and numbers, too."""
    if all(entry.owner == USER for _path, entry in entries):
        return right(_("All that is kept is Candour's user's."))
    return fault(_("Some of what is kept is not the user candour's."))


def judge_program(entries: Entries) -> Verdict:
    """Judge whose the program is, file by file."""
    open_ = [path for path, entry in entries if entry.owner != "root" or (entry.mode & 0o022 and not entry.is_link)]
    if not open_:
        return right(_("The program is root's; Candour's user cannot change it."))
    return fault(
        _("Others than root can change {count} files of the program, {path} among them.").format(
            count=len(open_), path=min(open_)
        )
    )


def judge_command(path: str, entry: Entry) -> Verdict:
    """Judge the administrator's command."""
    if entry.owner == "root" and not entry.mode & 0o022 and not entry.is_link:
        return right(_("{path} is root's alone to write.").format(path=path))
    return fault(_("Others than root can change {path}.").format(path=path))
