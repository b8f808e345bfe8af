"""A full disk: NoRoom, never a traceback, and nothing half kept."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from store.blobs import BlobFolder, new_blob_id
from store.database import open_database
from store.drafts import Blob, no_room_or
from store.drop.intake import NewSource, SentForm, Submission, find_sent, record_submission, waiting_count
from store.errors import NoRoom
from tests.small_disk import needs_root

MIGRATIONS = "store.drop.migrations"
CHECKOUT = Path(__file__).resolve().parent.parent

LITTLE_ROOM = """
import os, resource, signal, sys
from pathlib import Path
from store.blobs import BlobFolder
from store.errors import NoRoom
from tests.small_disk import needs_root
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
blobs = BlobFolder(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    with blobs.draft() as draft:
        draft.file.write(b"x" * 200_000)
        draft.seal_finished()
        blobs.publish([draft.id])
except NoRoom:
    print("no room")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "candour-test", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Use up the disk."""
    with suppress(OSError), (disk / "ballast").open("ab", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass


def write_draft(blobs: BlobFolder, size: int) -> None:
    """Write a draft of a size."""
    with blobs.draft() as draft:
        draft.file.write(b"x" * size)
        draft.seal_finished()


def submission() -> Submission:
    """A submission with a new source."""
    source = NewSource(os.urandom(32), os.urandom(1216))
    form = SentForm(os.urandom(32), os.urandom(32))
    return Submission(new_blob_id(), form, "2026-11-23", source, Blob(new_blob_id(), 1, "0" * 64), ())


@needs_root
def test_a_submission_on_a_full_disk_is_no_room(small_disk: Path) -> None:
    """A submission that does not fit is NoRoom and leaves no row; with room again the same form is taken."""
    database = open_database(small_disk / "drop.sqlite", MIGRATIONS)
    first, second = submission(), submission()
    record_submission(database, first)
    fill(small_disk)
    # Some fit into what SQLite has set aside already.
    with suppress(NoRoom):
        for _ in range(100):
            record_submission(database, submission())
    with pytest.raises(NoRoom):
        record_submission(database, second)
    assert find_sent(database, first.form.id) == first.form.content
    assert find_sent(database, second.form.id) is None
    (small_disk / "ballast").unlink()
    record_submission(database, second)
    assert waiting_count(database, 200) >= 2
    database.close()


@needs_root
def test_a_draft_on_a_full_disk_is_no_room(small_disk: Path) -> None:
    """A blob that does not fit is NoRoom, whether its bytes or its name find no place, and no draft is left."""
    blobs = BlobFolder(small_disk / "blobs")
    fill(small_disk)
    for size in (1, 200_000):
        with pytest.raises(NoRoom):
            write_draft(blobs, size)
    assert list(blobs.incoming.iterdir()) == []
    assert blobs.published() == set()


@needs_root
def test_opening_on_a_full_disk_is_no_room(small_disk: Path) -> None:
    """A database that cannot be made, or opened again, for want of room is NoRoom."""
    fill(small_disk)
    with pytest.raises(NoRoom):
        open_database(small_disk / "drop.sqlite", MIGRATIONS)


@needs_root
def test_a_full_disk_can_still_be_read(small_disk: Path) -> None:
    """When nothing more fits, what was recorded is still found, also over connections opened only now."""
    database = open_database(small_disk / "drop.sqlite", MIGRATIONS)
    first = submission()
    record_submission(database, first)
    fill(small_disk)
    with database.reading(), database.reading(), database.reading():
        assert find_sent(database, first.form.id) == first.form.content
    database.close()


def test_a_file_beyond_the_limit_is_no_room(tmp_path: Path) -> None:
    """A limit on file sizes, as a service manager sets, is NoRoom as well."""
    done = subprocess.run(
        [sys.executable, "-c", LITTLE_ROOM, str(tmp_path / "blobs")], capture_output=True, cwd=CHECKOUT, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"no room\n", b"", 0)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("number", "is_full"), [("ENOSPC", True), ("EDQUOT", True), ("EFBIG", True), ("EIO", False)])
def test_only_a_full_disk_is_no_room(number: str, is_full: bool) -> None:
    """A full disk, a used-up quota and a file limit are NoRoom; a broken disk is itself."""
    found = no_room_or(OSError(getattr(errno, number), "no"))
    assert isinstance(found, NoRoom) == is_full
    assert isinstance(found, OSError) != is_full
