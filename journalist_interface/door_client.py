"""The courier's fetcher: the door's twelve verbs, and nothing is decided here.

Each client is one road: a connection, a deadline and, through Tor, circuits of its own (door_asking). Nothing is tried
again; only a blob that broke off in the middle goes on where it stopped (HTTP Range). Raises DoorSilent, DoorClosed,
DoorRefused or DoorDistrusted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO

from journalist_interface import courier_cover as covers
from journalist_interface.courier_cover import Cover, Exchange
from journalist_interface.courier_errors import (
    DoorDistrusted,
    DoorFull,
    DoorRefused,
    DoorSilent,
    DoorTooOld,
    NoRoomForFiles,
)
from journalist_interface.courier_pace import Pace
from journalist_interface.courier_patience import THROUGH_TOR, Patience
from journalist_interface.courier_rules import LONGEST_PAGE
from journalist_interface.door_answers import bytes_of, length_of, padding_of, read_padded, read_past, told, zeros
from journalist_interface.door_asking import DoorAsking
from journalist_interface.tor_road import TorRoad
from serving.language import gettext as _

MOST_RESUMPTIONS = 50  # for one blob


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
        self._asking = DoorAsking(url, token, self._patience, road, self.manner.cover)
        self._deadline = self._asking.deadline

    def another(self) -> "DoorClient":
        """Return a further road to the same door, in the same manner."""
        road = self._road.another() if self._road else None
        return DoorClient(*self._made_of, self._patience, road=road, manner=self.manner)

    def close(self) -> None:
        """Close the connection."""
        self._asking.close()

    def cut(self) -> None:
        """End what goes on here, from any thread; what is asked afterwards ends at once, until `mend`."""
        self._deadline.cut()

    def mend(self) -> None:
        """Allow requests again."""
        self._deadline.mend()

    def list_waiting(self, after: str) -> bytes:
        """Return the page of the list that begins beyond the id `after`; empty for the first."""
        cursor = f"after={after}&" if after else ""
        return self._asking.document("GET", f"/v1/waiting?{cursor}limit={LONGEST_PAGE}", answer=covers.LIST_ANSWER)

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
            return self._asking.document("GET", path)
        except DoorRefused as refused:
            if refused.status == 404:
                return None
            raise

    def confirm(self, document: bytes) -> bytes:
        """Post a confirmation and return the answer."""
        return self._asking.document("POST", "/v1/confirm", self.manner.cover.posted(document, Exchange.SMALL_POST))

    def deliver(self, document: bytes) -> bytes:
        """Post deliveries and return the answer."""
        return self._asking.document("POST", "/v1/deliveries", self.manner.cover.posted(document, Exchange.LARGE_POST))

    def announce_files(self, document: bytes) -> bytes:
        """Post what files are to go with a reply, and return the answer. Raises DoorTooOld, NoRoomForFiles."""
        try:
            return self._asking.document("POST", "/v1/files", self.manner.cover.posted(document, Exchange.SMALL_POST))
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
            return self._asking.post_bytes(f"/v1/files/{blob}", size + padding, body, padding)
        except DoorFull as full:
            raise NoRoomForFiles from full

    def make_up(self, kind: Exchange) -> None:
        """Exchange padding that looks like one of a kind; with a door that is too old, nothing, and the cover knows."""
        size = kind.size
        self.manner.cover.note(kind)
        self.manner.pace.before(size, self._deadline.was_cut)
        try:
            if kind.is_post:
                read_padded(self._asking.post_bytes("/v1/padding", size, zeros(size)))
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
        asked = self._asking.ask(
            "GET", f"/v1/blobs/{blob}", 200 if whole else 206, seconds, headers=headers, answer=unit
        )
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
        with self._asking.ask("GET", f"/v1/padding?bytes={size}", 200, seconds, headers={}) as response:
            if length_of(response) != size:
                raise DoorDistrusted("padding has another size than was asked for")
            read_past(response, size)
