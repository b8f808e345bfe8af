"""What the machine itself keeps, and what it goes by: its journal, its cores, its clock, its AppArmor."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine
from serving.language import gettext as _

_JOURNAL_ON_DISK = "/var/log/journal"
_CLOCK = "/var/lib/candour-clock/right"
_CLOCK_LATE, _CLOCK_LOST = timedelta(days=2), timedelta(days=14)
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
        _("journalctl -u candour-clock says what was wrong. Wrong by hours, a person sets it: docs/guide-install.md."),
        lambda machine: judge_clock(
            machine.run("timedatectl", "show"),
            machine.read(_CLOCK) if machine.exists(_CLOCK) else "",
            datetime.fromtimestamp(machine.now(), UTC).date(),
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


def judge_clock(timedate: str, stamp: str, today: date) -> Verdict:
    """Judge whether the clock is right: `timedatectl show`, and the day on which candour-clock last saw that it was.

    That a service runs says nothing: only that it had its answers, and the clock was right by them, does.
    """
    if "NTPSynchronized=yes" in timedate.splitlines():
        return warning(_("The clock is set past Tor (NTP), which tells that this host is here."))
    try:
        seen = date.fromisoformat(stamp.strip())
    except ValueError:
        return fault(_("Nothing has set the clock through Tor yet."))
    if seen > today:
        return fault(_("The clock says {today}, and was right on {seen}: it went back.").format(today=today, seen=seen))
    said = _("The clock was right through Tor on {seen}.").format(seen=seen)
    if today - seen > _CLOCK_LOST:
        return fault(said)
    return warning(said) if today - seen > _CLOCK_LATE else right(said)


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
