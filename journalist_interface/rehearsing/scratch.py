"""The scratch folder of a rehearsal: made in a temporary place, destroyed however the rehearsal ends.

Nothing of a rehearsal is anywhere else. A killed one destroys nothing; the next one does it for it.
"""

import fcntl
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from ceremony.plugged_in import REHEARSAL
from journalist_interface.desk_folder import DeskPaths
from keys.intake_secret import stop_agent

_PREFIX = "candour-rehearsal-"
_ENDING = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Scratch:
    """Where everything of one rehearsal lies."""

    root: Path

    @property
    def desk(self) -> Path:
        """The data folder of the desk."""
        return self.root / "desk"

    @property
    def drop(self) -> Path:
        """The data folder of the source host."""
        return self.root / "drop"

    @property
    def stick(self) -> Path:
        """The stick that travels."""
        return self.root / "stick"

    def backup_of(self, host: str) -> Path:
        """Return the newest backup of a host, "desk" or "drop"."""
        # A backup is named by its day: after midnight there are two, and the letter is in the later one.
        return max((self.stick / "candour-backups").glob(f"candour-{host}-*.backup"))


@contextmanager
def scratch_folder() -> Iterator[Scratch]:
    """Give a new scratch folder, and destroy it at the end, also if somebody ends the rehearsal by a signal."""
    _destroy_abandoned()
    scratch = Scratch(Path(tempfile.mkdtemp(prefix=_PREFIX)))
    before = {number: signal.signal(number, _end) for number in _ENDING}
    try:
        with (scratch.root / REHEARSAL).open("w") as marker:
            fcntl.flock(marker, fcntl.LOCK_EX)
            scratch.stick.mkdir(mode=0o700)
            yield scratch
    finally:
        destroy(scratch.root)
        for number, way in before.items():
            signal.signal(number, way)


def destroy(root: Path) -> None:
    """Destroy scratch data, and end what still works on it."""
    gnupg = DeskPaths(root / "desk").gnupg
    # Anybody may write into a place for temporary files: a link from there leads to no desk of a rehearsal.
    if gnupg.is_dir() and gnupg.resolve() == root.resolve() / "desk" / gnupg.name and not root.is_symlink():
        stop_agent(gnupg)
    shutil.rmtree(root, ignore_errors=True)


def _destroy_abandoned() -> None:
    """Destroy the scratch folders of rehearsals that were killed: their marker's lock is free."""
    for marker in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{REHEARSAL}"):
        with suppress(OSError), marker.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            destroy(marker.parent)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
