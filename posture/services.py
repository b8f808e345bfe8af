"""Candour's services: is each as it was installed, does it run, and do its walls stand around the program itself?

A unit file is a wish. What holds is what systemd says of the running unit, and what the kernel says of the process.
"""

from collections.abc import Iterator
from functools import partial

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine, Unseen
from serving.language import gettext as _

SERVICES = {
    "drop": ("candour-tor", "candour-site", "candour-door"),
    "desk": ("candour-tor", "candour-courier", "candour-desk"),
}
_DATA = "/var/lib/candour"
# What is there once a service has work to do, whatever its unit waits for.
_SET_UP = {
    "candour-tor": "tor",
    "candour-site": "site-address",
    "candour-door": "site-address",
    "candour-courier": "courier.json",
    "candour-desk": "tor",
}
MARK = "# Written by Candour's installer"
# systemd.exec(5). tests/test_posture_services.py holds these against what the installer writes.
SANDBOX = {
    "User": "candour",
    "Group": "candour",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateDevices": "yes",
    "DevicePolicy": "closed",
    "PrivateIPC": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RemoveIPC": "yes",
    "KeyringMode": "private",
    "NotifyAccess": "none",
    "LimitCORE": "0",
    "LimitMEMLOCK": "infinity",
    "StandardOutput": "null",
}
WITHOUT_A_NETWORK = {"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX"}
_STATE = ("LoadState", "UnitFileState", "ActiveState", "ConditionResult", "DropInPaths", "MainPID", "AppArmorProfile")
# Seccomp 2: a filter is on. Of capabilities, none that is held and none that could be got.
_PROCESS = {"NoNewPrivs": "1", "Seccomp": "2", **dict.fromkeys(("CapEff", "CapPrm", "CapBnd", "CapAmb"), "0" * 16)}


def service_looks(plan: str) -> Iterator[Look]:
    """Yield what is looked at of each service of a host. `plan`: "drop" or "desk"."""
    group = _("Services")
    again = _("Run deploy/install again, then: systemctl restart {unit}")
    wall = _("The program's walls are what is left when the program itself is turned.")
    for unit in SERVICES[plan]:
        how, name = again.format(unit=unit), unit.removeprefix("candour-")
        for what, why, see in (
            ("file", _("Whoever can write a unit file decides what runs, and as whom."), _file),
            ("additions", _("A file beside it can take every wall away, and the unit file still looks whole."), _added),
            ("running", _("While it does not run, nobody can write, or nothing is collected."), _running),
            ("starts", _("When the machine starts again, it has to come back by itself."), _starts),
            ("sandbox", wall, _sandbox),
            ("process", _("What the kernel holds the process to is what counts; the rest is paper."), _process),
            ("umask", _("A file that is made for everybody can be read before it is closed."), _umask),
            ("fence", _("AppArmor holds a program even where systemd's walls have a hole."), _fence),
        ):
            yield Look(f"service.{name}.{what}", group, why, how, partial(see, unit))


def judge_file(unit: str, text: str, owner: str, mode: int) -> Verdict:
    """Judge a unit file of the installer's."""
    if owner != "root" or mode & 0o022:
        return fault(_("{unit}: others than root can write its unit file.").format(unit=unit))
    if not text.startswith(MARK):
        return warning(_("{unit}: its unit file is not the installer's.").format(unit=unit))
    return right(_("{unit}: its unit file is the installer's, and root's alone.").format(unit=unit))


def judge_additions(unit: str, state: dict[str, str]) -> Verdict:
    """Judge the files that add to a unit, or take away from it."""
    if not state.get("DropInPaths"):
        return right(_("{unit}: nothing was added to its unit file.").format(unit=unit))
    return warning(_("{unit}: added to by {paths}.").format(unit=unit, paths=state["DropInPaths"]))


def judge_running(unit: str, state: dict[str, str], *, is_set_up: bool = False) -> Verdict:
    """Judge whether a unit runs, as systemd has it. `is_set_up`: there is something for it to do on this host."""
    if state.get("LoadState") != "loaded":
        return fault(_("{unit}: systemd does not know it.").format(unit=unit))
    if state.get("ActiveState") == "active":
        return right(_("{unit} runs.").format(unit=unit))
    if state.get("ConditionResult") == "no" and is_set_up:
        said = _("{unit} does not run, though it was set up: a file that it waits for is not there.")
        return fault(said.format(unit=unit))
    if state.get("ConditionResult") == "no":
        return warning(_("{unit} waits: init, pairing or “onion set-up” was not done yet.").format(unit=unit))
    return fault(_("{unit} does not run ({state}).").format(unit=unit, state=state.get("ActiveState", "?")))


def judge_starts(unit: str, state: dict[str, str]) -> Verdict:
    """Judge whether a unit starts with the machine."""
    if state.get("UnitFileState") == "enabled":
        return right(_("{unit} starts with the machine.").format(unit=unit))
    return fault(_("{unit} does not start with the machine.").format(unit=unit))


def judge_sandbox(unit: str, state: dict[str, str]) -> Verdict:
    """Judge the properties of a unit (`systemctl show`) against what its program can live with."""
    wanted = SANDBOX | ({} if unit == "candour-tor" else WITHOUT_A_NETWORK)
    open_ = sorted(name for name, value in wanted.items() if state.get(name) != value)
    if not state.get("SystemCallFilter"):
        open_.append("SystemCallFilter")
    if not open_:
        return right(_("{unit}: all its walls are in force.").format(unit=unit))
    return fault(_("{unit}: not in force: {names}.").format(unit=unit, names=", ".join(open_)))


def judge_process(unit: str, status: str) -> Verdict:
    """Judge /proc/PID/status of the program (proc_pid_status(5))."""
    found = _fields(status)
    wrong = [name for name, value in _PROCESS.items() if found.get(name) != value]
    if found.get("Uid", "0").split()[0] == "0":
        wrong.append("Uid")
    if not wrong:
        return right(_("{unit}: the kernel holds it to its walls.").format(unit=unit))
    return fault(_("{unit}: the kernel does not hold it ({names}).").format(unit=unit, names=", ".join(wrong)))


def judge_umask(unit: str, status: str) -> Verdict:
    """Judge the umask in /proc/PID/status."""
    found = _fields(status).get("Umask", "?")
    if found == "0077":
        return right(_("{unit}: what it writes is its own.").format(unit=unit))
    return fault(_("{unit}: its umask is {umask}, not 0077.").format(unit=unit, umask=found))


def judge_fence(unit: str, attribute: str) -> Verdict:
    """Judge /proc/PID/attr/current: the profile, and whether it is enforced."""
    found = attribute.strip("\0\n ")
    if found == f"{unit} (enforce)":
        return right(_("{unit}: AppArmor holds it.").format(unit=unit))
    return fault(_("{unit}: AppArmor does not hold it ({found}).").format(unit=unit, found=found or "?"))


def read_state(shown: str) -> dict[str, str]:
    """Return the properties in what `systemctl show` prints: one `Name=value` a line."""
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def _file(unit: str, machine: Machine) -> Verdict:
    path = f"/etc/systemd/system/{unit}.service"
    entry = machine.entry(path)
    return judge_file(unit, machine.read(path), entry.owner, entry.mode)


def _added(unit: str, machine: Machine) -> Verdict:
    return judge_additions(unit, _state(unit, machine))


def _running(unit: str, machine: Machine) -> Verdict:
    return judge_running(unit, _state(unit, machine), is_set_up=machine.exists(f"{_DATA}/{_SET_UP[unit]}"))


def _starts(unit: str, machine: Machine) -> Verdict:
    return judge_starts(unit, _state(unit, machine))


def _sandbox(unit: str, machine: Machine) -> Verdict:
    return judge_sandbox(unit, _state(unit, machine))


def _process(unit: str, machine: Machine) -> Verdict:
    return judge_process(unit, machine.read(f"/proc/{_main(unit, machine)}/status"))


def _umask(unit: str, machine: Machine) -> Verdict:
    return judge_umask(unit, machine.read(f"/proc/{_main(unit, machine)}/status"))


def _fence(unit: str, machine: Machine) -> Verdict:
    return judge_fence(unit, machine.read(f"/proc/{_main(unit, machine)}/attr/current"))


def _state(unit: str, machine: Machine) -> dict[str, str]:
    asked = ",".join([*_STATE, *SANDBOX, *WITHOUT_A_NETWORK, "SystemCallFilter"])
    return read_state(machine.run("systemctl", "show", f"{unit}.service", f"--property={asked}"))


def _main(unit: str, machine: Machine) -> str:
    number = _state(unit, machine).get("MainPID", "0")
    if not number.isdigit() or number == "0":
        raise Unseen(_("{unit} does not run.").format(unit=unit))
    return number


def _fields(status: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {name: value.strip() for name, value in pairs}
