"""What Debian's kernel and programs say on a machine that is right, as they print it: for the tests of posture."""

PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
debian-tor:x:101:105::/var/lib/tor:/bin/false
candour:x:999:999::/var/lib/candour:/usr/sbin/nologin
ann:x:1000:1000:Ann:/home/ann:/bin/bash
"""
SHADOW = "root:!:20000:0:99999:7:::\ndaemon:*:20000::::::\ncandour:!:20000::::::\nann:$y$j9T$x:20000::::::\n"
GROUP = "root:x:0:\nsudo:x:27:ann\ncandour:x:999:\n"
TCP = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:235A 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 1 1\n"
    "   1: 0100007F:A000 0100007F:235A 01 00000000:00000000 00:00000000 00000000   101        0 2 1\n"
)
HEAD = TCP.splitlines()[0] + "\n"
STATUS = """Name:\tcandour-drop
Umask:\t0077
Uid:\t999\t999\t999\t999
CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t0000000000000000
CapAmb:\t0000000000000000
NoNewPrivs:\t1
Seccomp:\t2
"""
STARTER = (
    "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nSubState=waiting\nFragmentPath=/etc/systemd/system/{}\n"
    "NeedDaemonReload=no\nDropInPaths=\n"
)
# As systemd 252 and 257 print it, a line for each time.
CALENDAR = "TimersCalendar={{ OnCalendar={} ; next_elapse=Wed 2026-12-02 01:30:00 UTC }}\n"
AFTER = (
    "TimersMonotonic={ OnBootUSec=3min ; next_elapse=0 }\nTimersMonotonic={ OnUnitInactiveUSec=6h ; next_elapse=9d }\n"
)
SOCKET = "IPAddressAllow=127.0.0.0/8 ::1/128\nIPAddressDeny=::/0 0.0.0.0/0\n"
# As nft 1.0.6 prints the installer's rules, tried in a network of its own.
NFT = """table inet candour {
	chain coming {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		udp sport 67 udp dport 68 accept
		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
	}

	chain passing {
		type filter hook forward priority filter; policy drop;
	}

	chain leaving {
		type filter hook output priority filter; policy drop;
		oif "lo" accept
		meta skuid 999 meta l4proto tcp accept
		meta skuid 101 meta l4proto tcp accept
		meta skuid 0 udp sport 68 udp dport 67 accept
		icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept
	}
}
"""
MAPS = (
    "55d0c6a00000-55d0c6a01000 r--p 00000000 fd:01 1 /usr/bin/python3.11\n"
    "7f2a5c000000-7f2a5c021000 rw-p 00000000 00:00 0 \n"
    "7f2a5d000000-7f2a5d001000 rw-s 00000000 00:1a 7 /dev/shm/x (deleted)\n"
    "7f2a60000000-7f2a60001000 r-xp 00000000 fd:01 2 /usr/lib/x86_64-linux-gnu/libssl.so.3\n"
)
IN_RELEASE = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian-Security\n"
    "Date: Mon, 30 Nov 2026 02:53:00 UTC\nValid-Until: Mon, 07 Dec 2026 02:53:00 UTC\nSHA256:\n 00 1 main/x\n"
)
APT = """APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Acquire::http::Proxy "socks5h://apt:apt@127.0.0.1:9050";
Acquire::https::Proxy "socks5h://apt:apt@127.0.0.1:9050";
"""
OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n'
MOUNTS = (
    "sysfs /sys sysfs rw 0 0\n/dev/mapper/vg-root / ext4 rw,relatime 0 0\ntmpfs /tmp tmpfs rw,nosuid 0 0\n"
    "/dev/sda1 /boot ext4 rw 0 0\n"
)
