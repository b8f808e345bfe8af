"""What runs in force of a service, and what was added beside its unit file: systemd's drop-ins (systemd.unit(5)).

A drop-in can replace the program, give it an environment, or take a wall away, and the unit file still looks whole.

Rules:
- A line that replaces what runs, or of which nobody here knows what it does to the walls, is a fault.
- A line that sets a wall is judged by what is in force (posture.walls): here it is only told.
- A line that shuts nothing and opens nothing (an order, a share of the processor) is only told, too.
- What lies on the disk and is not in force yet comes into force at the next start: that is no way round.
"""

import re
from collections.abc import Iterable, Mapping

from posture.line import Verdict, fault, right, warning
from posture.machine import Machine
from posture.walls import PROPERTIES
from serving.language import gettext as _

PLACE = "/etc/systemd/system"
# systemd.unit(5), “Unit File Load Path”: where an administrator, or a program of root's, puts what adds to a unit.
PLACES = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", PLACE,
    "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
)  # fmt: skip
STATE = ("FragmentPath", "NeedDaemonReload", "ExecStart", "DropInPaths")
# systemd.unit(5), systemd.resource-control(5), systemd.timer(5), systemd.socket(5).
HARMLESS = frozenset(
    {
        "Description", "Documentation", "Wants", "Requires", "After", "Before", "PartOf", "RequiresMountsFor",
        "ConditionPathExists", "ConditionPathIsMountPoint", "StartLimitIntervalSec", "StartLimitBurst", "WantedBy",
        "Nice", "CPUQuota", "CPUWeight", "IOWeight", "IOSchedulingClass", "IOSchedulingPriority", "MemoryHigh",
        "MemoryMax", "MemorySwapMax", "TasksMax", "LimitNOFILE", "OOMScoreAdjust", "OOMPolicy", "TimeoutStartSec",
        "TimeoutStopSec", "TimeoutSec", "Restart", "RestartSec", "SyslogLevel", "LogLevelMax", "OnCalendar",
        "OnBootSec", "OnUnitInactiveSec", "RandomizedDelaySec", "Persistent", "AccuracySec",
    }
)  # fmt: skip
_SETTING = re.compile(r"^[ \t]*(\w+)[ \t]*=", re.MULTILINE)
_RUNS = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")
_COMMAND = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)


def judge_additions(
    unit: str, state: Mapping[str, str], text: str, added: Mapping[str, str], waiting: Mapping[str, str]
) -> Verdict:
    """Judge what systemd runs of a unit (`systemctl show`), by its file's `text` and those that add to it, by path.

    `waiting`: those that systemd has not read yet; what they set is not in force, and judged by nothing else.
    """
    if state.get("FragmentPath") != f"{PLACE}/{unit}.service":
        return fault(_("{unit}: systemd has it from {path}.").format(unit=unit, path=state.get("FragmentPath") or "?"))
    if opened := judge_drop_ins(unit, added, PROPERTIES):
        return opened
    if state.get("NeedDaemonReload") == "yes" or waiting:
        said = _("{unit}: changed since systemd read it, and in force at the next start: {paths}.")
        return fault(said.format(unit=unit, paths=" ".join(waiting) or f"{PLACE}/{unit}.service"))
    if _RUNS.findall(state.get("ExecStart", "")) != _COMMAND.findall(text):
        return fault(_("{unit}: another command than that of its unit file is run.").format(unit=unit))
    if added:
        return warning(_("{unit}: added to by {paths}.").format(unit=unit, paths=" ".join(added)))
    return right(_("{unit}: nothing was added to its unit file.").format(unit=unit))


def judge_drop_ins(unit: str, added: Mapping[str, str], judged: Iterable[str] = ()) -> Verdict | None:
    """Return a fault if a file that adds to a unit, a timer or a socket sets what is not known to be harmless.

    `judged`: settings of which another look judges what is in force.
    """
    for path, text in added.items():
        if names := sorted(_settings(text) - HARMLESS - set(judged)):
            said = _("{unit}: {path} changes what runs, or what it may do ({names}).")
            return fault(said.format(unit=unit, path=path, names=", ".join(names)))
    return None


def read_drop_ins(machine: Machine, state: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each file that adds to a unit, by its path (`systemctl show`: DropInPaths). Raises Unseen."""
    return {path: machine.read(path) for path in state.get("DropInPaths", "").split()}


def read_waiting(machine: Machine, name: str, state: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each file that will add to a unit (NAME.service and so on), and that systemd has not read yet.

    Its NeedDaemonReload= does not tell of a folder that was not there when it read last. Raises Unseen.
    """
    known, kind = state.get("DropInPaths", "").split(), name.rsplit(".", 1)[1]
    folders = [f"{place}/{each}.d" for place in PLACES for each in (name, f"candour-.{kind}", kind)]
    paths = [f"{folder}/{each}" for folder in folders if machine.exists(folder) for each in machine.names(folder)]
    return {path: machine.read(path) for path in paths if path.endswith(".conf") and path not in known}


def _settings(text: str) -> set[str]:
    return set(_SETTING.findall(text))
