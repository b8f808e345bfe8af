"""Candour's services: is each as it was installed, does it run, and do its walls stand around the program itself?

A unit file is a wish. What holds is what systemd says of the running unit, and what the kernel says of the process.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from posture import additions
from posture.line import Grade, Look, Verdict, fault, right, warning
from posture.machine import Entry, Machine, Unseen
from posture.walls import PROPERTIES, judge_sandbox
from posture.written import unit_difference
from serving.language import gettext as _

SERVICES = {
    "drop": ("candour-tor", "candour-site", "candour-door"),
    "desk": ("candour-tor", "candour-courier", "candour-notice", "candour-desk"),
}
_DATA = "/var/lib/candour"
# What is there once a service has work to do, whatever its unit waits for.
_SET_UP = {
    "candour-tor": "tor",
    "candour-site": "site-address",
    "candour-door": "site-address",
    "candour-courier": "courier.json",
    "candour-notice": "tor",
    "candour-desk": "tor",
}
_STATE = (
    *("LoadState", "UnitFileState", "ActiveState", "ConditionResult", "MainPID", "AppArmorProfile"),
    *("NRestarts", "ActiveEnterTimestampMonotonic", *additions.STATE),
)
# Started again so often, and running for so few seconds: it ends again and again, and looks well in between.
_MANY_STARTS, _NOT_FOR_LONG = 3, 600
# Seccomp 2: a filter is on. Of capabilities, none that is held and none that could be got.
_PROCESS = {"NoNewPrivs": "1", "Seccomp": "2", **dict.fromkeys(("CapEff", "CapPrm", "CapBnd", "CapAmb"), "0" * 16)}


def service_looks(plan: str) -> Iterator[Look]:
    """Yield what is looked at of each service of a host that runs always. `plan`: "drop" or "desk"."""
    for unit in SERVICES[plan]:
        yield file_look(unit)
        yield additions_look(unit)
        for what, why, see in (
            ("running", _("While it does not run, nobody can write, or nothing is collected."), _running),
            ("starts", _("When the machine starts again, it has to come back by itself."), _starts),
        ):
            yield _look(unit, what, why, see)
        yield sandbox_look(unit)
        for what, why, see in (
            ("process", _("What the kernel holds the process to is what counts; the rest is paper."), _process),
            ("umask", _("A file that is made for everybody can be read before it is closed."), _umask),
            ("fence", _("AppArmor holds a program even where systemd's walls have a hole."), _fence),
        ):
            yield _look(unit, what, why, see)


def group() -> str:
    """Return the heading of these lines."""
    return _("Services")


def file_look(unit: str) -> Look:
    """Look at a unit file."""
    return _look(unit, "file", _("Whoever can write a unit file decides what runs, and as whom."), _file)


def additions_look(unit: str) -> Look:
    """Look at the files that add to one."""
    why = _("A file beside it can take every wall away, and the unit file still looks whole.")
    return _look(unit, "additions", why, _added, _take_away(unit))


def sandbox_look(unit: str) -> Look:
    """Look at the walls that are in force."""
    why = _("The program's walls are what is left when the program itself is turned.")
    return _look(unit, "sandbox", why, _sandbox, _take_away(unit))


def _take_away(unit: str) -> str:
    """Say how to be rid of what the installer did not write, and so leaves as it is."""
    said = _(
        "systemctl cat {unit} shows what was added, and where: take that away, run deploy/install again, then: "
        "systemctl daemon-reload; systemctl restart {unit}"
    )
    return said.format(unit=unit)


def _look(unit: str, what: str, why: str, see: Callable[[str, Machine], Verdict], how: str = "") -> Look:
    how = how or _("Run deploy/install again, then: systemctl restart {unit}").format(unit=unit)
    return Look(f"service.{unit.removeprefix('candour-')}.{what}", group(), why, how, partial(see, unit))


def judge_file(unit: str, entry: Entry, difference: str) -> Verdict:
    """Judge a unit file of the installer's. `difference`: what is not as it was written, in a word; or nothing."""
    if entry.owner != "root" or entry.mode & 0o022:
        return fault(_("{unit}: others than root can write its unit file.").format(unit=unit))
    if difference:
        said = _("{unit}: its unit file is not as deploy/install wrote it ({difference}).")
        return fault(said.format(unit=unit, difference=difference))
    return right(_("{unit}: its unit file is as deploy/install wrote it, and root's alone.").format(unit=unit))


def judge_running(unit: str, state: dict[str, str], *, is_set_up: bool = False, up_for: float | None = None) -> Verdict:
    """Judge whether a unit runs, as systemd has it. `is_set_up`: there is something for it to do on this host.

    `up_for`: seconds since the machine was started, if that is known.
    """
    if state.get("LoadState") != "loaded":
        return fault(_("{unit}: systemd does not know it.").format(unit=unit))
    if _ends_again(state, up_for):
        said = _("{unit} ends again and again: systemd has started it anew {count} times.")
        return fault(said.format(unit=unit, count=state["NRestarts"]))
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
    return judge_file(unit, entry, unit_difference(machine, path))


def _added(unit: str, machine: Machine) -> Verdict:
    state, name = _state(unit, machine), f"{unit}.service"
    other = additions.judge_command(unit, state, machine.read(f"{additions.PLACE}/{name}"))
    try:
        added = additions.see_additions(machine, name, state, PROPERTIES)
    except Unseen:
        # What cannot be read does not hide that another program runs.
        if other is None:
            raise
        return other
    if added is not None and added.grade is Grade.FAULT:
        return added
    return other or added or right(_("{unit}: nothing was added to its unit file.").format(unit=unit))


def _running(unit: str, machine: Machine) -> Verdict:
    is_set_up = machine.exists(f"{_DATA}/{_SET_UP[unit]}")
    return judge_running(unit, _state(unit, machine), is_set_up=is_set_up, up_for=seconds_up(machine))


def _starts(unit: str, machine: Machine) -> Verdict:
    return judge_starts(unit, _state(unit, machine))


def _sandbox(unit: str, machine: Machine) -> Verdict:
    return judge_sandbox(unit, _state(unit, machine), lambda: machine.run("systemd-analyze", "syscall-filter"))


def _process(unit: str, machine: Machine) -> Verdict:
    return judge_process(unit, machine.read(f"/proc/{main_process(unit, machine)}/status"))


def _umask(unit: str, machine: Machine) -> Verdict:
    return judge_umask(unit, machine.read(f"/proc/{main_process(unit, machine)}/status"))


def _fence(unit: str, machine: Machine) -> Verdict:
    return judge_fence(unit, machine.read(f"/proc/{main_process(unit, machine)}/attr/current"))


def _state(unit: str, machine: Machine) -> dict[str, str]:
    asked = ",".join([*_STATE, *PROPERTIES])
    return read_state(machine.run("systemctl", "show", f"{unit}.service", f"--property={asked}"))


def seconds_up(machine: Machine) -> float | None:
    """Return how long ago the machine was started (proc_uptime(5)); None if that cannot be seen."""
    try:
        return float(machine.read("/proc/uptime").split()[0])
    except (Unseen, ValueError, IndexError):
        return None


def seconds_ago(state: Mapping[str, str], name: str, up_for: float | None) -> float | None:
    """Return how long ago something was that systemd notes in microseconds since the machine was started; 0: never."""
    said = state.get(name, "")
    return up_for - int(said) / 1_000_000 if up_for is not None and said.isdigit() and int(said) else None


def _ends_again(state: Mapping[str, str], up_for: float | None) -> bool:
    """Tell whether a service only seems to run: seen between two starts of very many.

    Not one that somebody stopped: over the months systemd may have started it anew some times, and it counts on.
    """
    starts, now = state.get("NRestarts", ""), state.get("ActiveState")
    lately = seconds_ago(state, "ActiveEnterTimestampMonotonic", up_for)
    is_young = now == "active" and lately is not None and lately < _NOT_FOR_LONG
    return starts.isdigit() and int(starts) >= _MANY_STARTS and (is_young or now in ("activating", "failed"))


def main_process(unit: str, machine: Machine) -> str:
    """Return the number of a service's main process, as systemd has it. Raises Unseen if it does not run."""
    number = _state(unit, machine).get("MainPID", "0")
    if not number.isdigit() or number == "0":
        raise Unseen(_("{unit} does not run.").format(unit=unit))
    return number


def _fields(status: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {name: value.strip() for name, value in pairs}
