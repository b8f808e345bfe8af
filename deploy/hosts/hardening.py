"""What makes a Debian machine a hardened one, whichever host it is: the text of its files."""

_MARK = "# Written by Candour's installer; it writes this file anew."

# Of both Tors here. Debian's AppArmor lets its Tor read below /etc/tor alone.
BESIDE = "/etc/tor/candour-beside"
NO_BRIDGES = """# How Tor reaches the network from here, if not as usual: lines such as
#   UseBridges 1
#   Bridge 192.0.2.1:443 0123456789ABCDEF0123456789ABCDEF01234567
# No helper programs (obfs4 and the like). Then: systemctl restart candour-tor tor@default
# Candour's installer made this file, and leaves it as it is from now on.
"""
TMP = f"""{_MARK}
# What a program leaves there is in memory, and gone when the machine is off. As Debian 13 has it by itself.
[Unit]
Description=Temporary files, in memory
ConditionPathIsSymbolicLink=!/tmp
DefaultDependencies=no
Conflicts=umount.target
Before=local-fs.target umount.target
After=swap.target

[Mount]
What=tmpfs
Where=/tmp
Type=tmpfs
Options=mode=1777,strictatime,nosuid,nodev,size=50%%,nr_inodes=1m

[Install]
WantedBy=local-fs.target
"""

SYSCTL = f"""{_MARK}
# No program may look into another's memory; no core, which would be all of it on the disk.
kernel.yama.ptrace_scope = 2
kernel.core_pattern = |/bin/false
fs.suid_dumpable = 0
kernel.kptr_restrict = 2
kernel.dmesg_restrict = 1
kernel.unprivileged_bpf_disabled = 1
net.core.bpf_jit_harden = 2
kernel.kexec_load_disabled = 1
kernel.sysrq = 0
kernel.perf_event_paranoid = 3
vm.unprivileged_userfaultfd = 0
dev.tty.ldisc_autoload = 0
fs.protected_fifos = 2
fs.protected_regular = 2
fs.protected_hardlinks = 1
fs.protected_symlinks = 1
# Memory is written to the disk only where nothing else is left.
vm.swappiness = 0
# A machine that answers to nobody, and tells nobody how long it has been up.
net.ipv4.tcp_timestamps = 0
net.ipv4.icmp_echo_ignore_all = 1
net.ipv4.tcp_syncookies = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.all.rp_filter = 1
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.default.accept_redirects = 0
# An address of IPv6 that the machine makes itself must not hold the number of its network card.
net.ipv6.conf.all.addr_gen_mode = 3
net.ipv6.conf.default.addr_gen_mode = 3
net.ipv6.conf.all.use_tempaddr = 2
net.ipv6.conf.default.use_tempaddr = 2
"""

JOURNALD = f"""{_MARK}
# In memory, for three days: what a service says at a bad moment could tell when somebody was there.
[Journal]
Storage=volatile
RuntimeMaxUse=32M
MaxRetentionSec=3day
MaxLevelStore=warning
ForwardToSyslog=no
ForwardToWall=no
"""

COREDUMP = f"""{_MARK}
[Coredump]
Storage=none
ProcessSizeMax=0
"""

# tmpfiles.d(5): the age of a file is that of its content; Debian looks once a day.
FORGOTTEN = f"""{_MARK}
e {{folder}} - - - m:7d
"""

UPGRADES = """// Written by Candour's installer; it writes this file anew.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern {
    "origin=Debian,codename=${distro_codename}-security";
    "origin=Debian,codename=${distro_codename}";
};
// A machine that starts again waits for the passphrase of its disk, with nobody there to type it. `check` says when a
// restart is wanted; a person does it.
Unattended-Upgrade::Automatic-Reboot "false";
// Where Debian has a new version of a file that was replaced here, ours stays; unasked, the update would be held back.
Dpkg::Options { "--force-confdef"; "--force-confold"; };
// What was mended on the disk is mended in memory too: services that run what was replaced are started again.
DPkg::Post-Invoke { "look=/opt/candour/deploy/hosts/after_updates.py; test ! -f $look || python3 -I $look || true"; };
"""

# Debian's own Tor, which starts with the machine: for its errands alone. Candour's has a configuration of its own.
DEBIANS_TOR = f"""{_MARK}
%include {BESIDE}
SocksPort 127.0.0.1:9050 IsolateDestAddr
# For what sets the clock, which has no network. Debian's own file has this socket, too.
SocksPort unix:/run/tor/socks WorldWritable IsolateDestAddr
ClientOnly 1
SafeLogging 1
HeartbeatPeriod 0
Log warn syslog
"""

ERRANDS = """// Written by Candour's installer; it writes this file anew.
// Names are looked up by Tor, too.
Acquire::http::Proxy "socks5h://apt:apt@127.0.0.1:9050";
Acquire::https::Proxy "socks5h://apt:apt@127.0.0.1:9050";
"""

_FIREWALL = """#!/usr/sbin/nft -f
# Written by Candour's installer; it writes this file anew.
# Only Tor may leave, and nothing may come in: visitors come through Tor's own circuits, from inside.
flush ruleset

table inet candour {
    chain coming {
        type filter hook input priority filter; policy drop;
        iif "lo" accept
        ct state established,related accept
        # The network tells which address is ours, and who the neighbours are.
        udp sport 67 udp dport 68 accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    }

    chain passing {
        type filter hook forward priority filter; policy drop;
    }

    chain leaving {
        type filter hook output priority filter; policy drop;
        oif "lo" accept
        # Candour's Tor; of its other programs none has a network (candour-*.service: PrivateNetwork).
        meta skuid "candour" meta l4proto tcp accept
        # Debian's own Tor, through which the machine fetches its updates.
        meta skuid "debian-tor" meta l4proto tcp accept
        meta skuid "root" udp sport 68 udp dport 67 accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    }
}
"""


def settings() -> list[str]:
    """Return the names of the kernel's settings."""
    return [line.split("=")[0].strip() for line in SYSCTL.splitlines() if line and not line.startswith("#")]


def firewall() -> str:
    """Return the rules, for nft(8). Both hosts have the same: nobody is let in at either."""
    return _FIREWALL
