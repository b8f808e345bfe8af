"""Which replies were read, noted after the page and not while it is made.

A request that shows an inbox writes nothing: a write waits for the disk, and by that wait an unread inbox could be told
from a read one. What was read is kept in memory until the housekeeper writes it down, twice a minute, and when the site
stops. If the process dies first, a reply that was read counts as unread until it is read again: nothing else is lost.
"""

import threading

from store.database import Database
from store.drop.inbox import mark_read


class ReadingNotes:
    """Replies that were shown to their sources and are not noted yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._read: dict[bytes, set[str]] = {}

    def note(self, lookup_id: bytes, reply_ids: tuple[str, ...]) -> None:
        """Remember that this source has read these replies."""
        with self._lock:
            self._read.setdefault(lookup_id, set()).update(reply_ids)

    def move(self, before: bytes, after: bytes) -> None:
        """Note for the source at the lookup id `after` what was noted for `before`: it was carried over."""
        with self._lock:
            if moved := self._read.pop(before, None):
                self._read.setdefault(after, set()).update(moved)

    def write(self) -> None:
        """Write down what was read so far; what cannot be written now is kept. Raises what the database raises."""
        with self._lock:
            read, self._read = self._read, {}
        try:
            while read:
                lookup_id, reply_ids = next(iter(read.items()))
                mark_read(self._database, lookup_id, tuple(sorted(reply_ids)))
                del read[lookup_id]
        finally:
            for lookup_id, reply_ids in read.items():
                self.note(lookup_id, tuple(reply_ids))
