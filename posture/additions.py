"""What runs in force of a service, and what was added beside its unit file: systemd's drop-ins (systemd.unit(5)).

A drop-in can replace the program, give it an environment, or take a wall away, and the unit file still looks whole.

Rules:
- A line that replaces what runs, or of which nobody here knows what it does to the walls, is a fault.
- A line that sets a wall is judged by what is in force (posture.walls): here it is only told.
- A line that shuts nothing and opens nothing (an order, a share of the processor) is only told, too.
- What lies on the disk and is not in force yet comes into force at the next start: that is no way round.
- What is in force, and no file on the disk any more, is a fault: nobody can read what it sets. What systemd says of the
  unit itself is judged before a text is read, for a text may not be ours to read.
- When a timer starts something, and what a unit starts beside itself, is no order among others: a time that never
  comes, or another program, is what somebody would choose. An hour of each day is an administrator's to choose: that
  is judged by what is in force, and told by whoever judges it (posture.starters).
"""

import re
from collections.abc import Collection, Iterable, Mapping

from posture.line import Verdict, fault, warning
from posture.machine import Machine
from serving.language import gettext as _

PLACE = "/etc/systemd/system"
# systemd.unit(5), “Unit File Load Path”: where an administrator, or a program of root's, puts what adds to a unit.
PLACES = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", PLACE,
    "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
)  # fmt: skip
STATE = ("FragmentPath", "NeedDaemonReload", "ExecStart", "DropInPaths")
# systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5).
HARMLESS = frozenset(
    {
        "Description", "Documentation", "After", "Before", "PartOf", "RequiresMountsFor",
        "ConditionPathExists", "ConditionPathIsMountPoint", "StartLimitIntervalSec", "StartLimitBurst", "WantedBy",
        "Nice", "CPUQuota", "CPUWeight", "IOWeight", "IOSchedulingClass", "IOSchedulingPriority", "MemoryHigh",
        "MemoryMax", "MemorySwapMax", "TasksMax", "LimitNOFILE", "OOMScoreAdjust", "OOMPolicy", "TimeoutStartSec",
        "TimeoutStopSec", "TimeoutSec", "Restart", "RestartSec", "SyslogLevel", "LogLevelMax",
    }
)  # fmt: skip
# systemd ends a line at these, too (NUL: read as text it would hide what follows).
_LINE_END = re.compile(r"[\r\0]")
_SETTING = re.compile(r"^[ \t]*(\w+)[ \t]*=", re.MULTILINE)
_RUNS = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")
_COMMAND = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)


def judge_in_force(name: str, state: Mapping[str, str]) -> Verdict | None:
    """Return a fault if systemd has a unit (NAME.service and so on) from elsewhere, or not as it is on the disk now."""
    place = f"{PLACE}/{name}"
    if state.get("FragmentPath") != place:
        return fault(_("{unit}: systemd has it from {path}.").format(unit=name, path=state.get("FragmentPath") or "?"))
    if state.get("NeedDaemonReload") == "yes":
        return judge_waiting(name, [place, *_drop_ins(state)])
    return None


def judge_waiting(name: str, paths: Collection[str]) -> Verdict | None:
    """Return a fault if there are files that systemd has not read yet: what they set is judged by nothing else."""
    said = _("{unit}: changed since systemd read it, and in force at the next start: {paths}.")
    return fault(said.format(unit=name, paths=" ".join(paths))) if paths else None


def judge_command(unit: str, state: Mapping[str, str], text: str) -> Verdict | None:
    """Return a fault if another command is in force than that of the unit file's `text`."""
    if _RUNS.findall(state.get("ExecStart", "")) != _COMMAND.findall(text):
        return fault(_("{unit}: another command than that of its unit file is run.").format(unit=unit))
    return None


def judge_gone(name: str, paths: Collection[str]) -> Verdict | None:
    """Return a fault if there are files that add to a unit, and that nobody can read any more."""
    said = _("{unit}: in force, and no longer on the disk: {paths}.")
    return fault(said.format(unit=name, paths=" ".join(paths))) if paths else None


def judge_drop_ins(
    name: str, added: Mapping[str, str], judged: Iterable[str] = (), told: Collection[str] = ()
) -> Verdict | None:
    """Return a fault if a file that adds to a unit sets what is not known to be harmless, a warning if there is any.

    `added`: their texts, by path. `judged`: settings of which another look judges what is in force. `told`: those of
    which it is said elsewhere that they were changed, too: a file with nothing but them is no warning.
    """
    for path, text in added.items():
        if names := sorted(_settings(text) - HARMLESS - {*judged, *told}):
            said = _("{unit}: {path} changes what runs, or what it may do ({names}).")
            return fault(said.format(unit=name, path=path, names=", ".join(names)))
    untold = [path for path, text in added.items() if not _settings(text) or _settings(text) - set(told)]
    return warning(_("{unit}: added to by {paths}.").format(unit=name, paths=" ".join(untold))) if untold else None


def see_additions(
    machine: Machine, name: str, state: Mapping[str, str], judged: Iterable[str], told: Collection[str] = ()
) -> Verdict | None:
    """Return what is wrong with a unit as systemd has it (`systemctl show`: STATE), and with what adds to it; or None.

    Texts are read last: one that is not ours to read hides no fault that can be seen without it. Raises Unseen.
    """
    return (
        judge_in_force(name, state)
        or judge_waiting(name, _waiting(machine, name, state))
        or judge_gone(name, [path for path in _drop_ins(state) if not machine.is_file(path)])
        or judge_drop_ins(name, {path: machine.read(path) for path in _drop_ins(state)}, judged, told)
    )


def sets(machine: Machine, state: Mapping[str, str], setting: str) -> bool:
    """Tell whether a file that adds to a unit sets this. Raises Unseen."""
    return any(setting in _settings(machine.read(path)) for path in _drop_ins(state))


def _drop_ins(state: Mapping[str, str]) -> list[str]:
    return state.get("DropInPaths", "").split()


def _waiting(machine: Machine, name: str, state: Mapping[str, str]) -> list[str]:
    """Return the path of each file that will add to a unit (NAME.service and so on), and that systemd has not read yet.

    Its NeedDaemonReload= does not tell of a folder that was not there when it read last. Raises Unseen.
    """
    kind = name.rsplit(".", 1)[1]
    folders = [f"{place}/{each}.d" for place in PLACES for each in (name, f"candour-.{kind}", kind)]
    paths = [f"{folder}/{each}" for folder in folders if machine.exists(folder) for each in machine.names(folder)]
    return [path for path in paths if path.endswith(".conf") and path not in _drop_ins(state)]


def _settings(text: str) -> set[str]:
    return set(_SETTING.findall(_LINE_END.sub("\n", text)))
