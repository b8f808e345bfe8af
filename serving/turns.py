"""One at a time, by key: whoever works on one thing never waits for somebody who works on another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets one holder of a key in at a time: a second copy of a form, or a second letter of a source, waits."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, key: str) -> Iterator[None]:
        """Wait for the turn of `key`, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: key not in self._taken)
            self._taken.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(key)
                self._changed.notify_all()
