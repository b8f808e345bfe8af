"""The units of systemd: one for each program of a host, each shut in as far as the program can live with.

What a program does not need, it cannot do: the servers have no network at all, for Tor and the reviewer's browser come
over unix sockets; Tor has the network, and of the data folder its own folder alone. Options: systemd.exec(5). How open
each still is, `systemd-analyze security --offline=true` says: at most 1.5 of 10 (tests/test_deploy_units.py).
"""

from dataclasses import dataclass

USER = "candour"
PROGRAMS = "/opt/candour/.venv/bin"
DATA = "/var/lib/candour"
# Where the disk for backups is mounted (docs/adr/0073); the folder beneath is root's, and nothing is written into it.
BACKUPS = "/srv/candour-backups"

_SHUT_IN = """
User=candour
Group=candour
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
# In memory: what is left there is gone with the service, and was on no disk.
TemporaryFileSystem=/tmp:mode=1777 /var/tmp:mode=1777 /dev/shm:mode=1777
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
NotifyAccess=none
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
LimitCORE=0
LimitMEMLOCK=infinity
# What these programs say in normal work says nothing of anybody; yet a journal keeps times to the microsecond.
StandardOutput=null
StandardError=journal
# The journal keeps warnings alone: what a program says before it gives up is one, and systemd would call it less.
SyslogLevel=warning
LogRateLimitIntervalSec=0
"""

_ALWAYS = """
Type=exec
Restart=always
RestartSec=5
TimeoutStopSec=60
"""
# After everything else that wants the disk; however long it takes.
_ONCE = """
Type=oneshot
Nice=15
IOSchedulingClass=idle
"""


@dataclass(frozen=True)
class Unit:
    """One service. `command`: without its program's folder. `network`: whether it may reach the network at all.

    `nightly`: when it is run, and ends by itself (systemd.time(7)); else it runs always.
    """

    name: str
    description: str
    command: str
    needs: str  # a file without which it is not started: what `init` or `onion set-up` makes
    network: bool = False
    jit: bool = False
    hidden: tuple[str, ...] = ()
    socket: str = ""  # where systemd listens for it: a program without a network cannot
    nightly: str = ""
    writes: tuple[str, ...] = ()  # besides the data folder; what is not there is passed over

    def text(self) -> str:
        """Return the unit file."""
        lines = [
            "# Written by Candour's installer; it writes this file anew. Lines of your own: systemctl edit.",
            "[Unit]",
            f"Description=Candour: {self.description}",
            f"ConditionPathExists={DATA}/{self.needs}",
            "StartLimitIntervalSec=0",
            *([f"Requires={self.name}.socket"] if self.socket else []),
            "Wants=network-online.target" if self.network else "After=local-fs.target",
            *(["After=network-online.target nftables.service"] if self.network else []),
            "",
            "[Service]",
            f"ExecStart={PROGRAMS}/{self.command}",
            f"AppArmorProfile={self.name}",
            *(_ONCE if self.nightly else _ALWAYS).strip().splitlines(),
            *_SHUT_IN.strip().splitlines(),
            *self._reach(),
            *([] if self.nightly else ["", "[Install]", "WantedBy=multi-user.target"]),
        ]
        return "\n".join(lines) + "\n"

    def timer_text(self) -> str:
        """Return the unit file of its timer, if it is run by night."""
        return f"""# Written by Candour's installer; it writes this file anew.
[Unit]
Description=Candour: every night, {self.description}

[Timer]
OnCalendar={self.nightly}
# Not at one moment on every host; and a host that was off that night does it when it is on again.
RandomizedDelaySec=1h
Persistent=yes

[Install]
WantedBy=timers.target
"""

    def socket_text(self) -> str:
        """Return the unit file of its socket, if it has one. The service requires it: nobody need enable it."""
        return f"""# Written by Candour's installer; it writes this file anew.
[Unit]
Description=Candour: where {self.description} is found on this machine, and from nowhere else

[Socket]
ListenStream={self.socket}
NoDelay=yes
IPAddressDeny=any
IPAddressAllow=localhost
"""

    def _reach(self) -> list[str]:
        lines = [" ".join([f"ReadWritePaths={DATA}", *(f"-{path}" for path in self.writes)])]
        lines += ["SystemCallFilter=@system-service"]
        lines += ["SystemCallFilter=~@privileged @resources @obsolete @debug"]
        # Without the capability it gives nothing away; gunicorn and SQLite do it to what is theirs already.
        lines += ["SystemCallFilter=@chown"]
        lines += ["MemoryDenyWriteExecute=yes"]
        if self.hidden:
            lines.append("InaccessiblePaths=" + " ".join(f"-{DATA}/{name}" for name in self.hidden))
        if self.network:
            # Tor's own sandbox is a filter like this one: it must be let put that on, and take what it had away.
            return [*lines, "SystemCallFilter=seccomp capset", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
        return [
            *lines,
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX",
            "IPAddressDeny=any",
        ]


_NOT_FOR_TOR = (
    "pepper",
    "drop.sqlite",
    "blobs",
    "reply-files",
    "door-token.sha256",
    "desk.sqlite",
    "vault",
    "gnupg",
    "post",
)


def _backup(program: str, needs: str) -> Unit:
    """The backup: an hour before the machine restarts for its updates, at the latest."""
    return Unit(
        "candour-backup",
        "the backup",
        f"{program} backup --data {DATA} --out {BACKUPS} --mounted",
        needs,
        nightly="*-*-* 01:30:00",
        writes=(BACKUPS,),
    )


UNITS = {
    "drop": (
        Unit(
            "candour-tor",
            "Tor, for the onion services",
            f"candour-drop onion run --data {DATA}",
            "tor",
            network=True,
            hidden=_NOT_FOR_TOR,
        ),
        Unit(
            "candour-site",
            "the source's site",
            f"candour-drop serve --data {DATA} --bind unix:{DATA}/site.sock --from-tor",
            "drop.sqlite",
        ),
        Unit(
            "candour-door",
            "the door for the reviewer host",
            f"candour-drop door --data {DATA} --bind unix:{DATA}/door.sock",
            "drop.sqlite",
        ),
        _backup("candour-drop", "recovery-key.pub"),
    ),
    "desk": (
        Unit(
            "candour-tor",
            "Tor, for the courier",
            f"candour-desk onion run --data {DATA}",
            "tor",
            network=True,
            hidden=_NOT_FOR_TOR,
        ),
        Unit(
            "candour-courier",
            "the courier",
            f"candour-desk collect --data {DATA} --every 10m",
            "courier.json",
        ),
        Unit(
            "candour-notice",
            "the watch, and its daily notice",
            f"candour-desk notice run --data {DATA}",
            "desk.sqlite",
        ),
        Unit(
            "candour-desk",
            "the reviewers' desk",
            f"candour-desk serve --data {DATA} --bind fd://3 --bind unix:{DATA}/desk.sock",
            "desk.sqlite",
            socket="127.0.0.1:8081",
        ),
        _backup("candour-desk", "desk.sqlite"),
    ),
}
