"""The machine that is being installed: its root folder, and the commands that are run on it.

The root is `/` on a real machine. In tests it is a folder with a Debian in it, and commands run in a chroot there.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class InstallError(Exception):
    """A step could not be done. The message is for the administrator; what was done before stays, and is found done."""


class Refused(InstallError):
    """It was not begun at all: nothing was changed. The message says what to do in its place."""


@dataclass(frozen=True)
class Host:
    """A machine. `source`: the folder with the program that is to be installed. `plan`: "drop" or "desk"."""

    root: Path
    source: Path
    plan: str
    owner: int = 0  # whose the files are that root writes: the tests' own user, where that is another

    @property
    def is_running(self) -> bool:
        """Tell whether this is the machine that we run on, booted by systemd."""
        return self.root == Path("/") and Path("/run/systemd/system").is_dir()

    @property
    def goes_by_proxy(self) -> bool:
        """Tell whether whoever called said how the network is reached."""
        return any(name in os.environ for name in ("http_proxy", "https_proxy", "PIP_INDEX_URL"))

    def path(self, absolute: str) -> Path:
        """Return where a path of the machine is from here."""
        return self.root / absolute.lstrip("/")

    def read(self, absolute: str) -> str:
        """Return a file's text; empty if there is none."""
        path = self.path(absolute)
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    def is_file(self, absolute: str, text: str, mode: int) -> bool:
        """Tell whether a file has this text and mode, and belongs to root."""
        path = self.path(absolute)
        if not path.is_file() or path.is_symlink():
            return False
        found = path.stat()
        return (found.st_mode & 0o7777, found.st_uid, path.read_text("utf-8", "replace")) == (mode, self.owner, text)

    def write(self, absolute: str, text: str, mode: int) -> None:
        """Write a file whole, or not at all."""
        path = self.path(absolute)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path(draft_of(absolute))
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchown(file.fileno(), self.owner, -1)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def remove(self, absolute: str) -> None:
        """Remove a file or a folder with all that is in it; one that is not there is no error."""
        path = self.path(absolute)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def empty(self, absolute: str) -> None:
        """Remove a folder, or only all that is in it where a disk of its own is mounted there."""
        if not self.is_mounted(absolute):
            self.remove(absolute)
            return
        for path in self.path(absolute).iterdir():
            self.remove(f"{absolute}/{path.name}")

    def is_mounted(self, absolute: str) -> bool:
        """Tell whether a file system of its own begins at a folder."""
        path = self.path(absolute)
        return path.is_dir() and path.stat().st_dev != path.parent.stat().st_dev

    def sync(self) -> None:
        """Return when everything that was written is on the disk, whoever wrote it."""
        os.sync()

    def has(self, program: str) -> bool:
        """Tell whether a program is there."""
        return any(self.path(f"{folder}/{program}").exists() for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"))

    def run(self, *command: str, why: str) -> str:
        """Run a command there and return what it said. Raises InstallError, which says `why` it was run."""
        done = self.try_run(*command)
        if done.returncode:
            said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
            raise InstallError(f"{why}: “{' '.join(command)}” ended with {done.returncode}.\n{said}")
        return done.stdout

    def do(self, *command: str, why: str) -> None:
        """Run a command there. Raises InstallError, which says `why` it was run."""
        self.run(*command, why=why)

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command there, however it ends: with 127 if there is no such program, as a shell has it."""
        told = {**_TOLD, **{name: os.environ[name] for name in _OF_THE_NETWORK if name in os.environ}}
        try:
            return subprocess.run(
                self._there(command),
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                # Not where root happens to stand: Python imports from there first, and others may write there.
                cwd=self.root,
                env=told,
            )
        except FileNotFoundError as reason:
            return subprocess.CompletedProcess(command, 127, "", str(reason))

    def _there(self, command: Sequence[str]) -> list[str]:
        return [*command] if self.root == Path("/") else ["chroot", str(self.root), *command]


def draft_of(absolute: str) -> str:
    """Return what `Host.write` leaves of a file, beside it, if the power goes."""
    above, _slash, name = absolute.rpartition("/")
    return f"{above}/.{name}.candour"


_TOLD = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}
# How the network is reached, where it is not reached directly.
_OF_THE_NETWORK = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "PIP_INDEX_URL",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
)


def sync_folder(folder: Path) -> None:
    """Make what was named or erased in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
