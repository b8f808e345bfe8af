"""The unit that sets the clock, its timer and its fence: root's, with that right alone, and Tor's socket."""

from deploy.hosts.units import SHUT_IN

NAME = "candour-clock"
_MARK = "# Written by Candour's installer; it writes this file anew."
_HAS = {
    "User=candour\nGroup=candour\n": "",
    "CapabilityBoundingSet=\n": "CapabilityBoundingSet=CAP_SYS_TIME\n",
    # In a namespace of users nobody may set the clock.
    "PrivateUsers=yes\n": "",
    "ProtectClock=yes\n": "",
    # It writes nothing there; and the same walls as a list of mounts count for less with systemd.
    "TemporaryFileSystem=/tmp:mode=1777 /var/tmp:mode=1777 /dev/shm:mode=1777\n": "PrivateTmp=yes\n",
}


def service_text() -> str:
    """Return the unit file."""
    shut_in = SHUT_IN
    for before, now in _HAS.items():
        shut_in = shut_in.replace(before, now)
    return f"""{_MARK}
[Unit]
Description=Candour: the clock, by what web servers say through Debian's own Tor
After=tor@default.service
Wants=tor@default.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I /opt/candour/deploy/clock/main.py /run/tor/socks
AppArmorProfile={NAME}
# Tor may not be connected yet. 3: the clock is so wrong that a person has to set it.
Restart=on-failure
RestartSec=10min
RestartPreventExitStatus=3
TimeoutStartSec=5min
StateDirectory={NAME}
InaccessiblePaths=-/var/lib/candour
{shut_in.strip()}
MemoryDenyWriteExecute=yes
PrivateMounts=yes
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
IPAddressDeny=any
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @obsolete @debug
SystemCallFilter=@clock
"""


def timer_text() -> str:
    """Return the unit file of its timer."""
    return f"""{_MARK}
[Unit]
Description=Candour: when the clock is looked at

[Timer]
OnBootSec=3min
OnUnitInactiveSec=6h
RandomizedDelaySec=30min

[Install]
WantedBy=timers.target
"""


def profile_text() -> str:
    """Return AppArmor's profile (apparmor.d(5))."""
    return f"""{_MARK}
abi <abi/3.0>,
include <tunables/global>

profile {NAME} flags=(attach_disconnected) {{
  include <abstractions/base>
  include <abstractions/ssl_certs>

  capability sys_time,
  unix (create, connect, getattr, setopt, getopt, shutdown, send, receive),
  /run/tor/socks rw,

  /usr/bin/python3* rix,
  /usr/lib/python3*/** r,
  /usr/lib/python3*/lib-dynload/*.so mr,
  /usr/local/lib/python3*/{{,**}} r,
  /opt/candour/deploy/{{,**}} r,
  /etc/{{passwd,group,nsswitch.conf,localtime}} r,
  /etc/ssl/openssl.cnf r,
  /var/lib/{NAME}/{{,*}} rw,
}}
"""
