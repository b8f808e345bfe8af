"""What the machine itself keeps, and what it goes by: its journal, its cores, its clock, its AppArmor."""

from collections.abc import Callable, Iterator

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine
from serving.language import gettext as _

_JOURNAL_ON_DISK = "/var/log/journal"
_APPARMOR = "/sys/module/apparmor/parameters/enabled"


def keeping_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group, when = _("System"), _("What is written at a bad moment could tell when somebody was there.")
    again = _("Run deploy/install again, then: systemctl restart systemd-journald")
    yield Look(
        "system.journal", group, when, again,
        lambda machine: judge_journal(machine.run("systemd-analyze", "cat-config", "systemd/journald.conf")),
    )  # fmt: skip
    yield Look(
        "system.old-journal", group, when, _("rm -r /var/log/journal, once nobody needs it to find a fault."),
        lambda machine: judge_old_journal(there=_holds_something(machine, _JOURNAL_ON_DISK)),
    )  # fmt: skip
    yield Look(
        "system.syslog", group, when, _("apt-get purge rsyslog"),
        lambda machine: judge_syslog(there=machine.exists("/usr/sbin/rsyslogd")),
    )  # fmt: skip
    yield Look(
        "system.cores", group, _("A core is a program's whole memory, written to the disk."), again,
        lambda machine: judge_cores(
            machine.read("/proc/sys/kernel/core_pattern"),
            lambda: machine.run("systemd-analyze", "cat-config", "systemd/coredump.conf"),
        ),
    )  # fmt: skip
    yield Look(
        "system.clock", group, _("A clock that is wrong keeps Tor out, and dates what arrives wrongly."),
        _("systemctl enable --now htpdate"),
        lambda machine: judge_clock(
            machine.run("timedatectl", "show"),
            machine.run("systemctl", "show", "htpdate.service", "--property=ActiveState"),
        ),
    )  # fmt: skip
    yield Look(
        "system.apparmor", group, _("Without it the fences of all services are paper."),
        _("Take apparmor=0 from the kernel's command line; systemctl enable --now apparmor"),
        lambda machine: judge_apparmor(machine.read(_APPARMOR) if machine.exists(_APPARMOR) else "N"),
    )  # fmt: skip


def judge_journal(config: str) -> Verdict:
    """Judge where journald keeps its journal (journald.conf(5)): the last word counts."""
    storage = _last(config, "Storage") or "auto"
    if storage in ("volatile", "none"):
        return right(_("The journal is kept in memory alone."))
    return fault(_("The journal may be kept on the disk (Storage={storage}).").format(storage=storage))


def judge_old_journal(*, there: bool) -> Verdict:
    """Judge whether a journal of before still lies on the disk."""
    return warning(_("A journal still lies on the disk.")) if there else right(_("No journal lies on the disk."))


def judge_syslog(*, there: bool) -> Verdict:
    """Judge whether another program writes what the journal says to the disk."""
    return warning(_("rsyslog is installed, and writes to the disk.")) if there else right(_("No syslog is installed."))


def judge_cores(pattern: str, config: Callable[[], str]) -> Verdict:
    """Judge where a core would go (core(5)): systemd's collector is asked for its settings (coredump.conf(5))."""
    found = pattern.strip()
    if found.startswith("|") and found.removeprefix("|").split()[:1] in (["/bin/false"], ["/bin/true"]):
        return right(_("No core is kept."))
    if "systemd-coredump" in found and _last(config(), "Storage") == "none":
        return right(_("Cores are collected and kept nowhere."))
    return fault(_("Cores may be kept (kernel.core_pattern is {pattern}).").format(pattern=found))


def judge_clock(timedate: str, through_tor: str) -> Verdict:
    """Judge whether something keeps the clock right: `timedatectl show`, and the service that asks through Tor."""
    if "ActiveState=active" in through_tor.splitlines():
        return right(_("The clock is set through Tor."))
    if "NTPSynchronized=yes" in timedate.splitlines():
        return warning(_("The clock is set past Tor (NTP), which tells that this host is here."))
    return fault(_("Nothing sets the clock."))


def judge_apparmor(enabled: str) -> Verdict:
    """Judge whether the kernel holds AppArmor's profiles at all."""
    if enabled.strip() == "Y":
        return right(_("The kernel holds AppArmor's fences."))
    return fault(_("The kernel does not hold AppArmor's fences."))


def _last(config: str, name: str) -> str:
    lines = [line.strip() for line in config.splitlines()]
    found = [line.split("=", 1)[1].strip() for line in lines if line.startswith(f"{name}=")]
    return found[-1] if found else ""


def _holds_something(machine: Machine, path: str) -> bool:
    return machine.exists(path) and bool(machine.names(path))
