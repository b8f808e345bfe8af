"""The daily look over the machine: by root, who sees all of it, for the desk's page and the administrator's metrics.

Candour's own programs are shut in and see little of the machine. This one sees it, changes nothing, and leaves a day
and six numbers in a folder of root's (store.posture_summary), which they can read.
"""

from pathlib import Path

from deploy.hosts.host import Host
from deploy.hosts.steps import Step, file_step
from deploy.hosts.units import DATA, PROGRAMS

NAME = "candour-posture"
_MARK = "# Written by Candour's installer; it writes this file anew."

TIMER = f"""{_MARK}
[Unit]
Description=Candour: once a day, a look over this machine

[Timer]
OnCalendar=daily
# At another time each day; and when the machine was off then, soon after it is on.
RandomizedDelaySec=6h
Persistent=true

[Install]
WantedBy=timers.target
"""


def service(plan: str) -> str:
    """Return the unit file of the look itself."""
    return f"""{_MARK}
[Unit]
Description=Candour: a look over this machine
ConditionPathExists={DATA}

[Service]
Type=oneshot
ExecStart={PROGRAMS}/candour-{plan} check --machine --keep --data {DATA}
# 1: something is not as it should be, which is what the look is for.
SuccessExitStatus=1
StandardOutput=null
StandardError=journal
# Where it leaves its numbers, for Candour's programs to read; all else it cannot write.
StateDirectory={NAME}
StateDirectoryMode=0755
UMask=0022
ProtectSystem=strict
ProtectHome=read-only
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_NET_ADMIN
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
ProtectHostname=yes
ProtectClock=yes
SystemCallArchitectures=native
# It asks systemd and the kernel, and nobody elsewhere.
IPAddressDeny=any
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
LimitCORE=0
"""


def daily_look(plan: str) -> list[Step]:
    """The steps: the service, its timer, and that the timer starts with the machine."""
    reload = ("systemctl", "daemon-reload")
    why = "What broke or was forgotten shows on the desk's page of the hosts a day later."
    return [
        file_step(f"The service {NAME}", why, f"/etc/systemd/system/{NAME}.service", service(plan), after=reload),
        file_step(f"The timer of {NAME}", "Every day.", f"/etc/systemd/system/{NAME}.timer", TIMER, after=reload),
        Step(f"The timer {NAME} starts with the machine", "Nobody thinks of it every day.", _is_on, _on, _off),
    ]


def _is_on(host: Host) -> bool:
    return host.path(f"/etc/systemd/system/timers.target.wants/{NAME}.timer").is_symlink()


def _on(host: Host) -> None:
    now = ("--now",) if host.is_running else ()
    host.run("systemctl", "enable", *now, f"{NAME}.timer", why="the timer could not be enabled")


def _off(host: Host) -> None:
    host.try_run("systemctl", "disable", *(("--now",) if host.is_running else ()), f"{NAME}.timer")
    host.remove(str(Path("/var/lib") / NAME))
