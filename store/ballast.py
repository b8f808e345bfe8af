"""Ballast: a file that holds room on the disk, and gives it up to what gives room back.

Erasing needs room too: SQLite writes it into its log first. On a disk that is full to the last byte nobody could leave,
delete a reply or have a report collected, and so it would stay full. The ballast gives way before such a step, takes
back at once what the step did not need, and is made whole when there is plenty of room again.

It is cut, never removed, and carries no time: neither it nor its folder tells when the disk was full.
"""

import os
from pathlib import Path

from store.drafts import no_room_or
from store.errors import NoRoom
from store.folder import free_bytes

# SQLite's log grows to 4 MB before it begins anew; the largest submission's rows are well below 2 MB.
BALLAST_BYTES = 16 * 1024 * 1024
_NO_TIME = (0, 0)


class Ballast:
    """The ballast of one data folder. Each call needs the writer's turn: no other process may be in the middle of one.

    `size` is in bytes.
    """

    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        self._path = path
        self._size = size

    def give_way(self) -> int:
        """Give the room up if the disk has little else; return how many bytes that gave."""
        if free_bytes(self._path.parent) >= self._size or not self._path.exists():
            return 0
        held = self._path.stat().st_size
        os.truncate(self._path, 0)
        os.utime(self._path, _NO_TIME)
        return held

    def take_back(self, given: int) -> None:
        """Hold again what was given up, less what has been used of it."""
        self._hold(min(given, free_bytes(self._path.parent)))

    def restore(self) -> None:
        """Hold everything again, if the disk has twice as much: what has just become free belongs to sources first."""
        if free_bytes(self._path.parent) >= 2 * self._size:
            # Also of a file that looks whole: a copy brought back from a backup is often a hole.
            self._hold(self._size)

    def _hold(self, size: int) -> None:
        if size <= 0:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as reason:
            # Somebody else was faster: half a ballast would only be in the way.
            os.truncate(descriptor, 0)
            if not isinstance(no_room_or(reason), NoRoom):
                raise
        finally:
            os.utime(descriptor, _NO_TIME)
            os.close(descriptor)
