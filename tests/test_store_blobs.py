"""Blobs: durable before anything speaks of them, erased unless published, and under no name but an id."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.blobs import BlobFolder, new_blob_id
from store.errors import Missing
from tests.blobs_made import files, hold, publish


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty blob folder."""
    return BlobFolder(tmp_path / "blobs")


def test_a_draft_is_erased_unless_it_is_published(blobs: BlobFolder, tmp_path: Path) -> None:
    """A draft that is given up, or breaks off with an error, leaves no file."""
    with blobs.draft() as draft:
        draft.file.write(b"sealed")
        assert files(tmp_path) == [f"incoming/{draft.id}"]
    assert files(tmp_path) == []
    with pytest.raises(ConnectionError), blobs.draft() as draft:
        raise ConnectionError
    assert files(tmp_path) == []


def test_a_published_blob_is_what_was_written(blobs: BlobFolder, tmp_path: Path) -> None:
    """A finished draft knows its size and SHA-256, and keeps both in its place."""
    content = os.urandom(100_000)
    with blobs.draft() as draft:
        draft.file.write(content)
        blob = draft.seal_finished()
        blobs.publish([blob.id])
    blobs.settle([blob.id])
    assert (blob.size, blob.sha256) == (100_000, hashlib.sha256(content).hexdigest())
    assert blobs.path(blob.id).read_bytes() == content
    assert files(tmp_path) == [f"sealed/{blob.id}"]
    assert blobs.published() == {blob.id}


@given(st.lists(st.tuples(st.integers(0, 900_000), st.booleans()), max_size=8))
def test_a_blob_hashed_while_it_is_written_is_hashed_whole(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, bool]]
) -> None:
    """However often its bytes are hashed ahead, size and SHA-256 are those of all that stands in the file."""
    blobs = BlobFolder(tmp_path_factory.mktemp("ahead") / "blobs")
    written = b""
    with blobs.draft() as draft:
        for size, hash_now in pieces:
            piece = bytes([size % 251]) * size
            os.write(draft.file.fileno(), piece)
            written += piece
            if hash_now:
                draft.hash_ahead()
        blob = draft.seal_finished()
    assert (blob.size, blob.sha256) == (len(written), hashlib.sha256(written).hexdigest())


def test_what_was_written_last_is_hashed_at_the_end_alone(blobs: BlobFolder) -> None:
    """Hashing ahead keeps away from the end, where a sealing process is still writing."""
    with blobs.draft() as draft:
        os.write(draft.file.fileno(), bytes(3_000_000))
        draft.hash_ahead()
        os.pwrite(draft.file.fileno(), b"late", 2_999_996)
        assert draft.seal_finished().sha256 == hashlib.sha256(bytes(2_999_996) + b"late").hexdigest()


def test_dropping_and_erasing_twice_is_no_error(blobs: BlobFolder, tmp_path: Path) -> None:
    """Held and published blobs can be erased again and again."""
    held, published = hold(blobs), publish(blobs)
    for _ in range(2):
        blobs.drop_held([held])
        blobs.erase([published])
    assert files(tmp_path) == []
    blobs.erase([])
    blobs.publish([])


def test_a_file_of_another_name_is_no_blob(blobs: BlobFolder, tmp_path: Path) -> None:
    """What somebody else left in the folder is not taken for a blob."""
    (tmp_path / "blobs" / "sealed" / "README").write_text("x")
    assert blobs.published() == set()


NOT_IDS = {
    "nothing": "",
    "the folder itself": ".",
    "the folder above": "..",
    "a path upwards": "../x",
    "a path upwards of the right length": "../" + "a" * 29,
    "an absolute path": "/etc/passwd",
    "upper-case digits": "A" * 32,
    "a digit short": "a" * 31,
    "a digit long": "a" * 33,
    "a NUL in it": "a" * 31 + "\x00",
    "a line end after it": "a" * 32 + "\n",
    "digits of another script": "\u0661" * 32,
    "a separator in it": "a" * 15 + "/" + "a" * 16,
}


@pytest.mark.parametrize("blob_id", NOT_IDS.values(), ids=NOT_IDS.keys())
def test_an_id_that_is_none_reaches_no_file(blobs: BlobFolder, tmp_path: Path, blob_id: str) -> None:
    """An id in any other spelling is Missing in every call, before the file system hears of it."""
    (tmp_path / "blobs" / "x").write_text("not to be reached")
    with pytest.raises(Missing):
        blobs.path(blob_id)
    with pytest.raises(Missing):
        blobs.publish([blob_id])
    with pytest.raises(Missing):
        blobs.hold(blob_id)
    with pytest.raises(Missing):
        blobs.is_held(blob_id)
    with pytest.raises(Missing):
        blobs.drop_held([blob_id])
    with pytest.raises(Missing):
        blobs.erase([blob_id])
    assert files(tmp_path) == ["x"]


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_missing(text: str) -> None:
    """Whatever the other side calls a blob, nothing is found that was not published."""
    with pytest.raises(Missing):
        BLOBS_OF_NOBODY.path(text)


BLOBS_OF_NOBODY = object.__new__(BlobFolder)
BLOBS_OF_NOBODY.sealed = Path("/nonexistent")


def test_a_blob_that_was_never_published_is_missing(blobs: BlobFolder) -> None:
    """Drafts and held blobs have no place to be read from, and what is not there cannot be published."""
    with blobs.draft() as draft, pytest.raises(Missing):
        blobs.path(draft.id)
    with pytest.raises(Missing):
        blobs.path(hold(blobs))
    with pytest.raises(Missing):
        blobs.publish([new_blob_id()])


def test_free_space_is_told(blobs: BlobFolder) -> None:
    """The free bytes are those of the disk that holds the blobs."""
    assert 0 < blobs.free_bytes() < 1 << 60
