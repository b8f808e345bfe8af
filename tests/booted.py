"""A Debian in a folder, booted by its own systemd (systemd-nspawn), in the network of a test.

Everything of a real start but the kernel, which is this machine's: its units run with their users, name spaces and
filters of system calls. Needs root, debootstrap and systemd-container.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RELEASES = ("bookworm", "trixie")
_MIRROR = "http://deb.debian.org/debian"
_PATIENCE_SECONDS = 240
_LONGEST_SECONDS = 900  # of one command
_IN_IT = "/mnt"  # where this checkout is found there
# What was not there when a machine is new: git and Python, and the systemd that a minimal Debian does without.
_INCLUDED = "ca-certificates,dbus,git,python3,systemd,systemd-sysv"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_debian(release: str, root: Path) -> None:
    """Make a fresh Debian in the folder, which finds the network as this machine does."""
    command = ["debootstrap", "--variant=minbase", f"--include={_INCLUDED}", release, str(root), _MIRROR]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "etc/hostname").write_text("debian\n")  # not this machine's
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")


def copy_debian(fresh: Path, root: Path) -> None:
    """Copy one as it is."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(fresh), str(root)], check=True)


def erase_debian(root: Path) -> None:
    """Erase one. Raises AssertionError while anything is mounted below it: /dev is this machine's own there.

    By the kernel's list, and once more by rm itself, which leaves other file systems alone.
    """
    below = f"{root.resolve()}/"
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    assert [point for point in points if f"{point}/".startswith(below)] == [], "not erased: unmount these first"
    subprocess.run(["rm", "-rf", "--one-file-system", str(root)], check=True)


@contextmanager
def mounted(what: str, where: Path, *options: str) -> Iterator[None]:
    """Have something mounted there."""
    subprocess.run(["mount", *options, what, str(where)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


@contextmanager
def in_reach(root: Path) -> Iterator[None]:
    """Have what a chroot needs of a machine that runs."""
    with mounted("proc", root / "proc", "-t", "proc"), mounted("/dev", root / "dev", "--bind"):
        yield


def installer(verb: str, plan: str, root: Path, *options: str) -> str:
    """Run it on a Debian that is not booted; return what it said."""
    command = [CHECKOUT / "deploy" / verb, plan, "--root", root, *options]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Booted:
    """A machine that runs. `leader`: the number of its first process, here."""

    root: Path
    leader: int

    def ask(self, *command: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command there as root, however it ends."""
        return subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "--", "env", "-i", f"PATH={_PATH}", "LC_ALL=C.UTF-8",
             "HOME=/root", *command],
            input=typed, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS,
        )  # fmt: skip

    def run(self, *command: str, typed: str = "") -> str:
        """Run a command there that must succeed; return what it said."""
        done = self.ask(*command, typed=typed)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def path(self, absolute: str) -> Path:
        """Return where a path is, as that machine sees it: with what was mounted there since it was booted."""
        return Path(f"/proc/{self.leader}/root") / absolute.lstrip("/")

    def installer(self, verb: str, plan: str, *options: str) -> str:
        """Run it there, as an administrator does; return what it said."""
        return self.run(f"{_IN_IT}/deploy/{verb}", plan, *options)

    def show(self, name: str, *properties: str) -> dict[str, str]:
        """Return what systemd says of a unit."""
        asked = [f"--property={','.join(properties)}"] if properties else []
        lines = self.run("systemctl", "show", name, *asked).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def journal(self, unit: str) -> str:
        """Return what a unit said since the start."""
        return self.run("journalctl", "--unit", unit, "--output=cat", "--no-pager")


@contextmanager
def booted(root: Path, network: str) -> Iterator[Booted]:
    """Boot a Debian in a network name space, given by its path, and have it run; at the end it is shut down."""
    command = [
        "systemd-nspawn", "--quiet", f"--directory={root}", f"--machine={root.name}", "--register=no", "--keep-unit",
        f"--network-namespace-path={network}", "--capability=CAP_NET_ADMIN", f"--bind-ro={CHECKOUT}:{_IN_IT}",
        "--resolv-conf=off", "--console=pipe", "/lib/systemd/systemd",
    ]  # fmt: skip
    with ExitStack() as stack:
        # Debian 13 boots in the one hierarchy of control groups alone.
        environment = {"PATH": _PATH, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        stack.callback(_stop, process)
        machine = Booted(root, _leader(process))
        wait_until(lambda: _is_up(machine), f"{root.name} is up")
        stack.callback(machine.ask, "systemctl", "poweroff")
        yield machine


def wait_until(reached: Callable[[], bool], what: str) -> None:
    """Ask again and again until it is so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline, f"in {_PATIENCE_SECONDS} seconds it did not come to this: {what}"
        time.sleep(0.2)


def _leader(process: "subprocess.Popen[bytes]") -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        for child in children.read_text().split():
            # Before it there is one that prepares the folder, and ends.
            with suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
        assert process.poll() is None, "systemd-nspawn ended: it needs root, and control groups"
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _is_up(machine: Booted) -> bool:
    # Some of this machine's kernel is not the container's to set: degraded is up.
    return machine.ask("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
