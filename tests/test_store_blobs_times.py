"""No blob and no folder of blobs tells the minute of anybody."""

import hashlib
import time
from contextlib import suppress
from pathlib import Path

import pytest

from store.blobs import BlobFolder, measure
from tests.blobs_made import hold, publish

DAY = 86_400


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty blob folder."""
    return BlobFolder(tmp_path / "blobs")


def test_a_published_blob_tells_no_time(blobs: BlobFolder) -> None:
    """The times of a published file stand at the beginning of 1970, and only its user may read it."""
    found = blobs.path(publish(blobs)).stat()
    assert (found.st_mtime, found.st_atime) == (0, 0)
    assert found.st_mode & 0o777 == 0o600


def test_a_held_blob_tells_the_day_alone(blobs: BlobFolder, tmp_path: Path) -> None:
    """The times of a held file stand at midnight, and settling it flattens them."""
    before = int(time.time()) // DAY * DAY
    blob_id = hold(blobs)
    found = (tmp_path / "blobs" / "held" / blob_id).stat()
    assert found.st_mtime % DAY == found.st_atime % DAY == 0
    assert before <= found.st_mtime <= time.time()
    assert blobs.is_held(blob_id)
    blobs.publish([blob_id])
    assert blobs.path(blob_id).stat().st_mtime == found.st_mtime, "it may be held for longer: it keeps its day"
    blobs.settle([blob_id])
    assert blobs.path(blob_id).stat().st_mtime == 0
    assert not blobs.is_held(blob_id)


def test_no_folder_tells_when_it_was_changed(blobs: BlobFolder, tmp_path: Path) -> None:
    """After each change the times of the blob folders stand at the beginning of 1970."""

    def told() -> set[float]:
        folders = [tmp_path / "blobs" / name for name in ("incoming", "held", "sealed")]
        return {time_told for folder in folders for time_told in (folder.stat().st_mtime, folder.stat().st_atime)}

    blob_id = publish(blobs)
    assert told() == {0}
    held = hold(blobs)
    assert told() == {0}
    blobs.erase([blob_id])
    assert told() == {0}
    blobs.drop_held([held])
    assert told() == {0}
    with suppress(ConnectionError), blobs.draft():
        raise ConnectionError
    assert told() == {0}


def test_measuring_leaves_no_time_behind(blobs: BlobFolder) -> None:
    """Who checks a sealed file does not write into it when that was."""
    path = blobs.path(publish(blobs))
    assert measure(path).sha256 == hashlib.sha256(b"sealed").hexdigest()
    assert path.stat().st_atime == 0
