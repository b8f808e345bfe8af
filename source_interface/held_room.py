"""The room for files that wait for their forms, and who gives way when it is full: known in memory alone.

A file waits while its form has a mistake. Anybody can make such forms, so the room for them is bounded, and without a
rule one program could fill it and keep everybody else from sending files for two days.

Rules:
- Nothing gives way while there is room. Then the circuit gives way that has most, its oldest file first, down to its
  sure share; what is within a circuit's share waits for its form, whoever wants the room.
- Who asks for the room makes no difference, but that the files of the form being read do not give way to its next one.
- Of a file is known on which circuit it came, until it is sent, taken back or erased, and no longer: of a submission
  nobody knows it.
- Files that came without a circuit, or before this process, never give way here.
"""

import threading
from collections.abc import Collection

from store.blobs import BlobFolder
from store.drafts import Blob

# A tenth each: at the usual settings as much as one form may bring.
SHARES = 10


class HeldRoom:
    """The room for held files of one serving process. `most_bytes`: how many may wait in all."""

    def __init__(self, blobs: BlobFolder, most_bytes: int) -> None:
        self._blobs = blobs
        self._most = most_bytes
        self._lock = threading.Lock()
        # By circuit: sizes in bytes by blob, the one that came first stands first.
        self._came: dict[int, dict[str, int]] = {}

    def note(self, circuit: int | None, blob: Blob) -> None:
        """Note that a file that is held now came on this circuit; None where Tor does not tell of circuits."""
        if circuit is not None:
            with self._lock:
                self._came.setdefault(circuit, {})[blob.id] = blob.size

    def forget(self, blob_ids: Collection[str]) -> None:
        """Forget on which circuit these came: they belong to a submission from now on."""
        with self._lock:
            self._forget(blob_ids)

    def forget_gone(self) -> None:
        """Forget those that are not held any more. The housekeeper calls this."""
        with self._lock:
            self._forget([blob_id for sizes in self._came.values() for blob_id in sizes if self._is_gone(blob_id)])

    def yielding_bytes(self) -> int:
        """Return how many of the held bytes would give way if all were wanted."""
        with self._lock:
            self._forget([blob_id for sizes in self._over() for blob_id in sizes if self._is_gone(blob_id)])
            return sum(sum(sizes.values()) - self._share for sizes in self._over())

    def has_room(self, spare: Collection[str] = ()) -> bool:
        """Tell whether one more file may come to wait; let others give way for it, but for the blobs to `spare`."""
        return self.make_way(self._blobs.held_bytes() - self._most, spare)

    def make_way(self, wanted: int, spare: Collection[str] = ()) -> bool:
        """Erase until `wanted` bytes have become free, or nothing if they cannot; tell whether they have."""
        if wanted <= 0:
            return True
        freed = 0
        with self._lock:
            for blob_id, size in self._give_way(wanted, spare):
                self._blobs.drop_held([blob_id])
                if self._is_gone(blob_id):
                    freed += size
                self._forget([blob_id])
        return freed >= wanted

    @property
    def _share(self) -> int:
        return self._most // SHARES

    def _over(self) -> list[dict[str, int]]:
        """Return what those circuits have that have more than their share."""
        return [sizes for sizes in self._came.values() if sum(sizes.values()) > self._share]

    def _give_way(self, wanted: int, spare: Collection[str]) -> list[tuple[str, int]]:
        """Return the blobs that give way for so many bytes, and their sizes; none if all of them are too few."""
        # What each circuit has, and what of it can go, the one that came first last.
        have = [
            (sum(sizes.values()), [item for item in reversed(sizes.items()) if item[0] not in spare])
            for sizes in self._over()
        ]
        found: list[tuple[str, int]] = []
        while wanted > 0:
            have = [(bytes_left, can_go) for bytes_left, can_go in have if bytes_left > self._share and can_go]
            if not have:
                return []
            heaviest = max(range(len(have)), key=lambda place: have[place][0])
            bytes_left, can_go = have[heaviest]
            found.append(can_go.pop())
            have[heaviest] = (bytes_left - found[-1][1], can_go)
            wanted -= found[-1][1]
        return found

    def _forget(self, blob_ids: Collection[str]) -> None:
        for circuit, sizes in list(self._came.items()):
            for blob_id in blob_ids:
                sizes.pop(blob_id, None)
            if not sizes:
                del self._came[circuit]

    def _is_gone(self, blob_id: str) -> bool:
        return not self._blobs.is_held(blob_id)
