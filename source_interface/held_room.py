"""The room for files that wait for their forms, and who gives way when it is full: known in memory alone.

A file waits while its form has a mistake. Anybody can make such forms, so the room for them is bounded, and without a
rule one program could fill it and keep everybody else from sending files for two days.

Rules:
- Nothing gives way while there is room. Then what came on one circuit gives way if it is most, its oldest file first,
  as long as it is more than its share: what one form may bring, sealed. Whoever has no more than that never gives way
  to files.
- Who asks for the room makes no difference, but that the files of the form being read do not give way to its next one.
- To text everything gives way, the most first, no more of it than text needs.
- Small files count for more than they are: their number is bounded too, for each is looked at whenever a page is made.
- Which files came together is known, until they are sent, taken back or erased, by a mark that means nothing; not on
  which circuit (`source_interface.circuits`). Of a submission nobody knows either.
- Files that came without a circuit, or before this process, give way to text alone.
"""

import heapq
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from source_interface.settings import MB, Settings
from store.blobs import BlobFolder
from store.drafts import Blob

# What a file counts for at least: of the usual 5 GB, five thousand small ones use up all.
LEAST_WEIGHT = 1 * MB
# Given back beyond what is missing on the disk, so that not every piece of an upload asks anew.
_AHEAD_BYTES = 8 * MB
PADDED_PERCENT = 113  # of a large file: Padmé's padding takes an eighth at most
_Sizes = dict[str, int]  # bytes by blob, the one that came first stands first
_Measure = Callable[[int], int]


@dataclass(frozen=True)
class HeldLook:
    """What waits: bytes on the disk; how much weight of files may still come; how many bytes would give way to it."""

    held_bytes: int
    left: int
    yielding_bytes: int


class HeldRoom:
    """The room for held files of one serving process."""

    def __init__(self, blobs: BlobFolder, settings: Settings) -> None:
        self._blobs = blobs
        self._most = settings.held_bytes
        self._lock = threading.Lock()
        self._came: dict[object, _Sizes] = {}
        self._mark_of: dict[str, object] = {}
        of_one_form = settings.submission_bytes * PADDED_PERCENT // 100 + settings.files * LEAST_WEIGHT
        # Where little may wait in all, two must still find room.
        self.share = min(of_one_form, self._most // 2)

    def note(self, mark: object | None, blob: Blob) -> None:
        """Note a file that is held now and came under this mark; None where Tor does not tell of circuits."""
        if mark is not None:
            with self._lock:
                self._came.setdefault(mark, {})[blob.id] = blob.size
                self._mark_of[blob.id] = mark

    def forget(self, blob_ids: Collection[str]) -> None:
        """Forget that these came together with others: they belong to a submission from now on."""
        with self._lock:
            self._forget(blob_ids)

    def look(self) -> HeldLook:
        """Return how much waits, and how much may come. The housekeeper calls this to forget what is gone."""
        with self._lock:
            there = self._look()
            goes = [size for _blob_id, size in _by_weight(self._came.values(), self.share)]
        left = self._most - _sum(there, _weight) + sum(map(_weight, goes))
        return HeldLook(sum(there.values()), left, sum(goes))

    def has_room(self, spare: Collection[str] = ()) -> bool:
        """Tell whether one more file may come to wait; let others give way for it, but for the blobs to `spare`."""
        with self._lock:
            over = _sum(self._look(), _weight) - self._most
            return self._free(self._came.values(), self.share, spare, _weight, over)

    def make_way(self, missing: int, spare: Collection[str] = ()) -> bool:
        """Erase until so many bytes of the disk have become free, or nothing if they cannot; tell whether they have."""
        if missing <= 0:
            return True
        with self._lock:
            if all(_sum(sizes, _weight) <= self.share for sizes in self._came.values()):
                return False
            self._look()
            return self._free(self._came.values(), self.share, spare, int, missing, _AHEAD_BYTES)

    def make_way_for_text(self, missing: int, spare: Collection[str] = ()) -> None:
        """As `make_way`, of everything that waits; what can be had is erased though it be too little."""
        with self._lock:
            there = self._look()
            alone = {blob_id: size for blob_id, size in there.items() if blob_id not in self._mark_of}
            can_go = sum(size for blob_id, size in there.items() if blob_id not in spare)
            self._free([*self._came.values(), alone], 0, spare, int, min(missing, can_go), _AHEAD_BYTES)

    def _look(self) -> _Sizes:
        """Return the sizes of all that waits, and forget what waits no more."""
        there = self._blobs.held_sizes()
        self._forget([blob_id for blob_id in self._mark_of if blob_id not in there])
        return there

    def _free(
        self,
        groups: Collection[_Sizes],
        sure: int,
        spare: Collection[str],
        measure: _Measure,
        wanted: int,
        ahead: int = 0,
    ) -> bool:
        if wanted <= 0:
            return True
        doomed, found = [], 0
        for blob_id, size in _by_weight(groups, sure, spare):
            doomed.append(blob_id)
            found += measure(size)
            if found >= wanted + ahead:
                break
        if found < wanted:
            return False
        self._blobs.drop_held(doomed)
        there = self._look()
        # What is being published at this moment stays.
        return not any(blob_id in there for blob_id in doomed)

    def _forget(self, blob_ids: Collection[str]) -> None:
        for blob_id in blob_ids:
            mark = self._mark_of.pop(blob_id, None)
            if mark is not None:
                del self._came[mark][blob_id]
                if not self._came[mark]:
                    del self._came[mark]


def _by_weight(groups: Collection[_Sizes], sure: int, spare: Collection[str] = ()) -> Iterator[tuple[str, int]]:
    """Yield the blobs that give way, with their sizes in bytes: of the heaviest group the first, until none weighs more
    than `sure`.
    """
    # A group is looked at again after each of its blobs: it may not be the heaviest any more. Its number breaks ties.
    heap = [
        (-_sum(sizes, _weight), number, iter([item for item in sizes.items() if item[0] not in spare]))
        for number, sizes in enumerate(groups)
    ]
    heapq.heapify(heap)
    while heap and -heap[0][0] > sure:
        negative, number, items = heap[0]
        item = next(items, None)
        if item is None:
            heapq.heappop(heap)
            continue
        yield item
        heapq.heapreplace(heap, (negative + _weight(item[1]), number, items))


def _weight(size: int) -> int:
    return max(size, LEAST_WEIGHT)


def _sum(sizes: _Sizes, measure: _Measure) -> int:
    return sum(map(measure, sizes.values()))
