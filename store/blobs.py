"""Blobs: sealed files in a folder, each durable before anything speaks of it.

A blob is born as a draft under a temporary name and is written by a sealing process. It is published by a second name
for the same file, a link among the sealed ones: fsync of the file, link, fsync of the folder. Then, and only then, a
row may name it. The first name stays as the blob's *twin* until the row is committed and the blob is settled.

So a crash leaves no sealed file without a row that has not a twin beside it, and a start can tell what it may erase
(store.leftovers) from what somebody restored: a sealed file without row and twin is never erased by itself.

File times are flattened, of the folders too: they would tell the minute in which somebody wrote to us.
"""

import hashlib
import os
import re
import secrets
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from store.drafts import Blob, Draft, is_want_of_room, no_room_or
from store.errors import AlreadyThere, Missing
from store.folder import free_bytes, make_private_folder, sync_file, sync_folder

_BLOB_ID = re.compile(r"[0-9a-f]{32}\Z")
_NO_TIME = (0, 0)
_DAY_SECONDS = 86_400
# Between seeing that a file has one name and taking that name away nobody may give it a second one.
_NAMES = threading.Lock()


def new_blob_id() -> str:
    """Return 32 random hexadecimal digits."""
    return secrets.token_hex(16)


class BlobFolder:
    """A folder of blobs: `incoming` for drafts, `held` for drafts kept for a form to mend, `sealed` for the rest."""

    def __init__(self, root: Path) -> None:
        self.incoming = make_private_folder(root / "incoming")
        self.held = make_private_folder(root / "held")
        self.sealed = make_private_folder(root / "sealed")

    @contextmanager
    def draft(self, blob_id: str | None = None) -> Iterator[Draft]:
        """Give a draft, of a new id or of one that another host gave; at the end it is erased unless published or held.

        Raises NoRoom, Missing if the id is not one, FileExistsError if there is a draft of this id already.
        """
        blob_id = new_blob_id() if blob_id is None else blob_id
        path = self.incoming / _checked(blob_id)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError as reason:
            raise no_room_or(reason) from reason
        try:
            with open(descriptor, "w+b") as file:
                try:
                    yield Draft(blob_id, path, file)
                finally:
                    _unlink_only_name(path)
                    _flatten(self.incoming)
        except OSError as reason:
            # Closing writes what is still buffered, and fails a second time where the first failure was NoRoom.
            if is_want_of_room(reason):
                raise no_room_or(reason) from reason
            raise

    def publish(self, blob_ids: Collection[str]) -> None:
        """Give finished drafts and held blobs their place, durably, all before this returns. Then name them in a row,
        and `settle` them; or `take_back`.

        A file that lies there already, whoever left it, is as good if it holds the same bytes. Raises Missing if a
        draft is not there, AlreadyThere if other bytes lie in its place; what this very call published is taken back
        then, and no other is touched.
        """
        linked: list[str] = []
        try:
            for blob_id in blob_ids:
                if self._link(blob_id):
                    linked.append(blob_id)
            if blob_ids:
                # The twins first: on no file system may the second name outlast the first. Those held are durable.
                _flatten(self.incoming)
                sync_folder(self.incoming)
                _flatten(self.sealed)
                sync_folder(self.sealed)
        except BaseException:
            self.take_back(linked)
            raise

    def settle(self, blob_ids: Collection[str]) -> None:
        """Drop the twins of blobs that a committed row names. What fails here is left to the next start."""
        for blob_id in blob_ids:
            with suppress(OSError):
                self._drop_twins(_checked(blob_id))
        self._flatten_folders()

    def take_back(self, blob_ids: Collection[str]) -> None:
        """Undo a publishing that no row names: what was held is still held, and drafts are erased."""
        for blob_id in blob_ids:
            (self.sealed / _checked(blob_id)).unlink(missing_ok=True)
        if blob_ids:
            _flatten(self.sealed)
            # Before the drafts go: a power cut must not leave the second name without the first.
            sync_folder(self.sealed)
        for blob_id in blob_ids:
            (self.incoming / blob_id).unlink(missing_ok=True)
        _flatten(self.incoming)

    def hold(self, blob_id: str) -> None:
        """Keep a finished draft, durably, until its form is right: a page will say that it is here."""
        draft = self.incoming / _checked(blob_id)
        try:
            os.utime(draft, _today())
            draft.rename(self.held / blob_id)
        except FileNotFoundError as reason:
            raise Missing("no such draft") from reason
        self._flatten_folders()
        sync_folder(self.held)

    def is_held(self, blob_id: str) -> bool:
        """Tell whether this held blob is still there."""
        return (self.held / _checked(blob_id)).is_file()

    def drop_held(self, blob_ids: Collection[str]) -> None:
        """Erase held blobs that nobody will ask for again; those already gone are no error."""
        for blob_id in blob_ids:
            _unlink_only_name(self.held / _checked(blob_id))
        _flatten(self.held)

    def release_held(self) -> int:
        """Erase what has been held since before yesterday; return how many blobs went.

        What is being published at this moment is let alone.
        """
        yesterday = (int(time.time()) // _DAY_SECONDS - 1) * _DAY_SECONDS
        released = 0
        for path in self.held.iterdir():
            # A form may be sent, and its blobs move on, while we look.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < yesterday:
                    released += _unlink_only_name(path)
        if released:
            _flatten(self.held)
        return released

    def held_sizes(self) -> dict[str, int]:
        """Return how many bytes each held blob has, by id."""
        sizes = {}
        with os.scandir(self.held) as found:
            for entry in found:
                # A form may be sent, and its blobs move on, while we look.
                with suppress(FileNotFoundError):
                    sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        return sizes

    def held_bytes(self) -> int:
        """Return how many bytes are held."""
        return sum(self.held_sizes().values())

    def path(self, blob_id: str) -> Path:
        """Return where a published blob is. Raises Missing if it is not."""
        path = self.sealed / _checked(blob_id)
        if not path.is_file():
            raise Missing("no such blob")
        return path

    def present(self, blob_ids: Collection[str]) -> set[str]:
        """Return those of the ids under which a published blob is."""
        return {blob_id for blob_id in blob_ids if (self.sealed / _checked(blob_id)).is_file()}

    def erase(self, blob_ids: Collection[str]) -> None:
        """Erase blobs under every name they have, durably; those already gone are no error."""
        for blob_id in blob_ids:
            for folder in (self.sealed, self.held, self.incoming):
                (folder / _checked(blob_id)).unlink(missing_ok=True)
        if blob_ids:
            self._flatten_folders()
            sync_folder(self.sealed)

    def published(self) -> set[str]:
        """Return the ids of all published blobs."""
        return {path.name for path in self.sealed.iterdir() if is_blob_id(path.name)}

    def free_bytes(self) -> int:
        """Return how many bytes the disk has left for us."""
        return free_bytes(self.sealed)

    def _link(self, blob_id: str) -> bool:
        """Give a draft or held blob its second name; tell whether that was new."""
        sealed = self.sealed / _checked(blob_id)
        for folder in (self.incoming, self.held):
            twin = folder / blob_id
            try:
                if folder is self.incoming:
                    # A held blob keeps its day until it is settled: it may yet be held for longer.
                    flatten_times(twin)
                with _NAMES:
                    os.link(twin, sealed)
            except FileNotFoundError:
                continue
            except FileExistsError as reason:
                if not sealed.samefile(twin):
                    _check_same_bytes(sealed, twin, reason)
                return False
            return True
        raise Missing("no such draft")

    def _drop_twins(self, blob_id: str) -> None:
        # Collected already, if somebody was very fast.
        with suppress(FileNotFoundError):
            flatten_times(self.sealed / blob_id)
        for folder in (self.incoming, self.held):
            (folder / blob_id).unlink(missing_ok=True)

    def _flatten_folders(self) -> None:
        for folder in (self.incoming, self.held, self.sealed):
            _flatten(folder)


def is_blob_id(name: str) -> bool:
    """Tell whether a file name is that of a blob."""
    return bool(_BLOB_ID.match(name))


def measure(path: Path) -> Blob:
    """Return what a sealed file is, read once in constant memory, without leaving the time of reading behind."""
    with open_unseen(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Blob(path.name, os.fstat(file.fileno()).st_size, digest)


def open_unseen(path: Path) -> BufferedReader:
    """Open a sealed file for reading, without leaving the time of reading behind. Only for who owns it."""
    return open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME), "rb")


def _unlink_only_name(path: Path) -> bool:
    """Erase a draft or a held blob, and tell so, unless it has a second name: then it is a twin."""
    with _NAMES, suppress(FileNotFoundError):
        if path.stat().st_nlink == 1:
            path.unlink()
            return True
    return False


def _check_same_bytes(sealed: Path, twin: Path, reason: OSError) -> None:
    if measure(sealed) != measure(twin):
        raise AlreadyThere("other bytes lie under the name of this blob") from reason
    # Whoever left it here may not have waited for the disk.
    sync_file(sealed)
    flatten_times(sealed)


def flatten_times(path: Path) -> None:
    """Set the times of a file to the beginning of 1970: what the kernel keeps beside them is out of our hands."""
    os.utime(path, _NO_TIME, follow_symlinks=False)


def _flatten(folder: Path) -> None:
    # Worth no failure: the next change does it again.
    with suppress(OSError):
        os.utime(folder, _NO_TIME)


def _today() -> tuple[int, int]:
    """Return the file times of a held blob: midnight, so that they tell the day, for `release_held`, and no more."""
    midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS
    return midnight, midnight


def _checked(blob_id: str) -> str:
    # An id becomes a file name: nothing else may ever reach the file system.
    if not _BLOB_ID.match(blob_id):
        raise Missing("no such blob")
    return blob_id
