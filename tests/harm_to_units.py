"""Harm to units of systemd, to what adds to them and starts them, and to the processes that they run."""

from tests.harmed_machine import Break, Harms, added, both, change, chmod, hide, nowhere, put, retell
from tests.made_up_machine import AN_HOUR_AGO, DATA
from tests.printed_by_debian import CALENDAR

JUST_NOW = AN_HOUR_AGO + 3590 * 1_000_000  # ten seconds ago
SITE = "systemctl show candour-site.service"
TOR = "systemctl show candour-tor.service"
BACKUP, TIMER = "systemctl show candour-backup.service", "systemctl show candour-backup.timer"
UNIT = "/etc/systemd/system/candour-site.service"
CLOCK, LOOK = "systemctl show candour-clock.service", "systemctl show candour-posture.service"
ADDED = "/etc/systemd/system/candour-site.service.d/mine.conf"
OF_TIMER = "/etc/systemd/system/candour-backup.timer.d/x.conf"


def timed(more: str, typed: str, *in_force: str) -> Break:
    """Have the backup's hour be changed by a file beside its timer, with `more` in it; `in_force`: what systemd has."""
    hours = "".join(CALENDAR.format(each) for each in in_force)
    return both(
        added(TIMER, f"[Timer]\nOnCalendar=\nOnCalendar={typed}\n{more}", OF_TIMER),
        retell(TIMER, CALENDAR.format("*-*-* 01:30:00"), hours),
    )


FAULTS: Harms = {
    "everybody may write a unit file": ("service.site.file host.files", chmod(UNIT, 0o666)),
    "a unit file of somebody's own": ("service.site.file service.site.additions host.files", put(UNIT, "[Service]\n")),
    "a line of a unit file was changed, and its first is as it was": (
        "service.site.file host.files", change(UNIT, "RestartSec=5", "RestartSec=6"),
    ),
    "what runs is replaced by a file beside the unit's": (
        "service.site.additions", added(SITE, "[Service]\nExecStart=\nExecStart=/bin/sh\n"),
    ),
    "the same, until the machine starts again": (
        "service.site.additions",
        added(SITE, "[Service]\n ExecStart = /bin/sh\n", "/run/systemd/system/candour-site.service.d/x.conf"),
    ),
    "the program is given an environment": (
        "service.site.additions", added(SITE, "[Service]\nEnvironment=PYTHONPATH=/srv\n"),
    ),
    "all of Candour's units are added to at once": (
        " ".join(f"service.{name}.additions" for name in ("tor", "site", "door", "backup", "clock", "posture")),
        added(SITE, "[Service]\nPAMName=login\n", "/etc/systemd/system/candour-.service.d/x.conf"),
    ),
    "another program runs": ("service.site.additions", retell(SITE, "argv[]=/opt/candour", "argv[]=/srv/candour")),
    "systemd has a unit from elsewhere": (
        "service.site.additions", retell(SITE, "Path=/etc/systemd/system", "Path=/run/systemd/transient"),
    ),
    "what takes a wall away waits for the next start, and systemd does not say so": (
        "service.site.additions", put("/etc/systemd/system/candour-site.service.d/x.conf", "[Service]\nUser=root\n"),
    ),
    "an order waits for the next start": (
        "service.site.additions", put("/run/systemd/system/candour-site.service.d/x.conf", "[Unit]\nAfter=x.target\n"),
    ),
    "a timer's other service waits for the next start": (
        "service.backup.timer", put("/etc/systemd/system/candour-backup.timer.d/x.conf", "[Timer]\nUnit=x.service\n"),
    ),
    "a file waits for the next start": (
        "service.site.additions", retell(SITE, "NeedDaemonReload=no", "NeedDaemonReload=yes"),
    ),
    "the clock's program is another": ("service.clock.additions", retell(CLOCK, "argv[]=/usr", "argv[]=/srv")),
    "a timer starts another service": (
        "service.backup.timer",
        added(TIMER, "[Timer]\nUnit=other.service\n", "/etc/systemd/system/candour-backup.timer.d/x.conf"),
    ),
    "a file is in force and no longer on the disk": (
        "service.site.additions", retell(SITE, "DropInPaths=", "DropInPaths=/run/systemd/x.conf"),
    ),
    "a file in force was put out of sight": (
        "service.site.additions", both(added(SITE, "[Unit]\nAfter=x.target\n"), nowhere(ADDED)),
    ),
    "another program runs, and what adds to it is not ours to read": (
        "service.site.additions",
        both(both(added(SITE, "[Unit]\nAfter=x.target\n"), hide(ADDED)), retell(SITE, "argv[]=/opt", "argv[]=/srv")),
    ),
    "a file in force of a timer is no longer on the disk": (
        "service.backup.timer", retell(TIMER, "DropInPaths=", "DropInPaths=/run/systemd/x.conf"),
    ),
    "systemd has a timer from elsewhere": (
        "service.backup.timer", retell(TIMER, "Path=/etc/systemd/system", "Path=/run/systemd/transient"),
    ),
    "a timer was changed since systemd read it": (
        "service.backup.timer", retell(TIMER, "NeedDaemonReload=no", "NeedDaemonReload=yes"),
    ),
    "a timer never comes": ("service.backup.timer", timed("", "2099-01-01", "2099-01-01 00:00:00")),
    "a timer never comes, and what else was added is harmless": (
        "service.backup.timer",
        timed("[Unit]\nAfter=time-sync.target\n", "2099-01-01", "2099-01-01 00:00:00"),
    ),
    "a timer has no time any more": ("service.backup.timer", timed("", "")),
    "a timer comes each day, and in a year that nobody sees": (
        "service.backup.timer", timed("", "2099-01-01", "*-*-* 01:30:00", "2099-01-01 00:00:00"),
    ),
    "a timer comes once a week": ("service.backup.timer", timed("", "Mon 03:00", "Mon *-*-* 03:00:00")),
    "a timer comes once a month": ("service.backup.timer", timed("", "monthly", "*-*-01 00:00:00")),
    "a timer comes every minute": ("service.backup.timer", timed("", "minutely", "*-*-* *:*:00")),
    "a timer's hour was changed, and how late it may be": (
        "service.backup.timer", timed("RandomizedDelaySec=10y\n", "03:00", "*-*-* 03:00:00"),
    ),
    "a timer's hour was changed, and what it starts": (
        "service.backup.timer", timed("Unit=x.service\n", "03:00", "*-*-* 03:00:00"),
    ),
    "a timer's hour was changed, and it was switched off": (
        "service.backup.timer", both(timed("", "03:00", "*-*-* 03:00:00"), retell(TIMER, "=enabled", "=disabled")),
    ),
    "a timer's hour was changed, and systemd has not read it": (
        "service.backup.timer", put(OF_TIMER, "[Timer]\nOnCalendar=\nOnCalendar=03:00\n"),
    ),
    "a timer waits for nothing any more, though its hour was put right": (
        "service.backup.timer",
        both(timed("", "03:00", "*-*-* 03:00:00"), retell(TIMER, "SubState=waiting", "SubState=elapsed")),
    ),
    "a timer is masked": (
        "service.backup.timer",
        both(retell(TIMER, "LoadState=loaded", "LoadState=masked"), retell(TIMER, "=enabled", "=masked")),
    ),
    "an hour is given to a service": ("service.site.additions", added(SITE, "[Timer]\nOnCalendar=03:00\n")),
    "a timer comes ten years late": (
        "service.backup.timer", added(TIMER, "[Timer]\nRandomizedDelaySec=10y\n", OF_TIMER),
    ),
    "another unit starts with a service": ("service.site.additions", added(SITE, "[Unit]\nWants=other.service\n")),
    "another unit starts with a timer": (
        "service.backup.timer", added(TIMER, "[Unit]\nRequires=x.service\n", OF_TIMER),
    ),
    "a line ends where systemd ends it, and not as Python does": (
        "service.site.additions", added(SITE, "[Service]\n# ours\rPAMName=login\n"),
    ),
    "a line ends with a NUL": ("service.site.additions", added(SITE, "[Service]\nNice=5\0PAMName=login\n")),
    "nothing starts the daily look": (
        "service.posture.timer", retell("systemctl show candour-posture.timer", "=enabled", "=disabled"),
    ),
    "the clock's timer does not run": (
        "service.clock.timer",
        retell("systemctl show candour-clock.timer", "ActiveState=active", "ActiveState=inactive"),
    ),
    "a service ends again, and waits for its start": (
        "service.site.running",
        both(retell(SITE, "NRestarts=0", "NRestarts=3"), retell(SITE, "ActiveState=active", "ActiveState=activating")),
    ),
    "a service ends and is started, again and again": (
        "service.site.running",
        both(
            retell(SITE, "NRestarts=0", "NRestarts=4000"),
            retell(SITE, f"EnterTimestampMonotonic={AN_HOUR_AGO}", f"EnterTimestampMonotonic={JUST_NOW}"),
        ),
    ),
    "systemd does not know a service": (
        "service.site.running", retell(SITE, "LoadState=loaded", "LoadState=not-found"),
    ),
    "a service failed": ("service.site.running", retell(SITE, "ActiveState=active", "ActiveState=failed")),
    "a service that was set up waits": (
        "service.site.running",
        both(
            both(retell(SITE, "ActiveState=active", "ActiveState=inactive"), retell(SITE, "Result=yes", "Result=no")),
            both(put(f"{DATA}/site-address", ""), chmod(f"{DATA}/site-address", 0o600)),
        ),
    ),
    "a service does not start with the machine": ("service.site.starts", retell(SITE, "=enabled", "=disabled")),
    "the site has the network": ("service.site.sandbox", retell(SITE, "PrivateNetwork=yes", "PrivateNetwork=no")),
    "the site may reach the internet": (
        "service.site.sandbox", retell(SITE, "Families=AF_UNIX", "Families=AF_UNIX AF_INET"),
    ),
    "the system can be written": ("service.tor.sandbox", retell(TOR, "ProtectSystem=strict", "ProtectSystem=no")),
    "a service may gain privileges": ("service.tor.sandbox", retell(TOR, "NoNewPrivileges=yes", "NoNewPrivileges=no")),
    "a service has a capability": (
        "service.tor.sandbox", retell(TOR, "AmbientCapabilities=", "AmbientCapabilities=cap_sys_admin"),
    ),
    "a service may call anything of the kernel": (
        "service.tor.sandbox", retell(TOR, "SystemCallFilter=", "SystemCallFilter=mount "),
    ),
    "a service's own file is added to, and a wall is down": (
        "service.backup.sandbox", retell(BACKUP, "PrivateNetwork=yes", "PrivateNetwork=no"),
    ),
    "nobody starts the backup": ("service.backup.timer", retell(TIMER, "ActiveState=active", "ActiveState=inactive")),
    "the backup is not started with the machine": ("service.backup.timer", retell(TIMER, "=enabled", "=disabled")),
    "a process may gain privileges": (
        "service.tor.process", change("/proc/700/status", "NoNewPrivs:\t1", "NoNewPrivs:\t0"),
    ),
    "a process has no filter of calls": (
        "service.tor.process", change("/proc/700/status", "Seccomp:\t2", "Seccomp:\t0"),
    ),
    "a process holds a capability": (
        "service.tor.process", change("/proc/700/status", "CapEff:\t0000000000000000", "CapEff:\t0000000000200000"),
    ),
    "a process is root's": ("service.tor.process", change("/proc/700/status", "Uid:\t999", "Uid:\t0")),
    "a process writes for everybody": ("service.tor.umask", change("/proc/700/status", "0077", "0022")),
    "a fence complains and does not hold": (
        "service.site.fence", change("/proc/701/attr/current", "enforce", "complain"),
    ),
    "a process has no fence": ("service.site.fence", put("/proc/701/attr/current", "unconfined\n")),
}  # fmt: skip
ON_A_DESK: Harms = {
    "root runs a program before the desk's socket is there": (
        "service.desk.socket",
        added(
            "systemctl show candour-desk.socket",
            "[Socket]\nExecStartPre=/srv/x\n",
            "/etc/systemd/system/candour-desk.socket.d/x.conf",
        ),
    ),
    "the desk is found from elsewhere": (
        "service.desk.socket", retell("systemctl show candour-desk.socket", "127.0.0.1:8081", "0.0.0.0:8081"),
    ),
}  # fmt: skip
WARNINGS: Harms = {
    "the machine was not looked over for days": (
        "service.posture.last", retell(LOOK, f"ExitTimestampMonotonic={AN_HOUR_AGO}", "ExitTimestampMonotonic=1000000"),
    ),
    "the backup failed": ("service.backup.last", retell(BACKUP, "Result=success", "Result=exit-code")),
    "a unit was added to": ("service.site.additions", added(SITE, "[Unit]\nAfter=time-sync.target\n")),
    "a timer was added to": ("service.backup.timer", added(TIMER, "[Unit]\nAfter=time-sync.target\n", OF_TIMER)),
    "the clock's timer was added to": (
        "service.clock.timer",
        added(
            "systemctl show candour-clock.timer", "[Unit]\nAfter=x.target\n", OF_TIMER.replace("backup", "clock"),
        ),
    ),
    "a file beside a unit says nothing": ("service.site.additions", added(SITE, "# nothing yet\n")),
    "a file beside a timer says nothing": ("service.backup.timer", added(TIMER, "# nothing yet\n", OF_TIMER)),
    "a wall was made higher by hand": ("service.site.additions", added(SITE, "[Service]\nInaccessiblePaths=-/srv\n")),
    "a service waits for init": (
        "service.site.running",
        both(retell(SITE, "ActiveState=active", "ActiveState=failed"), retell(SITE, "Result=yes", "Result=no")),
    ),
}  # fmt: skip
UNSEEN: Harms = {
    "what adds to a unit is root's to read": (
        "service.site.additions", both(added(SITE, "[Unit]\nAfter=x.target\n"), hide(ADDED)),
    ),
    "a service that does not run has no process": (
        "service.site.process service.site.umask service.site.fence", retell(SITE, "MainPID=701", "MainPID=0"),
    ),
}  # fmt: skip
