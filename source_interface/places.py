"""How many forms are read, and files sent, at once: the site keeps threads for its pages, whatever is on its way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from keys.errors import Busy
from serving.gathering import LARGEST_GATHERED_BODY

# Forms that find no place and are read to their end all the same, so that their words can be given back.
REFUSALS_AT_ONCE = 16
# Files of replies on their way to their sources; one source has one at a time, or one could keep all others waiting.
DOWNLOADS_AT_ONCE = 6
OWN_DOWNLOAD_SECONDS = 2.0  # until the one before is over


def needs_place(length: int | None) -> bool:
    """Tell whether a form of `length` bytes holds a thread while it comes.

    One that was gathered whole before it had a thread holds nobody up, and needs no place.
    """
    return length is None or length > LARGEST_GATHERED_BODY


class Places:
    """A bounded number of forms being read at once, long ones apart from short ones: pages always find a thread.

    Nobody waits for a place: who finds none is told to come back in a moment.
    """

    def __init__(self, long_forms: int, short_forms: int, short_bytes: int) -> None:
        self._long = threading.BoundedSemaphore(long_forms)
        self._short = threading.BoundedSemaphore(short_forms)
        self._short_bytes = short_bytes
        self._refusals = threading.BoundedSemaphore(REFUSALS_AT_ONCE)

    @contextmanager
    def take(self, length: int | None) -> Iterator[None]:
        """Hold a place for a form of `length` bytes. Raises Busy."""
        if not needs_place(length):
            yield
            return
        places = self._short if length is not None and length <= self._short_bytes else self._long
        with _held(places):
            yield

    @contextmanager
    def refuse(self) -> Iterator[None]:
        """Hold a place for reading a form of which only the words are given back. Raises Busy."""
        with _held(self._refusals):
            yield


class Downloads:
    """A bounded number of files on their way to their sources. Who finds no place is told to come back in a minute.

    A source waits a moment for their own: a browser has the last byte before the server knows that it is sent, and who
    then presses the next button has done nothing wrong.
    """

    def __init__(self, at_once: int = DOWNLOADS_AT_ONCE, patience: float = OWN_DOWNLOAD_SECONDS) -> None:
        self._at_once = at_once
        self._patience = patience
        self._changed = threading.Condition()
        self._sources: set[bytes] = set()

    def begin(self, lookup_id: bytes) -> None:
        """Take a place for a source: `end` must follow. Raises Busy."""
        with self._changed:
            self._changed.wait_for(lambda: lookup_id not in self._sources, self._patience)
            if lookup_id in self._sources or len(self._sources) >= self._at_once:
                raise Busy("too many files are being sent at once")
            self._sources.add(lookup_id)

    def end(self, lookup_id: bytes) -> None:
        """Give the place back; once is enough."""
        with self._changed:
            self._sources.discard(lookup_id)
            self._changed.notify_all()


@contextmanager
def _held(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise Busy("too many forms are being sent at once")
    try:
        yield
    finally:
        places.release()
