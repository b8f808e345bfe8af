"""The units of systemd: one for each program of a host, each shut in as far as the program can live with.

What a program does not need, it cannot do: the servers have no network at all, for Tor and the reviewer's browser come
over unix sockets; Tor has the network, and is shown of the data folder its own folder and that of the sockets alone.
All run as one user, so the others are kept from Tor's control socket and its cookie by these walls, and by AppArmor's:
whoever reached them could have Tor call out, and tell where this host is. Options: systemd.exec(5). How open each is,
`systemd-analyze security --offline=true` says: at most 1.5 of 10 (tests/test_deploy_units.py).
"""

from dataclasses import dataclass

from deploy.hosts.hardening import BESIDE

USER = "candour"
PROGRAMS = "/opt/candour/.venv/bin"
DATA = "/var/lib/candour"
# Where the disk for backups is mounted (docs/adr/0073); the folder beneath is root's, and nothing is written into it.
BACKUPS = "/srv/candour-backups"
# Where an upgrade writes its backup without that disk: beside the data, and for a week (deploy.hosts.machine).
UPGRADE_BACKUPS = "/var/backups/candour"
# There from before the first change of an upgrade until its end (deploy.hosts.upgrade_state).
UPGRADE_NOTE = "/opt/candour-upgrade/note.json"

SHUT_IN = """
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
# What it says of its errors is kept: the journal stores warnings and worse (journald.conf).
SyslogLevel=warning
LogRateLimitIntervalSec=0
"""

_ALWAYS = """
Type=exec
Restart=always
RestartSec=5
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
    needs: str  # files without which it is not started, a space between: what `init` or `onion set-up` makes
    network: bool = False
    jit: bool = False
    hidden: tuple[str, ...] = ()  # from it, in the data folder; what has a “-” before it need not be there
    socket: str = ""  # where systemd listens for it: a program without a network cannot
    nightly: str = ""
    writes: tuple[str, ...] = ()  # besides the data folder; what is not there is passed over
    ends_within: int = 60  # seconds it is given to finish what it is at when it is stopped

    def text(self) -> str:
        """Return the unit file."""
        lines = [
            "# Written by Candour's installer; it writes this file anew. Lines of your own: systemctl edit.",
            "[Unit]",
            f"Description=Candour: {self.description}",
            *(f"ConditionPathExists={DATA}/{each}" for each in self.needs.split()),
            "StartLimitIntervalSec=0",
            *([f"Requires={self.name}.socket"] if self.socket else []),
            "Wants=network-online.target" if self.network else "After=local-fs.target",
            *(["After=network-online.target nftables.service"] if self.network else []),
            "",
            "[Service]",
            f"ExecStart={PROGRAMS}/{self.command}",
            f"AppArmorProfile={self.name}",
            *(_ONCE if self.nightly else _ALWAYS).strip().splitlines(),
            *([] if self.nightly else [f"TimeoutStopSec={self.ends_within}"]),
            *SHUT_IN.strip().splitlines(),
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
        """Return the unit file of its socket, if it has one. The service requires it: nobody need enable it.

        It goes with the service where that is stopped by hand: a socket that stayed would have any open page of a
        browser start again what somebody has just stopped.
        """
        return f"""# Written by Candour's installer; it writes this file anew.
[Unit]
Description=Candour: where {self.description} is found on this machine, and from nowhere else
PartOf={self.name}.service

[Socket]
ListenStream={self.socket}
NoDelay=yes
IPAddressDeny=any
IPAddressAllow=localhost
"""

    def _reach(self) -> list[str]:
        lines = [*self._sees(), "SystemCallFilter=@system-service"]
        lines += ["SystemCallFilter=~@privileged @resources @obsolete @debug"]
        # Without the capability it gives nothing away; gunicorn and SQLite do it to what is theirs already.
        lines += ["SystemCallFilter=@chown"]
        lines += ["MemoryDenyWriteExecute=yes"]
        if self.network:
            # Tor's own sandbox is a filter like this one: it must be let put that on, and take what it had away.
            return [*lines, "SystemCallFilter=seccomp capset", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
        return [
            *lines,
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX",
            "IPAddressDeny=any",
        ]

    def _sees(self) -> list[str]:
        """What it is shown of the data folder. To Tor, not a list of names that must not be there: what is."""
        if self.network:
            own = f"{DATA}/tor {DATA}/sockets"
            return [
                f"RuntimeDirectory={self.name}",
                "RuntimeDirectoryMode=0700",
                f"BindPaths=/run/{self.name}:{DATA} {own}",
                # What is bound below is left out of what is said of a folder: each is named.
                f"NoExecPaths={DATA} {own}",
            ]
        return [
            " ".join([f"ReadWritePaths={DATA}", *(f"-{path}" for path in self.writes)]),
            f"NoExecPaths={DATA}",
            " ".join(["InaccessiblePaths=-/etc/tor", *map(_below_data, self.hidden)]),
        ]


def _below_data(name: str) -> str:
    return f"-{DATA}/{name[1:]}" if name.startswith("-") else f"{DATA}/{name}"


_TORS_OWN = ("tor/state", "tor/laid-aside")


def _backup(program: str, needs: str) -> Unit:
    """The backup: by night, when nobody is at work. Of Tor it reads the keys of the services, which belong into it."""
    return Unit(
        "candour-backup",
        "the backup",
        f"{program} backup --data {DATA} --out {BACKUPS} --mounted",
        needs,
        hidden=("-tor/state",),
        nightly="*-*-* 01:30:00",
        writes=(BACKUPS,),
    )


UNITS = {
    "drop": (
        Unit(
            "candour-tor",
            "Tor, for the onion services",
            f"candour-drop onion run --data {DATA} --beside {BESIDE}",
            "tor sockets",
            network=True,
        ),
        Unit(
            "candour-site",
            "the source's site",
            f"candour-drop serve --data {DATA} --bind unix:{DATA}/sockets/site.sock --from-tor",
            "drop.sqlite tor/site/hostname",
            hidden=(*_TORS_OWN, "tor/entrances", "tor/door", "tor/site/hs_ed25519_secret_key"),
        ),
        Unit(
            "candour-door",
            "the door for the reviewer host",
            f"candour-drop door --data {DATA} --bind unix:{DATA}/sockets/door.sock",
            "drop.sqlite tor/site/hostname",
            # It ends a reviewer host's key once the next one was used; the service's own key is none of its business.
            hidden=(*_TORS_OWN, "tor/entrances", "-tor/door/hs_ed25519_secret_key", "tor/site"),
        ),
        _backup("candour-drop", "recovery-key.pub"),
    ),
    "desk": (
        Unit(
            "candour-tor",
            "Tor, for the courier",
            f"candour-desk onion run --data {DATA} --beside {BESIDE}",
            "tor sockets",
            network=True,
        ),
        Unit(
            "candour-courier",
            "the courier",
            f"candour-desk collect --data {DATA} --every 10m",
            "courier.json tor/state",
            hidden=(*_TORS_OWN, "tor/entrances", "-tor/courier-key", "-tor/desk", "-tor/desk-off"),
        ),
        Unit(
            "candour-notice",
            "the watch, and its daily notice",
            f"candour-desk notice run --data {DATA}",
            "desk.sqlite tor/state",
            hidden=(*_TORS_OWN, "tor/entrances", "-tor/courier-key", "-tor/desk", "-tor/desk-off"),
            ends_within=150,  # longer than one conversation with a mail relay: cut off, nobody knows what it took
        ),
        Unit(
            "candour-desk",
            "the reviewers' desk",
            f"candour-desk serve --data {DATA} --bind fd://3 --bind unix:{DATA}/sockets/desk.sock",
            "desk.sqlite tor/state",
            hidden=(*_TORS_OWN, "-tor/courier-key", "-tor/desk/hs_ed25519_secret_key", "-tor/desk-off"),
            socket="127.0.0.1:8081",
        ),
        _backup("candour-desk", "desk.sqlite"),
    ),
}
