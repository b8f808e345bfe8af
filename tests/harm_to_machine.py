"""Harm to the machine around: its firewall, what listens, the kernel, disks, updates and the clock."""

from posture.kernel import SETTINGS
from posture.machine import Room
from tests.harmed_machine import Harms, both, change, chmod, listen, put, retell
from tests.made_up_machine import LISTS, written_last
from tests.printed_by_debian import HEAD

FAULTS: Harms = {
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
    "updates go past Tor": ("updates.through-tor", retell("apt-config dump", "https::Proxy", "ftp::Proxy")),
}  # fmt: skip
FAULTS |= {
    f"{setting.name} is loose": (
        f"sysctl.{setting.name}",
        put("/proc/sys/" + setting.name.replace(".", "/"), "0\n" if "0" not in setting.good else "1\n"),
    )
    for setting in SETTINGS
}
WARNINGS: Harms = {
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
UNSEEN: Harms = {
    "the firewall is root's to ask": (
        "firewall.in-force firewall.refuses", lambda made: made.told.__delitem__("nft list ruleset"),
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
