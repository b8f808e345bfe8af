"""A whole machine looked over: everything right, then each thing broken by itself and named by its own line alone."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from posture.kernel import SETTINGS
from posture.line import Grade, Line, Look, right
from posture.looking import look_at, looks, one_line
from posture.machine import Machine, Room
from tests.made_up_machine import AN_HOUR_AGO, DATA, HEAD, LISTS, SITE_PACKAGES, MadeUp, right_machine, written_last

PLANS = ("drop", "desk")
JUST_NOW = AN_HOUR_AGO + 3590 * 1_000_000  # ten seconds ago
Break = Callable[[MadeUp], None]


def look_over(made: MadeUp) -> list[Line]:
    """All lines."""
    return list(look_at(made, made.plan, DATA))


def not_right(made: MadeUp) -> dict[str, Grade]:
    """The names of what is not right, with how bad it is."""
    return {line.name: line.grade for line in look_over(made) if line.grade is not Grade.RIGHT}


def chmod(path: str, mode: int) -> Break:
    """Open a file or folder to others."""
    return lambda made: made.place(path).chmod(mode)


def give(path: str, owner: str) -> Break:
    """Give a file or folder away."""
    return lambda made: made.owners.update({path: owner})


def change(path: str, old: str, new: str) -> Break:
    """Put other words in a file."""
    return lambda made: made.change(path, old, new)


def put(path: str, text: str) -> Break:
    """Put a file there."""
    return lambda made: made.write(path, text)


def retell(command: str, old: str, new: str) -> Break:
    """Have a program say otherwise."""
    return lambda made: made.retell(command, old, new)


def both(one: Break, other: Break) -> Break:
    """Do two things."""

    def do(made: MadeUp) -> None:
        one(made)
        other(made)

    return do


def linked(path: str) -> Break:
    """Have a file be a link to one with the same words."""

    def do(made: MadeUp) -> None:
        there = made.place(path)
        there.rename(there.with_name("elsewhere"))
        there.symlink_to("elsewhere")

    return do


def listen(table: str, address: str, state: str = "0A") -> Break:
    """Have something wait at an address, as the kernel spells it."""
    return put(f"/proc/net/{table}", f"{HEAD}   0: {address} 00000000:0000 {state} 0:0 0:0 0 0 0 1 1\n")


SITE = "systemctl show candour-site.service"
TOR = "systemctl show candour-tor.service"
BACKUP, TIMER = "systemctl show candour-backup.service", "systemctl show candour-backup.timer"
UNIT = "/etc/systemd/system/candour-site.service"
INSTALLED, OWN = "/etc/candour/installed", "/opt/candour/installed"
CLOCK, LOOK = "systemctl show candour-clock.service", "systemctl show candour-posture.service"


def added(command: str, text: str, path: str = "/etc/systemd/system/candour-site.service.d/mine.conf") -> Break:
    """Add a file to a unit, which systemd has read."""
    return both(put(path, text), retell(command, "DropInPaths=", f"DropInPaths={path}"))


def nowhere(path: str) -> Break:
    """Have a file's name lead to /dev/null."""

    def do(made: MadeUp) -> None:
        made.remove(path)
        made.place(path).symlink_to("/dev/null")

    return do


def hide(path: str) -> Break:
    """Have a file be not ours to read."""
    return lambda made: made.hidden.add(path)


ADDED = "/etc/systemd/system/candour-site.service.d/mine.conf"
OF_TIMER = "/etc/systemd/system/candour-backup.timer.d/x.conf"
FAULTS: dict[str, tuple[str, Break]] = {
    "the data folder is root's": ("data.owner data.owners", give(DATA, "root")),
    "the data folder is open to a group": ("data.mode data.files", chmod(DATA, 0o750)),
    "everybody may write to the folder above": ("data.parents", chmod("/var/lib", 0o777)),
    "a folder above is somebody's": ("data.parents", give("/var/lib", "ann")),
    "a sealed file can be read by others": ("data.files", chmod(f"{DATA}/blobs/sealed", 0o604)),
    "a sealed file is root's": ("data.owners", give(f"{DATA}/blobs/sealed", "root")),
    "Candour's user owns a file of the program": ("program.owner", give(f"{SITE_PACKAGES}/flask/app.py", "candour")),
    "everybody may write to the program": ("program.owner", chmod("/opt/candour", 0o777)),
    "everybody may write beside the program": ("program.parents", chmod("/opt", 0o777)),
    "everybody may write to the command": ("program.command host.files", chmod("/usr/local/sbin/candour-drop", 0o757)),
    "a file of a package was changed": ("program.packages", put(f"{SITE_PACKAGES}/flask/app.py", "spy()\n")),
    "a file of a package is gone": ("program.packages", lambda made: made.remove(f"{SITE_PACKAGES}/flask/app.py")),
    "a package has another version": (
        "program.versions program.own", change("/opt/candour/requirements/run.lock", "3.1.2", "3.1.3"),
    ),
    "a package is there that nobody pinned": (
        "program.versions program.strangers", put(f"{SITE_PACKAGES}/spy-1.0.dist-info/RECORD", ""),
    ),
    "setuptools, which Python 3.13 does not bring, is missing": (
        "program.versions", lambda made: made.remove(f"{SITE_PACKAGES}/setuptools-84.2.1.dist-info"),
    ),
    "a pinned package is missing": (
        "program.versions program.own", put("/opt/candour/requirements/run.lock", "flask==3.1.2\nx==1\n"),
    ),
    "Candour's user has a shell": (
        "users.service-shell", change("/etc/passwd", "candour:/usr/sbin/nologin", "candour:/bin/sh"),
    ),
    "Candour's user has a password": ("users.service-password", change("/etc/shadow", "candour:!", "candour:$y$j9T$x")),
    "Candour's user may become root": ("users.service-groups", change("/etc/group", "27:ann", "27:ann,candour")),
    "Candour's number has a second name": (
        "users.service-number", change("/etc/passwd", "ann:x:1000", "twin:x:999:999::/:/bin/false\nann:x:1000"),
    ),
    "root has a second name": (
        "users.one-root", change("/etc/passwd", "sync:x:4", "toor:x:0:0::/:/bin/false\nsync:x:4"),
    ),
    "somebody needs no password": ("users.empty-passwords", change("/etc/shadow", "ann:$y$j9T$x", "ann:")),
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
    "a timer never comes": (
        "service.backup.timer", added(TIMER, "[Timer]\nOnCalendar=\nOnCalendar=2099-01-01\n", OF_TIMER),
    ),
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
    "a file of root's was changed": ("host.files", change("/etc/tor/torrc", "9050", "0.0.0.0:9050")),
    "a file of root's is gone": ("host.files", lambda made: made.remove("/etc/apt/apt.conf.d/90-candour")),
    "a file of root's is a link": ("host.files", linked("/etc/sysctl.d/90-candour.conf")),
    "a file of root's has another owner": ("host.files", give("/etc/tor/torrc", "ann")),
    "a fence was loosened": ("host.files", change("/etc/apparmor.d/candour-site", "attach_disconnected", "complain")),
    "the list of what was written is everybody's": ("host.files", chmod(INSTALLED, 0o666)),
    "the list of the program's files is somebody's": ("program.own program.owner", give(OWN, "ann")),
    "there is no list of the program's files": ("program.own", lambda made: made.remove(OWN)),
    "nobody can read the list": (
        "host.files " + " ".join(
            f"service.{name}.file" for name in ("tor", "site", "door", "backup", "clock", "posture")
        ), put(INSTALLED, "what now\n"),
    ),
    "a file of the program was changed": ("program.own", put("/opt/candour/store/blobs.py", "spy()\n")),
    "a file of the program can be run": ("program.own", chmod("/opt/candour/store/blobs.py", 0o755)),
    "a file lies in the program that nobody brought": ("program.own", put("/opt/candour/store/spy.py", "")),
    "a folder is called almost as that of the packages": ("program.own", put("/opt/candour/.venv-old/spy.py", "")),
    "a folder is called almost as the list of the packages": ("program.own", put("/opt/candour/x.egg-info/y", "")),
    "Python keeps what was compiled of no file": (
        "program.own", put("/opt/candour/store/__pycache__/spy.cpython-311.pyc", "x"),
    ),
    "what Python keeps of a file is somebody's": (
        "program.owner", give("/opt/candour/store/__pycache__/blobs.cpython-311.pyc", "ann"),
    ),
    "a module lies beside the program": ("program.own", put("/opt/candour/spy.py", "")),
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
    "a rule was added to the firewall": (
        "firewall.in-force", retell("nft list ruleset", 'oif "lo" accept', 'oif "lo" accept\n\t\ttcp dport 443 accept'),
    ),
    "a rule was taken from the firewall": (
        "firewall.in-force", retell("nft list ruleset", "ct state established,related accept", ""),
    ),
    "another user may leave": ("firewall.in-force", retell("nft list ruleset", "skuid 999", "skuid 1000")),
    "a second table lets things in": (
        "firewall.in-force", lambda made: made.told.update({"nft list ruleset": made.told["nft list ruleset"] + (
            "table ip other {\n\tchain input {\n\t\ttype filter hook input priority 1; policy accept;\n\t}\n}\n"
        )}),
    ),
    "the firewall is off": (
        "firewall.in-force firewall.refuses", lambda made: made.told.update({"nft list ruleset": ""}),
    ),
    "the firewall lets out what it does not know": (
        "firewall.in-force firewall.refuses",
        retell("nft list ruleset", "output priority filter; policy drop", "output priority filter; policy accept"),
    ),
    "everybody may write the firewall": ("firewall.file host.files", chmod("/etc/nftables.conf", 0o666)),
    "the firewall does not start with the machine": (
        "firewall.starts", retell("systemctl show nftables.service", "enabled", "disabled"),
    ),
    "a web server listens": ("network.tcp", listen("tcp", "00000000:0050")),
    "a web server listens by IPv6": ("network.tcp", listen("tcp6", "00000000000000000000000000000000:0050")),
    "a name server listens": ("network.udp", listen("udp", "0100A8C0:0035", "07")),
    "somebody may log in from afar": ("network.tcp network.ssh", listen("tcp", "00000000:0016")),
    "the journal goes to the disk": (
        "system.journal", retell("systemd-analyze cat-config systemd/journald.conf", "=volatile", "=persistent"),
    ),
    "cores are written": ("system.cores", put("/proc/sys/kernel/core_pattern", "core\n")),
    "nothing ever set the clock": ("system.clock", put("/var/lib/candour-clock/right", "")),
    "the clock was not right for weeks": ("system.clock", put("/var/lib/candour-clock/right", "2026-11-10\n")),
    "the clock went back": ("system.clock", put("/var/lib/candour-clock/right", "2027-01-01\n")),
    "the kernel holds no fences": ("system.apparmor", put("/sys/module/apparmor/parameters/enabled", "N\n")),
    "the kernel knows no fences": (
        "system.apparmor", lambda made: made.remove("/sys/module/apparmor/parameters/enabled"),
    ),
    "hardly any room is left": ("disk.room", lambda made: setattr(made, "size", Room(10**6, 10**11, 10**6, 10**7))),
    "updates do not install themselves": ("updates.automatic", retell("apt-config dump", 'Upgrade "1"', 'Upgrade "0"')),
    "nothing holds any more of what was heard": (
        "updates.heard", change(LISTS, "Valid-Until: Mon, 07 Dec", "Valid-Until: Mon, 30 Nov"),
    ),
    "nothing was ever heard": ("updates.heard", lambda made: made.remove(LISTS)),
    "a file that no package brought": ("program.strangers", put(f"{SITE_PACKAGES}/zz.pth", "import evil\n")),
    "a module that no package brought": ("program.strangers", put(f"{SITE_PACKAGES}/flask/evil.py", "")),
    "updates go past Tor": ("updates.through-tor", retell("apt-config dump", "https::Proxy", "ftp::Proxy")),
}  # fmt: skip
FAULTS |= {
    f"{setting.name} is loose": (
        f"sysctl.{setting.name}",
        put("/proc/sys/" + setting.name.replace(".", "/"), "0\n" if "0" not in setting.good else "1\n"),
    )
    for setting in SETTINGS
}
ON_A_DESK: dict[str, tuple[str, Break]] = {
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
WARNINGS: dict[str, tuple[str, Break]] = {
    "the machine was not looked over for days": (
        "service.posture.last", retell(LOOK, f"ExitTimestampMonotonic={AN_HOUR_AGO}", "ExitTimestampMonotonic=1000000"),
    ),
    "the backup failed": ("service.backup.last", retell(BACKUP, "Result=success", "Result=exit-code")),
    "three can log in": (
        "users.login-shells", change("/etc/passwd", "daemon:/usr/sbin:/usr/sbin/nologin", "daemon:/usr/sbin:/bin/sh"),
    ),
    "a unit was added to": ("service.site.additions", added(SITE, "[Unit]\nAfter=time-sync.target\n")),
    "a timer was added to": ("service.backup.timer", added(TIMER, "[Unit]\nAfter=time-sync.target\n", OF_TIMER)),
    "a wall was made higher by hand": ("service.site.additions", added(SITE, "[Service]\nInaccessiblePaths=-/srv\n")),
    "a service waits for init": (
        "service.site.running",
        both(retell(SITE, "ActiveState=active", "ActiveState=failed"), retell(SITE, "Result=yes", "Result=no")),
    ),
    "the machine has a telling name": ("network.hostname", put("/proc/sys/kernel/hostname", "candour-desk\n")),
    "something new listens for this machine": ("network.loopback", listen("tcp", "0100007F:0CEA")),
    "a journal of before": ("system.old-journal", put("/var/log/journal/abc/system.journal", "")),
    "a syslog": ("system.syslog", put("/usr/sbin/rsyslogd", "")),
    "the disk is in clear": (
        "disk.encrypted", put("/proc/mounts", "/dev/sda5 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n"),
    ),
    "LVM lies on a disk in clear": (
        "disk.encrypted", put("/sys/class/block/dm-0/dm/uuid", "LVM-other\n"),
    ),
    "half of LVM lies on a disk in clear": ("disk.encrypted", put("/sys/class/block/dm-1/slaves/sda5/dev", "")),
    "/tmp lies on the disk": ("disk.tmp", change("/proc/mounts", "tmpfs /tmp tmpfs", "/dev/sdb1 /tmp ext4")),
    "little room is left": ("disk.room", lambda made: setattr(made, "size", Room(10**9, 10**11, 10**6, 10**7))),
    "no more files can be named": ("disk.files", lambda made: setattr(made, "size", Room(10**11, 10**12, 9, 10**7))),
    "the clock is set past Tor": (
        "system.clock",
        retell("timedatectl show", "Synchronized=no", "Synchronized=yes"),
    ),
    "the clock was not right since the day before yesterday": (
        "system.clock", put("/var/lib/candour-clock/right", "2026-11-28\n"),
    ),
    "long-term support alone": ("updates.release", put("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')),
    "another system": ("updates.release", put("/etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\n')),
    "no round of updates for a week": ("updates.last", lambda made: written_last(made, days=7)),
    "nothing new was heard for days": (
        "updates.heard", change(LISTS, "Date: Mon, 30 Nov 2026", "Date: Fri, 27 Nov 2026"),
    ),
    "updates wait": (
        "updates.waiting",
        lambda made: made.told.update(
            {"apt-get -s upgrade": "Inst tor [1] (2 Debian-Security:13/stable-security [amd64])\nConf tor (2)\n"}
        ),
    ),
    "a restart is asked for": ("updates.restart", put("/run/reboot-required", "")),
    "a library was replaced under a service": (
        "updates.running", change("/proc/701/maps", "libssl.so.3\n", "libssl.so.3 (deleted)\n"),
    ),
    "logins are waited for on this machine": ("network.ssh", listen("tcp", "0100007F:0016")),
    "a port is named in a file of everybody's": (
        "network.loopback",
        both(
            listen("tcp", "0100007F:0CEA"),
            lambda made: made.write("/etc/candour/ports", "3306 our own\n", 0o666),
        ),
    ),
    "an older kernel runs": ("updates.kernel", put("/boot/vmlinuz-6.12.100+deb13-amd64", "")),
}  # fmt: skip
UNSEEN: dict[str, tuple[str, Break]] = {
    "what adds to a unit is root's to read": (
        "service.site.additions", both(added(SITE, "[Unit]\nAfter=x.target\n"), hide(ADDED)),
    ),
    "the passwords are not ours to read": (
        "users.service-password users.empty-passwords", lambda made: made.remove("/etc/shadow"),
    ),
    "the firewall is root's to ask": (
        "firewall.in-force firewall.refuses", lambda made: made.told.__delitem__("nft list ruleset"),
    ),
    "a service that does not run has no process": (
        "service.site.process service.site.umask service.site.fence", retell(SITE, "MainPID=701", "MainPID=0"),
    ),
    "the data lies on a file system in layers": (
        "disk.encrypted", change("/proc/mounts", "/dev/mapper/vg-root", "overlay"),
    ),
    "a kernel without a setting": (
        "sysctl.dev.tty.ldisc_autoload", lambda made: made.remove("/proc/sys/dev/tty/ldisc_autoload"),
    ),
    "a table of the kernel's that nobody understands": (
        "network.tcp network.loopback network.ssh", put("/proc/net/tcp", f"{HEAD} 0: what now 0A\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("plan", PLANS)
def test_a_host_that_is_right_has_nothing_but_right_lines(tmp_path: Path, plan: str) -> None:
    """Forty lines or more; each with its own name, a reason, and a way to mend it."""
    found = look_over(right_machine(tmp_path, plan))
    assert [line for line in found if line.grade is not Grade.RIGHT] == []
    assert len(found) >= 40
    assert len({line.name for line in found}) == len(found)
    assert all(line.sentence and line.why and line.how and line.group for line in found)


@pytest.mark.parametrize("harm", FAULTS)
def test_each_fault_is_named_by_its_line_alone(tmp_path: Path, harm: str) -> None:
    """And is a fault: exit code 1, for whoever watches the host."""
    names, do = FAULTS[harm]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.FAULT)


@pytest.mark.parametrize("harm", ON_A_DESK)
def test_each_fault_of_a_desk_alone_is_named_by_its_line(tmp_path: Path, harm: str) -> None:
    """What the source host has not."""
    names, do = ON_A_DESK[harm]
    made = right_machine(tmp_path, "desk")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.FAULT)


@pytest.mark.parametrize("harm", WARNINGS)
def test_each_warning_is_named_by_its_line_alone(tmp_path: Path, harm: str) -> None:
    """What holds for the moment is no fault."""
    names, do = WARNINGS[harm]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.WARNING)


@pytest.mark.parametrize("veil", UNSEEN)
def test_what_cannot_be_seen_is_said_to_be_unseen(tmp_path: Path, veil: str) -> None:
    """Never right, never a fault, and never the end of the round."""
    names, do = UNSEEN[veil]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.UNSEEN)


@pytest.mark.parametrize("plan", PLANS)
def test_every_line_can_be_other_than_right(plan: str) -> None:
    """No line without a test that breaks it: of the services one stands for all."""
    broken = {
        name for table in (FAULTS, ON_A_DESK, WARNINGS) for names, _do in table.values() for name in names.split()
    }
    kinds = {name.rsplit(".", 1)[1] for name in broken if name.startswith("service.")}
    names = {look.name for look in looks(plan, DATA)}
    alone = {name for name in names if not name.startswith("service.")}
    assert alone - broken == set()
    assert {name.rsplit(".", 1)[1] for name in names - alone} - kinds == set()


def test_a_host_of_somebodys_own_has_warnings_and_no_faults(tmp_path: Path) -> None:
    """Nothing of the installer's there: nothing is a fault, and no program is asked, unless somebody wants it."""
    made = right_machine(tmp_path, "drop")
    made.write("/proc/net/tcp", f"{HEAD}   0: 00000000:0050 0:0 0A 0 0 0\n")
    assert not_right(made) == {"network.tcp": Grade.FAULT}
    made.remove("/opt/candour")
    made.remove("/etc/systemd/system")
    found = {line.name: line.grade for line in look_at(made, "drop", DATA, ask_anyway=True)}
    assert Grade.FAULT not in found.values()
    assert (found["host.installed"], found["network.tcp"]) == (Grade.WARNING, Grade.WARNING)
    assert found["firewall.in-force"] is Grade.RIGHT
    unasked = right_machine(tmp_path / "second", "drop")
    unasked.remove("/opt/candour")
    unasked.remove("/etc/systemd/system")
    assert not_right(unasked)["firewall.in-force"] is Grade.UNSEEN


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    """In a word after its path; some of many, and how many."""
    made = right_machine(tmp_path, "drop")
    linked("/etc/sysctl.d/90-candour.conf")(made)
    made.remove("/etc/tor/torrc")
    made.owners["/etc/nftables.conf"] = "ann"
    made.place("/etc/tmpfiles.d/candour.conf").chmod(0o640)
    made.write("/etc/apt/apt.conf.d/90-candour", "// mine\n")
    [line] = [line for line in look_over(made) if line.name == "host.files"]
    assert "5 files: /etc/apt/apt.conf.d/90-candour (changed), /etc/nftables.conf (its owner), " in line.sentence
    assert line.sentence.endswith("/etc/sysctl.d/90-candour.conf (no plain file) ….")


def test_a_socket_of_a_server_is_closed_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gunicorn makes it for everybody; the folder lets nobody come there."""
    made = right_machine(tmp_path, "drop")
    # From its folder: the whole path may be too long for a socket.
    monkeypatch.chdir(made.place(DATA))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("site.sock")
        Path("site.sock").chmod(0o777)
        assert not_right(made) == {}


def test_an_error_in_one_look_does_not_end_the_round() -> None:
    """Nor is its text told: nobody knows what it quotes."""

    def stumble(_machine: Machine) -> None:
        raise RuntimeError("what a source wrote")

    stumbling = Look("a.b", "group", "why", "how", stumble)  # type: ignore[arg-type] # it never returns
    line = one_line(Machine(), stumbling)
    assert (line.grade, line.sentence) == (Grade.UNSEEN, "Cannot be seen: RuntimeError")
    assert one_line(Machine(), Look("a.b", "g", "w", "h", lambda _machine: right("Yes."))).grade is Grade.RIGHT
