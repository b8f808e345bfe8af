"""A machine that is made up: files below a folder of the test's, and what Debian's programs would print. All is right.

The looks read it as they read a real one; only whose a file is, and how much room there
is, a table tells, for a test may not be root.
"""

import base64
import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from deploy.hosts import hardening
from deploy.hosts.plans import around
from deploy.hosts.units import UNITS
from deploy.hosts.written import HEAD as LIST_HEAD
from deploy.hosts.written import line
from posture.kernel import SETTINGS
from posture.machine import Entry, Machine, Room, Unseen
from posture.services import SERVICES
from posture.starters import NIGHTLY, OF_THE_MACHINE
from tests.printed_by_debian import (
    AFTER,
    APT,
    CALENDAR,
    GROUP,
    HEAD,
    IN_RELEASE,
    MAPS,
    MOUNTS,
    NFT,
    OS_RELEASE,
    PASSWD,
    SHADOW,
    SOCKET,
    STARTER,
    STATUS,
    TCP,
)
from tests.shown_unit import printed_groups, shown

DATA = "/var/lib/candour"
SITE_PACKAGES = "/opt/candour/.venv/lib/python3.11/site-packages"
COMPILED = "/opt/candour/store/__pycache__/blobs.cpython-311.pyc"
TODAY = datetime(2026, 12, 1, 12, tzinfo=UTC)
UP_FOR = 9 * 24 * 60 * 60  # seconds since this machine was started
# Nine days less an hour after that, in microseconds, as systemd counts.
AN_HOUR_AGO = (UP_FOR - 3600) * 1_000_000
LISTS = "/var/lib/apt/lists/deb.debian.org_debian-security_dists_trixie-security_InRelease"


class MadeUp(Machine):
    """A machine below a folder. Change its files with `write`, its programs in `told`, owners in `owners`."""

    def __init__(self, root: Path, plan: str) -> None:
        super().__init__(root, self._tell)
        self.plan = plan
        self.told: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.hidden: set[str] = set()  # root's to read
        self.size = Room(free=20 * 1024**3, size=100 * 1024**3, free_files=10**6, files=10**7)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put a file there, with its folders."""
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        place.write_text(text, "utf-8")
        place.chmod(mode)

    def change(self, path: str, old: str, new: str) -> None:
        """Put other words in a file, which must have had the old ones."""
        text = self.place(path).read_text("utf-8")
        assert old in text, path
        self.place(path).write_text(text.replace(old, new), "utf-8")

    def retell(self, command: str, old: str, new: str) -> None:
        """Have a program print other words; it must have printed the old ones."""
        assert old in self.told[command], command
        self.told[command] = self.told[command].replace(old, new)

    def remove(self, path: str) -> None:
        """Take a file or folder away."""
        place = self.place(path)
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()

    def read(self, path: str) -> str:
        """What is there, if it is ours to read."""
        if path in self.hidden:
            raise Unseen(path)
        return super().read(path)

    def entry(self, path: str) -> Entry:
        """The mode as it is; the owner as the table says, and else as on a host that is right."""
        usual = "candour" if path == DATA or path.startswith(f"{DATA}/") else "root"
        return replace(super().entry(path), owner=self.owners.get(path, usual))

    def room(self, path: str) -> Room:
        """As the test says."""
        super().room(path)
        return self.size

    def now(self) -> float:
        """A day that does not pass."""
        return TODAY.timestamp()

    def _tell(self, command: Sequence[str]) -> str:
        # The properties that are asked for are many; which they are is shown by what is judged.
        known = " ".join(part for part in command if not part.startswith("--property"))
        if known not in self.told:
            raise Unseen(known)
        return self.told[known]


def right_machine(root: Path, plan: str) -> MadeUp:
    """A host as deploy/install leaves it, at work, every thing right."""
    made = MadeUp(root, plan)
    _system(made)
    _written(made)
    _folders(made)
    _services(made)
    _devices(made)
    for place in root.rglob("*"):
        if place.is_dir():
            place.chmod(0o755)
    for path in (DATA, f"{DATA}/blobs"):
        made.place(path).chmod(0o700)
    root.chmod(0o755)
    return made


def _system(made: MadeUp) -> None:
    for name, text in {"passwd": PASSWD, "shadow": SHADOW, "group": GROUP, "os-release": OS_RELEASE}.items():
        made.write(f"/etc/{name}", text)
    for setting in SETTINGS:
        made.write("/proc/sys/" + setting.name.replace(".", "/"), f"{setting.good[0]}\n")
    for name, text in {"tcp": TCP, "tcp6": HEAD, "udp": HEAD, "udp6": HEAD}.items():
        made.write(f"/proc/net/{name}", text)
    made.write("/proc/sys/kernel/core_pattern", "|/bin/false\n")
    made.write("/proc/sys/kernel/hostname", "debian\n")
    made.write("/proc/sys/kernel/osrelease", "6.12.48+deb13-amd64\n")
    made.write("/proc/mounts", MOUNTS)
    made.write("/boot/vmlinuz-6.12.48+deb13-amd64", "")
    made.write("/boot/vmlinuz-6.12.9+deb13-amd64", "")
    made.write("/sys/module/apparmor/parameters/enabled", "Y\n")
    made.write("/var/lib/apt/periodic/unattended-upgrades-stamp", "")
    made.write(LISTS, IN_RELEASE)
    written_last(made, days=1)
    made.write("/var/lib/candour-clock/right", f"{TODAY.date()}\n")
    made.write("/proc/uptime", f"{UP_FOR}.25 1.00\n")
    made.told |= {
        "nft list ruleset": NFT,
        "apt-config dump": APT,
        "apt-get -s upgrade": "Reading package lists...\n0 upgraded, 0 newly installed, 0 to remove.\n",
        "timedatectl show": "NTP=no\nNTPSynchronized=no\n",
        "systemctl show nftables.service": "UnitFileState=enabled\n",
        "systemd-analyze cat-config systemd/journald.conf": "#Storage=auto\n" + hardening.JOURNALD,
        "systemd-analyze cat-config systemd/coredump.conf": hardening.COREDUMP,
    }


def written_last(made: MadeUp, *, days: int) -> None:
    """Have the last round of updates been so many days ago."""
    when = TODAY.timestamp() - days * 24 * 60 * 60
    os.utime(made.place("/var/lib/apt/periodic/unattended-upgrades-stamp"), (when, when))


def _folders(made: MadeUp) -> None:
    made.write(f"{DATA}/drop.sqlite", "x", 0o600)
    made.write(f"{DATA}/blobs/sealed", "x", 0o600)
    lock = "flask==3.1.2 \\\n    --hash=sha256:0\nsetuptools==84.2.1 \\\nzipp==1.0 ; python < '3.9' \\\n"
    made.write("/opt/candour/requirements/run.lock", lock)
    made.write("/opt/candour/store/blobs.py", "print()\n")
    made.write(COMPILED, "x")
    made.write("/opt/candour/candour.egg-info/PKG-INFO", "x")
    own = line(0o644, lock.encode(), "requirements/run.lock") + line(0o644, b"print()\n", "store/blobs.py")
    made.write("/opt/candour/installed", LIST_HEAD + own)
    made.write(f"{SITE_PACKAGES}/flask/app.py", "print()\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"print()\n").digest()).decode().rstrip("=")
    made.write(f"{SITE_PACKAGES}/flask/__pycache__/app.cpython-311.pyc", "x")
    made.write(f"{SITE_PACKAGES}/setuptools-84.2.1.dist-info/RECORD", "setuptools-84.2.1.dist-info/RECORD,,\n")
    compiled = (COMPILED, f"{SITE_PACKAGES}/flask/__pycache__/app.cpython-311.pyc")
    paths = [path.removeprefix("/opt/candour/") for path in compiled]
    made.write("/opt/candour/compiled", LIST_HEAD + "".join(line(0o644, b"x", path) for path in paths))
    record = f"flask/app.py,sha256={digest},8\nflask-3.1.2.dist-info/RECORD,,\n"
    made.write(f"{SITE_PACKAGES}/flask-3.1.2.dist-info/RECORD", record)


def _written(made: MadeUp) -> None:
    """All files of root's, and the list of them."""
    for step in around(made.plan):
        if step.path:
            made.write(step.path, step.text, step.mode)


def _in_force(name: str, text: str) -> dict[str, str]:
    """What systemd has of any unit of ours: its file and no other, its command, and when it ran last."""
    command = next(line for line in text.splitlines() if line.startswith("ExecStart="))[10:]
    path = command.split()[0]
    return {
        "LoadState": "loaded",
        "FragmentPath": f"/etc/systemd/system/{name}.service",
        "NeedDaemonReload": "no",
        "DropInPaths": "",
        "Result": "success",
        "NRestarts": "0",
        "ActiveEnterTimestampMonotonic": str(AN_HOUR_AGO),
        "ExecMainExitTimestampMonotonic": str(AN_HOUR_AGO),
        "ExecStart": f"{{ path={path} ; argv[]={command} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }}",
    }


def tell(made: MadeUp, unit: str, state: dict[str, str]) -> None:
    """Have systemd say so of a unit."""
    made.told[f"systemctl show {unit}"] = "".join(f"{name}={value}\n" for name, value in state.items())


def _services(made: MadeUp) -> None:
    for name in OF_THE_MACHINE:
        text = made.place(f"/etc/systemd/system/{name}.service").read_text("utf-8")
        tell(made, f"{name}.service", {**_in_force(name, text), "ActiveState": "inactive"})
        made.told[f"systemctl show {name}.timer"] = STARTER.format(f"{name}.timer")
    made.told["systemctl show candour-clock.timer"] += AFTER
    made.told["systemctl show candour-posture.timer"] += CALENDAR.format("*-*-* 00:00:00")
    for number, unit in enumerate(UNITS[made.plan], 700):
        made.write(f"/proc/{number}/status", STATUS)
        made.write(f"/proc/{number}/attr/current", f"{unit.name} (enforce)\n")
        made.write(f"/proc/{number}/maps", MAPS)
        state = {
            **shown(unit.text()),
            **_in_force(unit.name, unit.text()),
            "UnitFileState": "enabled",
            "ActiveState": "active",
            "ConditionResult": "yes",
            "MainPID": str(number),
        }
        tell(made, f"{unit.name}.service", state)
        if unit.nightly:
            said = STARTER.format(f"{unit.name}.timer") + CALENDAR.format(unit.nightly)
            made.told[f"systemctl show {unit.name}.timer"] = said
        if unit.socket:
            said = STARTER.format(f"{unit.name}.socket")
            made.told[f"systemctl show {unit.name}.socket"] = f"{said}Listen={unit.socket} (Stream)\n{SOCKET}"
    made.told["systemd-analyze syscall-filter"] = printed_groups()
    assert [unit.name for unit in UNITS[made.plan]] == [*SERVICES[made.plan], *NIGHTLY[made.plan]]


def _devices(made: MadeUp) -> None:
    """LVM on an encrypted partition, as Debian's installer makes it."""
    made.write("/sys/class/block/dm-0/dm/name", "sda5_crypt\n")
    made.write("/sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0-sda5_crypt\n")
    made.write("/sys/class/block/dm-1/dm/name", "vg-root\n")
    made.write("/sys/class/block/dm-1/dm/uuid", "LVM-abc\n")
    made.write("/sys/class/block/dm-1/slaves/dm-0/dev", "")
    made.write("/sys/class/block/sda5/dev", "")
