"""What starts a service that does not run all the time, or holds its socket: timers and sockets of systemd."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from posture import additions
from posture.line import Grade, Look, Verdict, fault, right, warning
from posture.machine import Machine
from posture.services import additions_look, file_look, group, read_state, sandbox_look, seconds_ago, seconds_up
from serving.language import gettext as _

NIGHTLY = {"drop": ("candour-backup",), "desk": ("candour-backup",)}
# Root's, and on both: what sets the clock, and what looks over the machine. Days that may pass between two runs.
OF_THE_MACHINE = ("candour-clock", "candour-posture")
_DAYS = {"candour-clock": 1, "candour-posture": 2, "candour-backup": 2}
_DAY = 24 * 60 * 60  # seconds
SOCKETS = {"drop": {}, "desk": {"candour-desk": "127.0.0.1:8081"}}
_OF_A_TIMER = (
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "TimersCalendar",
    "TimersMonotonic",
    *additions.STATE,
)
_OF_A_RUN = ("LoadState", "Result", "ActiveState", "ExecMainExitTimestampMonotonic")
_OF_A_SOCKET = ("LoadState", "ActiveState", "Listen", "IPAddressDeny", "IPAddressAllow", *additions.STATE)
_HOUR = "OnCalendar"
_JUDGED_OF_A_SOCKET = ("ListenStream", "IPAddressDeny", "IPAddressAllow")
# As systemd spells what is in force: one line for each time, in full.
_CALENDAR = re.compile(r"^TimersCalendar=\{ OnCalendar=(.*) ; next_elapse=.* \}$", re.MULTILINE)
# Of a unit file, and in force: times after a start, or after the run before. An empty OnCalendar= takes them away, too.
_AFTER = re.compile(r"^On(?:Active|Boot|Startup|UnitActive|UnitInactive)Sec=", re.MULTILINE)
_STILL_AFTER = re.compile(r"^TimersMonotonic=\{ ", re.MULTILINE)
# Each day, at one hour or at several: no weekday, no date, nothing that comes every minute.
_EACH_DAY = re.compile(r"\*-\*-\* \d\d(,\d\d)*:\d\d:\d\d( [\w/+-]+)?")
_LOCALHOST = frozenset({"127.0.0.0/8", "::1/128"})
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})


def starter_looks(plan: str) -> Iterator[Look]:
    """Yield what is looked at. `plan`: "drop" or "desk"."""
    for unit in NIGHTLY[plan]:
        yield sandbox_look(unit)
    for unit in (*NIGHTLY[plan], *OF_THE_MACHINE):
        yield from _timed_looks(unit)
    for unit, place in SOCKETS[plan].items():
        yield Look(
            f"service.{unit.removeprefix('candour-')}.socket", group(),
            _("The program has no network of its own: what systemd listens on is all that leads to it."),
            _taken_away(f"{unit}.socket"),
            partial(_socket, unit, place),
        )  # fmt: skip


def _timed_looks(unit: str) -> Iterator[Look]:
    """Yield what is looked at of a service that a timer starts, and that ends by itself."""
    name = unit.removeprefix("candour-")
    yield file_look(unit)
    yield additions_look(unit)
    yield Look(
        f"service.{name}.timer", group(), _("What nobody starts by night is not done, and nobody notices."),
        _taken_away(f"{unit}.timer"), partial(_timer, unit),
    )  # fmt: skip
    yield Look(
        f"service.{name}.last", group(), _("The next time will fail as the last one did."),
        _("journalctl -u {unit} says why, for three days; then: systemctl start {unit}").format(unit=unit),
        partial(_last, unit),
    )  # fmt: skip


def _taken_away(name: str) -> str:
    said = _(
        "Run deploy/install again. If something was added, systemctl cat {unit} shows where: take that away; then: "
        "systemctl daemon-reload; systemctl enable {unit}; systemctl restart {unit}"
    )
    return said.format(unit=name)


def judge_timer(unit: str, state: Mapping[str, str]) -> Verdict:
    """Judge whether a timer is at work: `systemctl show NAME.timer`."""
    if state.get("LoadState") != "loaded":
        return fault(_("{unit}: systemd does not know its timer.").format(unit=unit))
    if state.get("UnitFileState") != "enabled":
        return fault(_("{unit}: its timer does not start with the machine.").format(unit=unit))
    if state.get("ActiveState") != "active":
        return fault(_("{unit}: its timer does not run.").format(unit=unit))
    # So it stays where an hour that never came was mended since, until the timer is started anew.
    if state.get("SubState") == "elapsed":
        return fault(_("{unit}: its timer has no next time: it never comes.").format(unit=unit))
    return right(_("{unit} is run by its timer.").format(unit=unit))


def judge_hours(unit: str, hours: Sequence[str], *, lacks_others: bool = False) -> Verdict:
    """Judge when a timer comes whose hour somebody changed: `hours` as systemd has them in force (systemd.time(7)).

    `lacks_others`: what it had beside an hour, such as a time after each start, is in force no more.
    """
    if lacks_others:
        said = _(
            "{unit}: its hour was changed here, and it comes no more after a start, or a while after the last time."
        )
        return fault(said.format(unit=unit))
    if not hours:
        return fault(_("{unit}: its hour was changed here, and it never comes.").format(unit=unit))
    if not all(_EACH_DAY.fullmatch(each) for each in hours):
        said = _("{unit}: its hour was changed here, and is no hour of each day ({hours}).")
        return fault(said.format(unit=unit, hours="; ".join(hours)))
    said = _("{unit} is run by its timer; its hour was changed here, to {hours}.")
    return right(said.format(unit=unit, hours="; ".join(each.removeprefix("*-*-* ") for each in hours)))


def judge_last(unit: str, state: Mapping[str, str], up_for: float | None = None) -> Verdict:
    """Judge how a service that ends by itself ended last, and when: `systemctl show NAME.service`.

    `up_for`: seconds since the machine was started, if that is known; systemd knows of no run before.
    """
    if state.get("ActiveState") == "failed" or state.get("Result", "success") != "success":
        return warning(
            _("{unit} failed when it was run last ({result}).").format(unit=unit, result=state.get("Result", "?"))
        )
    ago = seconds_ago(state, "ExecMainExitTimestampMonotonic", up_for)
    days = None if up_for is None else int((up_for if ago is None else ago) // _DAY)
    if days is not None and days > _DAYS.get(unit, 1) and state.get("ActiveState") not in ("active", "activating"):
        said = _("{unit} was not run since the machine was started, {days} days ago.")
        return warning(
            (said if ago is None else _("{unit} was run last {days} days ago.")).format(unit=unit, days=days)
        )
    if ago is None:
        return right(_("{unit} did not fail since the machine was started.").format(unit=unit))
    return right(_("{unit} did not fail when it was run last, {days} days ago.").format(unit=unit, days=days))


def judge_socket(unit: str, place: str, state: Mapping[str, str]) -> Verdict:
    """Judge where systemd listens for a program: `systemctl show NAME.socket`."""
    if state.get("LoadState") != "loaded":
        return fault(_("{unit}: systemd does not know its socket.").format(unit=unit))
    if state.get("Listen") != f"{place} (Stream)":
        return fault(_("{unit}: systemd listens for it at {place}.").format(unit=unit, place=state.get("Listen", "?")))
    allowed, denied = (set(state.get(name, "").split()) for name in ("IPAddressAllow", "IPAddressDeny"))
    if not (allowed <= _LOCALHOST and denied >= _EVERYBODY):
        return fault(_("{unit}: its socket takes others in than this machine.").format(unit=unit))
    if state.get("ActiveState") == "failed":
        # It goes with its service, so its place is free while that is stopped, for whoever has an account here.
        said = _("{unit}: systemd could not listen at {place}: another program may answer there (ss -lntup).")
        return fault(said.format(unit=unit, place=place))
    if state.get("ActiveState") != "active":
        return warning(_("{unit}: its socket waits for the service to be started.").format(unit=unit))
    return right(_("{unit} is found at {place} on this machine, and nowhere else.").format(unit=unit, place=place))


def _timer(unit: str, machine: Machine) -> Verdict:
    name = f"{unit}.timer"
    shown = _shown(machine, name, _OF_A_TIMER)
    state = read_state(shown)
    found = judge_timer(unit, state)
    if found.grade is Grade.FAULT:
        return found
    added = additions.see_additions(machine, name, state, (), (_HOUR,))
    if added is not None and added.grade is Grade.FAULT:
        return added
    if additions.sets(machine, state, _HOUR):
        text = machine.read(f"{additions.PLACE}/{name}")
        gone = len(_AFTER.findall(text)) > len(_STILL_AFTER.findall(shown))
        found = judge_hours(unit, _CALENDAR.findall(shown), lacks_others=gone)
    return found if found.grade is Grade.FAULT else added or found


def _last(unit: str, machine: Machine) -> Verdict:
    return judge_last(unit, _show(machine, f"{unit}.service", _OF_A_RUN), seconds_up(machine))


def _socket(unit: str, place: str, machine: Machine) -> Verdict:
    state = _show(machine, f"{unit}.socket", _OF_A_SOCKET)
    found = judge_socket(unit, place, state)
    return _with_additions(machine, f"{unit}.socket", state, found, _JUDGED_OF_A_SOCKET)


def _with_additions(
    machine: Machine, name: str, state: Mapping[str, str], found: Verdict, judged: Iterable[str] = ()
) -> Verdict:
    """Return what was found, if it is a fault; else what is wrong with what adds to the unit, if something does."""
    return found if found.grade is Grade.FAULT else additions.see_additions(machine, name, state, judged) or found


def _show(machine: Machine, name: str, properties: tuple[str, ...]) -> dict[str, str]:
    return read_state(_shown(machine, name, properties))


def _shown(machine: Machine, name: str, properties: tuple[str, ...]) -> str:
    return machine.run("systemctl", "show", name, f"--property={','.join(properties)}")
