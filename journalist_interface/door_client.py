"""The courier's fetcher: seven requests over HTTP, and nothing is decided here.

Every answer is capped in bytes and in time. No redirect is followed, no proxy is taken from the environment, nothing is
tried again; only a blob that broke off in the middle goes on where it stopped (HTTP Range). Raises DoorSilent,
DoorClosed, DoorRefused or DoorDistrusted.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER

from journalist_interface.courier_errors import (
    DoorClosed,
    DoorDistrusted,
    DoorFull,
    DoorRefused,
    DoorSilent,
    DoorTooOld,
    NoRoomForFiles,
)
from journalist_interface.courier_rules import LARGEST_DOCUMENT, LONGEST_PAGE
from journalist_interface.timed_connection import Deadline, TimedPool
from serving.language import gettext as _

MOST_RESUMPTIONS = 50  # for one blob
_CHUNK = 256 * 1024  # bytes
_LENGTH = re.compile(r"[0-9]{1,15}\Z")


@dataclass(frozen=True)
class Patience:
    """How long the courier waits, in seconds; and the least speed of a blob, in bytes a second."""

    connect: float = 60
    silence: float = 60
    document: float = 180
    least_speed: int = 2_000


class DoorClient:
    """The door of one source host. `say` is told how many bytes of a blob have come so far."""

    def __init__(self, url: str, token: str, patience: Patience = Patience()) -> None:
        self._patience = patience
        self._deadline = Deadline(patience.silence)
        self._pool = _pool(url, self._deadline)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",
            "User-Agent": SKIP_HEADER,
        }

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def list_waiting(self, after: str) -> bytes:
        """Return the page of the list that begins beyond the id `after`; empty for the first."""
        cursor = f"after={after}&" if after else ""
        return self._document("GET", f"/v1/waiting?{cursor}limit={LONGEST_PAGE}")

    def room(self) -> bytes | None:
        """Return what the door says of its room, or None from a door that is too old to say."""
        try:
            return self._document("GET", "/v1/room")
        except DoorRefused as refused:
            if refused.status == 404:
                return None
            raise

    def confirm(self, document: bytes) -> bytes:
        """Post a confirmation and return the answer."""
        return self._document("POST", "/v1/confirm", document)

    def deliver(self, document: bytes) -> bytes:
        """Post deliveries and return the answer."""
        return self._document("POST", "/v1/deliveries", document)

    def announce_files(self, document: bytes) -> bytes:
        """Post what files are to go with a reply, and return the answer. Raises DoorTooOld, NoRoomForFiles."""
        try:
            return self._document("POST", "/v1/files", document)
        except DoorFull as full:
            raise NoRoomForFiles from full
        except DoorRefused as refused:
            if refused.status == 404:
                raise DoorTooOld from refused
            raise

    def bring_file(self, blob: str, size: int, source: IO[bytes], say: Callable[[int], None]) -> bytes:
        """Post the `size` bytes of a file and return the answer. Raises NoRoomForFiles."""
        seconds = self._patience.document + size / self._patience.least_speed
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        try:
            return self._document("POST", f"/v1/files/{blob}", _told(source, say), headers=headers, seconds=seconds)
        except DoorFull as full:
            raise NoRoomForFiles from full

    def fetch_blob(self, blob: str, size: int, sink: IO[bytes], say: Callable[[int], None]) -> None:
        """Write the `size` bytes of a blob to `sink`, which is empty. What came before an error is in it."""
        came = 0
        for _resumption in range(MOST_RESUMPTIONS + 1):
            before = came
            try:
                for chunk in self._blob_from(blob, came, size):
                    sink.write(chunk)
                    came += len(chunk)
                    say(came)
                return
            except DoorSilent:
                # A road on which nothing came at all is closed; one that broke may be taken again.
                if came == before:
                    raise
        raise DoorSilent(_("The connection to the source host broke too often."))

    def _blob_from(self, blob: str, start: int, size: int) -> Iterator[bytes]:
        seconds = self._patience.document + (size - start) / self._patience.least_speed
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._asked("GET", f"/v1/blobs/{blob}", 206 if start else 200, seconds, headers=headers) as response:
            if start and response.headers.get("Content-Range") != f"bytes {start}-{size - 1}/{size}":
                raise DoorDistrusted("another part of a blob came than was asked for")
            if _length(response) != size - start:
                raise DoorDistrusted("a blob has another size than was said")
            yield from _bytes_of(response, size - start)

    def _document(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> bytes:
        told = headers or ({} if body is None else {"Content-Type": "application/json"})
        patience = self._patience.document if seconds is None else seconds
        with self._asked(method, path, 200, patience, headers=told, body=body) as response:
            if response.headers.get("Content-Type") != "application/json":
                raise DoorDistrusted("an answer is not JSON")
            length = _length(response)
            if length > LARGEST_DOCUMENT:
                raise DoorDistrusted(f"an answer is longer than {LARGEST_DOCUMENT} bytes")
            return b"".join(_bytes_of(response, length))

    @contextmanager
    def _asked(
        self,
        method: str,
        path: str,
        wanted: int,
        seconds: float,
        *,
        headers: Mapping[str, str],
        body: bytes | Iterator[bytes] | None = None,
    ) -> Iterator[BaseHTTPResponse]:
        self._deadline.start(seconds)
        with _network():
            response = self._pool.urlopen(
                method,
                path,
                body=body,
                headers={**self._headers, **headers},
                retries=False,
                redirect=False,
                timeout=Timeout(connect=self._patience.connect, read=self._patience.silence),
                preload_content=False,
                decode_content=False,
            )
        try:
            if response.status == 401:
                raise DoorClosed
            if response.status == 507:
                raise DoorFull
            if response.status != wanted:
                raise DoorRefused(response.status)
            yield response
        finally:
            # A connection whose answer was read to its end is back in the pool by now; any other is cut.
            response.close()


def _told(source: IO[bytes], say: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file in pieces; `say` is told how many bytes have left."""
    left = 0
    while piece := source.read(_CHUNK):
        yield piece
        left += len(piece)
        say(left)


def _pool(url: str, deadline: Deadline) -> TimedPool:
    # Loopback only, for now (journalist_interface.pairing); an onion service would get its pool here.
    parts = urlsplit(url)
    return TimedPool(parts.hostname or "", parts.port or 80, maxsize=1, deadline=deadline)


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except HTTPError as broken:
        # urllib3's own text names addresses and objects; its type says enough.
        raise DoorSilent(
            _("The source host's door does not answer, or the connection broke ({why}).").format(
                why=type(broken).__name__
            )
        ) from broken


def _length(response: BaseHTTPResponse) -> int:
    spelt = response.headers.get("Content-Length", "")
    # Without it the end of an answer could not be told from a broken connection.
    if not _LENGTH.match(spelt) or "Transfer-Encoding" in response.headers:
        raise DoorDistrusted("an answer does not say how long it is")
    return int(spelt)


def _bytes_of(response: BaseHTTPResponse, length: int) -> Iterator[bytes]:
    left = length
    while left:
        with _network():
            chunk = response.read1(min(_CHUNK, left))
        if not chunk:
            raise DoorSilent(_("The connection to the source host broke in the middle."))
        left -= len(chunk)
        yield chunk
