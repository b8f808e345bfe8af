"""What reads the machine, apart from what judges it: files and folders below a root, and programs of Debian's.

Rules:
- Nothing is changed, and no file is opened that is not a plain one: a pipe or a socket could hold a reader for ever.
- Whatever cannot be read is `Unseen`, with the reason: never taken for empty.
"""

import hashlib
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from serving.language import gettext as _

LARGEST = 16 * 1024 * 1024  # bytes of a file that is read
MOST_ENTRIES = 200_000  # of one folder and all below it
_PIECE = 64 * 1024
_LONGEST = 60  # seconds for one program
_WHERE = "/usr/sbin:/usr/bin:/sbin:/bin"
_DAY = 24 * 60 * 60


class Unseen(Exception):
    """It cannot be seen from here; the text says why. That is no leave to think that it is right."""


@dataclass(frozen=True)
class Entry:
    """A file or folder: whose it is, and its permission bits."""

    owner: str
    mode: int
    is_folder: bool
    is_link: bool
    is_socket: bool = False


@dataclass(frozen=True)
class Room:
    """What a file system has left and has in all: bytes, and files that it can name (0 where it does not count)."""

    free: int
    size: int
    free_files: int
    files: int


def run_program(command: Sequence[str]) -> str:
    """Return what a program of Debian's prints. Raises Unseen if it is not there, refuses, or takes too long."""
    told = {"PATH": _WHERE, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, env=told, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_LONGEST
        )
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise Unseen(_("{program} did not run.").format(program=command[0])) from reason
    if done.returncode != 0:
        raise Unseen(_("{program} gave no answer (root may have to ask it).").format(program=command[0]))
    return done.stdout.decode("utf-8", "replace")


class Machine:
    """A machine, as it stands below `root`. `run` gives what a program prints, and raises Unseen."""

    def __init__(self, root: Path = Path("/"), run: Callable[[Sequence[str]], str] = run_program) -> None:
        self._root = root
        self._run = run
        self._told: dict[tuple[str, ...], str | Unseen] = {}

    def run(self, *command: str) -> str:
        """Return what a program prints; each is asked once, for what answers late would be waited for again. Raises
        Unseen."""
        if command not in self._told:
            try:
                self._told[command] = self._run(command)
            except Unseen as reason:
                self._told[command] = reason
        told = self._told[command]
        if isinstance(told, Unseen):
            raise told
        return told

    def ask_nobody(self, why: str) -> None:
        """Start no program from now on: each is Unseen, for this reason."""

        def refuse(_command: Sequence[str]) -> str:
            raise Unseen(why)

        self._run = refuse

    def read(self, path: str) -> str:
        """Return the text of a plain file. Raises Unseen."""
        try:
            with self._open(path) as file:
                return b"".join(islice(_pieces(file), LARGEST // _PIECE)).decode("utf-8", "replace")
        except OSError as reason:
            raise _unseen(path) from reason

    def digest(self, path: str) -> bytes:
        """Return the SHA-256 of a plain file. Raises Unseen."""
        try:
            digest = hashlib.sha256()
            with self._open(path) as file:
                for piece in _pieces(file):
                    digest.update(piece)
            return digest.digest()
        except OSError as reason:
            raise _unseen(path) from reason

    def exists(self, path: str) -> bool:
        """Tell whether there is such a path, be it a broken link. Raises Unseen."""
        try:
            self.place(path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as reason:
            raise _unseen(path) from reason
        return True

    def is_file(self, path: str) -> bool:
        """Tell whether a plain file can be found there, links followed. Raises Unseen."""
        try:
            return stat.S_ISREG(self.place(path).stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as reason:
            raise _unseen(path) from reason

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted. Raises Unseen."""
        try:
            return sorted(os.listdir(self.place(path)))
        except OSError as reason:
            raise _unseen(path) from reason

    def entry(self, path: str) -> Entry:
        """Return whose a path is and its mode; a link is not followed. Raises Unseen."""
        try:
            found = self.place(path).lstat()
        except OSError as reason:
            raise _unseen(path) from reason
        mode = found.st_mode
        owner = self.users.get(found.st_uid, str(found.st_uid))
        return Entry(owner, stat.S_IMODE(mode), stat.S_ISDIR(mode), stat.S_ISLNK(mode), stat.S_ISSOCK(mode))

    def below(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Yield a folder and all below it; links are not followed. Raises Unseen, also where there is too much."""
        waiting, count = [path], 0
        while waiting:
            here = waiting.pop()
            count += 1
            if count > MOST_ENTRIES:
                raise Unseen(_("There is too much in {path} to look at all of it.").format(path=path))
            try:
                entry = self.entry(here)
            except Unseen:
                # A host at work: what was listed a moment ago may be gone.
                if here != path and not self.exists(here):
                    continue
                raise
            yield here, entry
            if entry.is_folder:
                waiting += [f"{here}/{name}" for name in self.names(here)]

    def days_since(self, path: str) -> int:
        """Return how many days ago a file was last written. Raises Unseen."""
        try:
            return int((self.now() - self.place(path).lstat().st_mtime) // _DAY)
        except OSError as reason:
            raise _unseen(path) from reason

    def room(self, path: str) -> Room:
        """Return the room of the file system that holds `path`. Raises Unseen."""
        try:
            found = os.statvfs(self.place(path))
        except OSError as reason:
            raise _unseen(path) from reason
        return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail, found.f_files)

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return time.time()

    @cached_property
    def users(self) -> dict[int, str]:
        """The users of this machine: name by number. Empty if they cannot be read."""
        try:
            rows = [line.split(":") for line in self.read("/etc/passwd").splitlines()]
        except Unseen:
            return {}
        return {int(row[2]): row[0] for row in reversed(rows) if len(row) == 7 and row[2].isdigit()}

    def place(self, path: str) -> Path:
        """Return where an absolute path of the machine is."""
        return self._root / path.lstrip("/")

    def _open(self, path: str) -> BinaryIO:
        place = self.place(path)
        # Asked before it is opened: to open a pipe is to wait for whoever writes to it.
        if not stat.S_ISREG(place.stat().st_mode):
            raise OSError
        return place.open("rb")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    # Small ones: the kernel refuses to be asked for some MiB of a file below /proc/sys.
    return iter(lambda: file.read(_PIECE), b"")


def _unseen(path: str) -> Unseen:
    return Unseen(_("{path} cannot be read.").format(path=path))
