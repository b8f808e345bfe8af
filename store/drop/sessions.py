"""Sessions of the source's site: rows that only the browser's cookie can open, and no time on any of them.

How long a session has been idle is known to the serving process alone, in memory: a time in a row would tell when
somebody was here. After a restart every row found gets one full idle period more, and then goes.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import delete, insert, select

from keys.ciphertext import Ciphertext
from store.database import Database
from store.drop.tables import sessions
from store.errors import Missing, NoRoom


class Sessions:
    """The sealed sessions of one serving process. `idle_seconds` is how long one lives without a request."""

    def __init__(self, database: Database, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._idle = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._busy: Counter[bytes] = Counter()
        with database.reading() as connection:
            found = connection.execute(select(sessions.c.lookup_hash)).scalars().all()
        self._used = dict.fromkeys(found, clock())

    def keep(self, lookup_hash: bytes, sealed: Ciphertext, instead_of: bytes) -> None:
        """Keep a new session and destroy the one before it, if there is one, in one transaction.

        It is small and goes again: the ballast makes way for it. Raises NoRoom all the same.
        """
        self._put(lookup_hash, sealed, instead_of)
        with self._lock:
            self._used.pop(instead_of, None)
            self._used[lookup_hash] = self._clock()

    def keep_none(self, lookup_hash: bytes, sealed: Ciphertext) -> None:
        """Write as much as `keep` does, and keep nothing: the row is gone before anybody else can see it."""
        self._put(lookup_hash, sealed, lookup_hash)

    def _put(self, lookup_hash: bytes, sealed: Ciphertext, gone: bytes) -> None:
        with self._database.erasing() as connection:
            connection.execute(insert(sessions).values(lookup_hash=lookup_hash, sealed=sealed))
            connection.execute(delete(sessions).where(sessions.c.lookup_hash == gone))

    def find(self, lookup_hash: bytes) -> Ciphertext:
        """Return a live session's sealed secret and start its idle time anew. Raises Missing."""
        now = self._clock()
        with self._lock:
            if self._used.get(lookup_hash, now - self._idle) <= now - self._idle:
                raise Missing("no such session, or idle for too long")
            self._used[lookup_hash] = now
        with self._database.reading() as connection:
            sealed = connection.execute(
                select(sessions.c.sealed).where(sessions.c.lookup_hash == lookup_hash)
            ).scalar_one_or_none()
        if sealed is None:
            raise Missing("no such session")
        return Ciphertext(sealed)

    @contextmanager
    def in_use(self, lookup_hash: bytes) -> Iterator[None]:
        """Keep a session from idling out meanwhile: an upload over Tor can take longer than the idle time."""
        with self._lock:
            self._busy[lookup_hash] += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy[lookup_hash] -= 1
                if not self._busy[lookup_hash]:
                    del self._busy[lookup_hash]
                if self._used.get(lookup_hash, -math.inf) > -math.inf:
                    self._used[lookup_hash] = self._clock()

    def end(self, lookup_hash: bytes) -> None:
        """Destroy a session; one that is gone already is no error.

        On a disk too full for even that it is over all the same; the next sweep that finds room destroys its row.
        """
        with suppress(NoRoom):
            self._destroy([lookup_hash])

    def sweep(self) -> None:
        """Destroy every session that has been idle for too long. The housekeeper calls this twice a minute."""
        limit = self._clock() - self._idle
        with self._lock:
            idle = [found for found, used in self._used.items() if used <= limit and found not in self._busy]
        if idle:
            self._destroy(idle)

    def _destroy(self, lookup_hashes: list[bytes]) -> None:
        with self._lock:
            # Over at once, whatever comes; remembered until the row is gone, so that a sweep tries again.
            self._used.update(dict.fromkeys(lookup_hashes, -math.inf))
        with self._database.erasing() as connection:
            connection.execute(delete(sessions).where(sessions.c.lookup_hash.in_(lookup_hashes)))
        with self._lock:
            for lookup_hash in lookup_hashes:
                self._used.pop(lookup_hash, None)
