"""The courier's fetcher: twelve requests over HTTP, and nothing is decided here.

Each client is one road: a connection, a deadline and, through Tor, circuits of its own. Every answer is capped in bytes
and in time. No redirect is followed, no proxy is taken from the environment, nothing is tried again; only a blob that
broke off in the middle goes on where it stopped (HTTP Range). Raises DoorSilent, DoorClosed, DoorRefused or
DoorDistrusted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import IO
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.util import SKIP_HEADER

from journalist_interface import courier_cover as covers
from journalist_interface.courier_cover import Cover, Exchange
from journalist_interface.courier_errors import (
    DoorClosed,
    DoorDistrusted,
    DoorFull,
    DoorRefused,
    DoorSilent,
    DoorTooOld,
    NoRoomForFiles,
)
from journalist_interface.courier_pace import Pace
from journalist_interface.courier_patience import THROUGH_TOR, Patience
from journalist_interface.courier_rules import LARGEST_DOCUMENT, LONGEST_PAGE
from journalist_interface.door_address import ONION_PORT
from journalist_interface.door_answers import (
    PADDING,
    bytes_of,
    length_of,
    network,
    padding_of,
    read_padded,
    read_past,
    told,
    zeros,
)
from journalist_interface.timed_connection import Deadline
from journalist_interface.tor_road import TorRoad, open_pool
from serving.language import gettext as _

MOST_RESUMPTIONS = 50  # for one blob
PAD = "Candour-Pad"  # asks that an answer be padded to a multiple of so many bytes


@dataclass(frozen=True)
class Manner:
    """How a run goes about it: with what cover, at what pace. All its roads share one of each."""

    cover: Cover
    pace: Pace

    @property
    def is_kept(self) -> bool:
        """Tell whether blobs must come in pieces."""
        return self.cover.is_on or self.pace.is_set


class DoorClient:
    """The door of one source host, over `road`, or straight if that is None.

    `say` is told how many bytes of a blob have come so far.
    """

    def __init__(
        self,
        url: str,
        token: str,
        patience: Patience | None = None,
        *,
        road: TorRoad | None = None,
        manner: Manner | None = None,
    ) -> None:
        self._made_of = url, token
        self._patience = patience or (THROUGH_TOR if road else Patience())
        self._road = road
        self.manner = manner or Manner(Cover(), Pace())
        self._deadline = Deadline(self._patience.silence, self._patience.fresh)
        parts = urlsplit(url)
        self._pool = open_pool(parts.hostname or "", parts.port or ONION_PORT, road, self._deadline)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",
            "User-Agent": SKIP_HEADER,
        }

    def another(self) -> "DoorClient":
        """Return a further road to the same door, in the same manner."""
        road = self._road.another() if self._road else None
        return DoorClient(*self._made_of, self._patience, road=road, manner=self.manner)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def cut(self) -> None:
        """End what goes on here, from any thread; what is asked afterwards ends at once, until `mend`."""
        self._deadline.cut()

    def mend(self) -> None:
        """Allow requests again."""
        self._deadline.mend()

    def list_waiting(self, after: str) -> bytes:
        """Return the page of the list that begins beyond the id `after`; empty for the first."""
        cursor = f"after={after}&" if after else ""
        return self._document("GET", f"/v1/waiting?{cursor}limit={LONGEST_PAGE}", answer=covers.LIST_ANSWER)

    @property
    def is_through_tor(self) -> bool:
        """Tell whether the road leads through Tor."""
        return self._road is not None

    def room(self) -> bytes | None:
        """Return what the door says of its room, or None from a door that is too old to say."""
        return self._told("/v1/room")

    def tor(self) -> bytes | None:
        """Return what the door says of its host's Tor, or None from a door that is too old to say."""
        return self._told("/v1/tor")

    def intake_key(self) -> bytes | None:
        """Return what the door says its host seals to, or None from a door that is too old to say."""
        return self._told("/v1/intake-key")

    def health(self) -> bytes | None:
        """Return what the door says of its host, or None from a door that is too old to say."""
        return self._told("/v1/health")

    def _told(self, path: str) -> bytes | None:
        try:
            return self._document("GET", path)
        except DoorRefused as refused:
            if refused.status == 404:
                return None
            raise

    def confirm(self, document: bytes) -> bytes:
        """Post a confirmation and return the answer."""
        return self._document("POST", "/v1/confirm", self.manner.cover.posted(document, Exchange.SMALL_POST))

    def deliver(self, document: bytes) -> bytes:
        """Post deliveries and return the answer."""
        return self._document("POST", "/v1/deliveries", self.manner.cover.posted(document, Exchange.LARGE_POST))

    def announce_files(self, document: bytes) -> bytes:
        """Post what files are to go with a reply, and return the answer. Raises DoorTooOld, NoRoomForFiles."""
        try:
            return self._document("POST", "/v1/files", self.manner.cover.posted(document, Exchange.SMALL_POST))
        except DoorFull as full:
            raise NoRoomForFiles from full
        except DoorRefused as refused:
            if refused.status == 404:
                raise DoorTooOld from refused
            raise

    def bring_file(self, blob: str, size: int, source: IO[bytes], say: Callable[[int], None]) -> bytes:
        """Post the `size` bytes of a file and return the answer. Raises NoRoomForFiles."""
        kind = Exchange.LARGE_POST
        whole = covers.rounded(size, kind.size)
        self.manner.cover.note(kind, whole // kind.size)
        # As heavy as it is counted: else what is missing to its last unit tells a file from padding.
        padding = whole - size if self.manner.cover.is_on else 0
        self.manner.pace.before(size + padding, self._deadline.was_cut)
        body = chain(told(source, say), zeros(padding))
        try:
            return self._bytes_posted(f"/v1/files/{blob}", size + padding, body, padding)
        except DoorFull as full:
            raise NoRoomForFiles from full

    def make_up(self, kind: Exchange) -> None:
        """Exchange padding that looks like one of a kind; with a door that is too old, nothing, and the cover knows."""
        size = kind.size
        self.manner.cover.note(kind)
        self.manner.pace.before(size, self._deadline.was_cut)
        try:
            if kind.is_post:
                read_padded(self._bytes_posted("/v1/padding", size, zeros(size)))
            else:
                self._fetch_padding(size)
        except DoorRefused as refused:
            if refused.status != 404:
                raise
            self.manner.cover.is_known = False

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
        """Yield the rest of a blob; in pieces if there is a cover or a pace to keep."""
        kind, in_pieces = covers.answer_for(size), self.manner.is_kept
        unit = kind.size if in_pieces else size
        while start < size:
            end = min(size, start + unit)
            self.manner.cover.note(kind)
            self.manner.pace.before(end - start, self._deadline.was_cut)
            yield from self._range_of(blob, start, end, size, unit)
            start = end

    def _range_of(self, blob: str, start: int, end: int, size: int, unit: int) -> Iterator[bytes]:
        whole = start == 0 and end == size
        seconds = self._patience.document + max(unit, end - start) / self._patience.least_speed
        headers = {} if whole else {"Range": f"bytes={start}-{'' if end == size else end - 1}"}
        asked = self._asked("GET", f"/v1/blobs/{blob}", 200 if whole else 206, seconds, headers=headers, answer=unit)
        with asked as response:
            if not whole and response.headers.get("Content-Range") != f"bytes {start}-{end - 1}/{size}":
                raise DoorDistrusted("another part of a blob came than was asked for")
            padding = padding_of(response, unit) if self.manner.cover.is_on else 0
            if length_of(response) != end - start + padding:
                raise DoorDistrusted("a blob has another size than was said")
            yield from bytes_of(response, end - start)
            read_past(response, padding)

    def _fetch_padding(self, size: int) -> None:
        seconds = self._patience.document + size / self._patience.least_speed
        with self._asked("GET", f"/v1/padding?bytes={size}", 200, seconds, headers={}) as response:
            if length_of(response) != size:
                raise DoorDistrusted("padding has another size than was asked for")
            read_past(response, size)

    def _bytes_posted(self, path: str, size: int, body: Iterator[bytes], padding: int = 0) -> bytes:
        """Post `size` bytes, the last `padding` of which mean nothing."""
        seconds = self._patience.document + size / self._patience.least_speed
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        if padding:
            headers[PADDING] = str(padding)
        return self._document("POST", path, body, headers=headers, seconds=seconds)

    def _document(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        answer: int = covers.WORD_ANSWER,
    ) -> bytes:
        sent = headers or ({} if body is None else {"Content-Type": "application/json"})
        patience = self._patience.document if seconds is None else seconds
        with self._asked(method, path, 200, patience, headers=sent, body=body, answer=answer) as response:
            if response.headers.get("Content-Type") != "application/json":
                raise DoorDistrusted("an answer is not JSON")
            length = length_of(response)
            if length > LARGEST_DOCUMENT:
                raise DoorDistrusted(f"an answer is longer than {LARGEST_DOCUMENT} bytes")
            return b"".join(bytes_of(response, length))

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
        answer: int = 0,
    ) -> Iterator[BaseHTTPResponse]:
        self._deadline.start(seconds)
        pad = {PAD: str(answer)} if answer and self.manner.cover.is_on else {}
        with network():
            response = self._pool.urlopen(
                method,
                path,
                body=body,
                headers={**self._headers, **headers, **pad},
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
