"""What a watcher sees of a submission whose files come over several roads at once: one number that only grows."""

from threading import Lock

from journalist_interface.courier_report import Watcher


class Sight:
    """Adds up the bytes of one submission, `size` in all, and tells the watcher from one thread at a time."""

    def __init__(self, watcher: Watcher, size: int) -> None:
        self._watcher = watcher
        self._size = size
        self._came: dict[str, int] = {}
        self._lock = Lock()

    def came(self, blob: str, came: int) -> None:
        """So many bytes of this blob are here."""
        with self._lock:
            self._came[blob] = came
            self._watcher.bytes_came(sum(self._came.values()), self._size)
