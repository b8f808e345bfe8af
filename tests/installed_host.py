"""A machine with Candour installed and at work, in a folder: this machine's Debian, an init that is imitated, and all
else real: the program in /opt/candour with the pinned packages, its user, its data, its services' processes.

Only root can make one: it is a small disk of its own, with the system's folders mounted into it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from bench.source_client import SourceClient
from deploy.hosts.clock_unit import NAME
from deploy.hosts.host import Host
from deploy.hosts.plans import around
from deploy.hosts.program import COPIED
from deploy.hosts.units import DATA, UNITS
from posture.installed import read_lock
from tests.small_disk import small_disk
from tests.tor_site import on_circuit

CHECKOUT = Path(__file__).resolve().parent.parent
CANDOUR_UID = 64_990
NEXT = "/root/candour-next"  # the folder with the new version
_SIZE = 1500  # MiB
_PATIENCE_SECONDS = 120
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
_SAYS_YES = "#!/bin/sh\nexit 0\n"
_ALL_PACKAGES = """#!/bin/sh
while [ "$1" != "" ]; do case "$1" in -W) ;; -f) shift ;; *) echo "$1 ii " ;; esac; shift; done
"""
_SCRIPT = """#!/opt/candour/.venv/bin/python
import sys
from {package}.starting import main
sys.exit(main())
"""


@dataclass(frozen=True)
class InstalledHost:
    """The machine's root folder, as it is seen from outside, and whether it is the source host or the other."""

    root: Path
    plan: str

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.path(DATA)

    def on(self, circuit: int) -> AbstractContextManager[SourceClient]:
        """A source's browser, on this circuit."""
        name = (self.data / "tor/site/hostname").read_text("ascii").strip()
        return on_circuit(self.data / "sockets/site.sock", circuit, name)

    def path(self, absolute: str) -> Path:
        """A path of the machine, from outside."""
        return self.root / absolute.lstrip("/")

    def run(self, *command: str, timeout: float = _PATIENCE_SECONDS) -> "subprocess.CompletedProcess[str]":
        """Run a command of root's there, however it ends."""
        return subprocess.run(
            ["chroot", str(self.root), *command],
            env=_ENVIRONMENT, capture_output=True, text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def done(self, *command: str) -> str:
        """Run a command that must succeed; return what it said."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def typed(self, command: str, where: str = NEXT) -> "subprocess.CompletedProcess[str]":
        """Run a line as root types it in the folder with another version."""
        return self.run("sh", "-c", f"cd {where} && {command}")

    def upgrade_killed_once(self, is_time: Callable[[], bool]) -> None:
        """Run `deploy/upgrade`, and kill it (SIGKILL) when it is time."""
        command = ["chroot", str(self.root), f"{NEXT}/deploy/upgrade", self.plan]
        said = self.path("/tmp/said")
        with said.open("w") as out:
            process = subprocess.Popen(command, env=_ENVIRONMENT, stdout=out, stderr=out, start_new_session=True)
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not is_time():
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            _kill_group(process.pid)
            process.wait()

    def next_version(self, **changes: str) -> None:
        """Lay the next version down: this one with files changed or added, `__` for a slash and `.py` left out."""
        copy_checkout(self.path(NEXT))
        shutil.copy2(CHECKOUT / "deploy" / "upgrade", self.path(NEXT) / "deploy" / "upgrade")
        for name, text in changes.items():
            (self.path(NEXT) / f"{name.replace('__', '/')}.py").write_text(text)

    def services(self) -> dict[str, int]:
        """The process of each service that runs."""
        places = self.path("/run/services")
        found = {unit.name: places / unit.name for unit in UNITS[self.plan] if (places / unit.name).exists()}
        return {name: int(path.read_text()) for name, path in found.items() if _lives(int(path.read_text()))}

    def lose_power(self) -> None:
        """End every process of the services at once, and forget what is in memory."""
        for pid in self.services().values():
            _kill_group(pid)
        for path in self.path("/run").iterdir():
            if path.name not in ("systemd", "asked"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def start_machine(self) -> None:
        """Start what starts with the machine: what stands in the target, each as its unit says."""
        for link in sorted(self.path("/etc/systemd/system/multi-user.target.wants").iterdir()):
            text = self.path(f"/etc/systemd/system/{link.name}").read_text()
            if "User=" in text:
                self.done("systemctl", "start", link.name)
            else:
                self.done(*next(line for line in text.splitlines() if line.startswith("ExecStart="))[10:].split())


def copy_checkout(there: Path) -> None:
    """Copy what belongs to the program."""
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    for name in COPIED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, there / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copyfile(source, there / name)


@contextmanager
def installed_host(where: Path, plan: str) -> Iterator[InstalledHost]:
    """Make one; at its end every process of it is gone."""
    with ExitStack() as mounts:
        host = InstalledHost(mounts.enter_context(small_disk(where, _SIZE)), plan)
        host.root.chmod(0o755)
        _make_system(host, mounts)
        try:
            _install(host)
            yield host
        finally:
            for pid in host.services().values():
                _kill_group(pid)


def _make_system(host: InstalledHost, mounts: ExitStack) -> None:
    for name in ("usr", "proc", "dev", "etc", "root", "run/systemd/system", "var/lib", "var/backups", "opt"):
        host.path(name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        host.path(name).mkdir()
        host.path(name).chmod(0o1777)
    for name in ("bin", "lib", "lib64", "sbin"):
        host.path(name).symlink_to(f"usr/{name}")
    mounts.enter_context(_mounted("/usr", host.path("usr"), "--bind"))
    for name in ("sbin", "bin"):
        host.path(f"local-{name}").mkdir()
        mounts.enter_context(_mounted(str(host.path(f"local-{name}")), host.path(f"usr/local/{name}"), "--bind"))
    mounts.enter_context(_mounted("proc", host.path("proc"), "-t", "proc"))
    mounts.enter_context(_mounted("/dev", host.path("dev"), "--bind"))
    base = Path(sys.base_prefix)
    if not base.is_relative_to("/usr"):
        host.path(str(base)).mkdir(parents=True)
        host.path("root").chmod(0o755)
        mounts.enter_context(_mounted(str(base), host.path(str(base)), "--bind"))
    host.path("usr/local/bin/python3").symlink_to(Path(sys.executable).resolve())
    for name in ("ld.so.cache", "ld.so.conf", "nsswitch.conf", "ssl", "pam.d", "security", "gnupg", "alternatives"):
        if (found := Path("/etc") / name).is_dir():
            shutil.copytree(found, host.path(f"etc/{name}"), symlinks=True)
        elif found.exists():
            shutil.copy(found, host.path(f"etc/{name}"))
    user = f"candour:x:{CANDOUR_UID}:"
    host.path("etc/passwd").write_text(f"root:x:0:0::/root:/bin/sh\n{user}{CANDOUR_UID}::{DATA}:/usr/sbin/nologin\n")
    host.path("etc/group").write_text(f"root:x:0:\n{user}\n")
    host.path("etc/shadow").write_text("root:*:::::::\ncandour:*:::::::\n")
    shutil.copy(CHECKOUT / "tests" / "imitated_systemctl.py", host.path("usr/local/sbin/systemctl"))
    host.path("sys/kernel/security/apparmor").mkdir(parents=True)
    fenced = [NAME, *(unit.name for unit in UNITS[host.plan])]
    loaded = host.path("sys/kernel/security/apparmor/profiles")
    loaded.write_text("".join(f"{name} (enforce)\n" for name in fenced))
    host.path("etc/systemd/system").mkdir(parents=True)
    host.path("etc/systemd/system/nftables.service").write_text("Debian's")
    for name in ("sysctl", "apparmor_parser", "nft"):
        host.path(f"usr/local/sbin/{name}").write_text(_SAYS_YES)
    host.path("usr/local/sbin/dpkg-query").write_text(_ALL_PACKAGES)
    for path in host.path("usr/local/sbin").iterdir():
        path.chmod(0o755)


def _install(host: InstalledHost) -> None:
    """As the installer leaves it; the packages come from this checkout's own environment."""
    program = host.path("/opt/candour")
    copy_checkout(program)
    host.done(str(Path(sys.executable).resolve()), "-m", "venv", "--without-pip", "/opt/candour/.venv")
    site = next((program / ".venv/lib").glob("python3*")) / "site-packages"
    for name, (_version, always) in read_lock((CHECKOUT / "requirements/run.lock").read_text()).items():
        with suppress(ModuleNotFoundError) if not always else ExitStack():
            _copy_package(name, site)
    _copy_package("candour", site, own=True)
    (site / "candour.pth").write_text("/opt/candour\n")
    with next(site.glob("candour-*.dist-info/RECORD")).open("a") as record:
        record.write("candour.pth,,\n")
    for name, package in (("drop", "source_interface"), ("desk", "journalist_interface")):
        script = program / f".venv/bin/candour-{name}"
        script.write_text(_SCRIPT.format(package=package))
        script.chmod(0o755)
    host.done(
        "bash", "-c",
        "CHECKOUT=/opt/candour; . $CHECKOUT/deploy/setup.sh; python=$(find_python)\n"
        'fingerprint run "$python" >/opt/candour/.venv/stamp-run',
    )  # fmt: skip
    machine = deploy_host(host)
    for step in around(host.plan):
        if step.path:
            step.do(machine)
    host.done("systemctl", "enable", *(unit.name for unit in UNITS[host.plan]))


def deploy_host(host: InstalledHost) -> Host:
    """The machine as the installer sees it from outside."""
    return Host(host.root, CHECKOUT, host.plan)


def _copy_package(name: str, site: Path, *, own: bool = False) -> None:
    """Copy an installed package, without its scripts, which name this checkout, and without their lines in its list."""
    found = distribution(name)
    for file in found.files or ():
        source = Path(str(found.locate_file(file)))
        there = site / str(file)
        if str(file).startswith("..") or not source.is_file() or (own and ".dist-info" not in str(file)):
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, there)
        if there.name == "RECORD":
            kept = [line for line in source.read_text().splitlines() if not line.startswith("..")]
            kept = [line for line in kept if not own or ".dist-info" in line]
            there.write_text("\n".join(kept) + "\n")


def give(host: InstalledHost) -> None:
    """Give the data folder, and everything in it, to Candour's user."""
    for above, folders, files in os.walk(host.data):
        for name in (".", *folders, *files):
            os.chown(Path(above) / name, CANDOUR_UID, CANDOUR_UID, follow_symlinks=False)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


@contextmanager
def _mounted(what: str, where: Path, *options: str) -> Iterator[None]:
    subprocess.run(["mount", *options, what, str(where)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)
