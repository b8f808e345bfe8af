"""What a crash leaves is cleared at a start; what somebody restored is not; what is to be erased is written down."""

import os
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import pytest

from store.blobs import BlobFolder, new_blob_id
from store.database import Database, open_database
from store.drafts import Blob
from store.drop.tables import erasing
from store.erasing import finish_erasing, note_erasing
from store.leftovers import clear_leftovers, take_back_unnamed


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty blob folder."""
    return BlobFolder(tmp_path / "blobs")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A source host's database."""
    opened = open_database(tmp_path / "drop.sqlite", "store.drop.migrations")
    yield opened
    opened.close()


def files(blobs: BlobFolder) -> set[str]:
    """Every file in the blob folder, as folder/name."""
    return {f"{path.parent.name}/{path.name}" for path in blobs.sealed.parent.rglob("*") if path.is_file()}


def publish(blobs: BlobFolder, *, held: bool = False, content: bytes = b"sealed") -> Blob:
    """Publish a blob and go no further."""
    with blobs.draft() as draft:
        draft.file.write(content)
        blob = draft.seal_finished()
        if held:
            blobs.hold(blob.id)
        blobs.publish([blob.id])
    return blob


def rows(*named: Blob) -> partial[dict[str, Blob]]:
    """Answer as a database whose rows name these blobs."""

    def ask(known: Collection[Blob], asked: Collection[str]) -> dict[str, Blob]:
        return {blob.id: blob for blob in known if blob.id in asked}

    return partial(ask, named)


def test_what_was_published_and_never_recorded_is_taken_back(blobs: BlobFolder) -> None:
    """A crash before the row: a draft goes whole, what was held is held as it was."""
    draft, held = publish(blobs), publish(blobs, held=True)
    (blobs.incoming / new_blob_id()).write_bytes(b"half")
    (blobs.incoming / "of another name").write_bytes(b"half")
    clear_leftovers(blobs, rows())
    assert files(blobs) == {f"held/{held.id}"}
    assert draft.id not in blobs.published()


def test_what_was_recorded_and_never_settled_is_settled(blobs: BlobFolder) -> None:
    """A crash after the row: the sealed file stays, its twin goes, its times are flat."""
    draft, held = publish(blobs), publish(blobs, held=True)
    os.utime(blobs.path(draft.id), (1_800_000_000, 1_800_000_000))
    clear_leftovers(blobs, rows(draft, held))
    assert files(blobs) == {f"sealed/{draft.id}", f"sealed/{held.id}"}
    for blob in (draft, held):
        assert (blobs.path(blob.id).stat().st_mtime, blobs.path(blob.id).stat().st_atime) == (0, 0)


def test_a_sealed_file_without_row_and_twin_is_never_erased(blobs: BlobFolder) -> None:
    """An older database was restored beside newer blobs: what sources sent meanwhile is still there."""
    blob = publish(blobs)
    blobs.settle([blob.id])
    clear_leftovers(blobs, rows())
    assert files(blobs) == {f"sealed/{blob.id}"}


def test_a_file_that_is_another_under_the_same_name_is_no_twin(blobs: BlobFolder) -> None:
    """A copy that a restored backup laid beside it, or a half-fetched one, makes nothing a crash's leftover."""
    blob = publish(blobs)
    blobs.settle([blob.id])
    (blobs.incoming / blob.id).write_bytes(b"sealed")
    clear_leftovers(blobs, rows())
    assert files(blobs) == {f"sealed/{blob.id}"}


@pytest.mark.parametrize("harm", ["missing", "cut short", "a bit flipped"])
def test_a_sound_twin_takes_the_place_of_a_bad_file(blobs: BlobFolder, harm: str) -> None:
    """The row says what the file must be; while there is one that is it, nothing is lost."""
    blob = publish(blobs, held=True)
    sealed = blobs.path(blob.id)
    sealed.unlink()
    if harm != "missing":
        sealed.write_bytes(b"seal" if harm == "cut short" else b"sealee")
    clear_leftovers(blobs, rows(blob))
    assert files(blobs) == {f"sealed/{blob.id}"}
    assert sealed.read_bytes() == b"sealed"
    assert sealed.stat().st_mtime == 0


def test_a_bad_twin_changes_nothing(blobs: BlobFolder) -> None:
    """Neither file is what was stored: both stay, for a person to look at."""
    blob = publish(blobs, held=True)
    blobs.path(blob.id).unlink()
    (blobs.sealed / blob.id).write_bytes(b"seal")
    (blobs.held / blob.id).write_bytes(b"sea")
    clear_leftovers(blobs, rows(blob))
    assert files(blobs) == {f"held/{blob.id}", f"sealed/{blob.id}"}


def test_thousands_of_held_files_are_asked_for_in_small_questions(blobs: BlobFolder) -> None:
    """However many are held, no question to the database is longer than it may be."""
    for _ in range(1_200):
        (blobs.held / new_blob_id()).touch()
    lengths: list[int] = []

    def ask(asked: Collection[str]) -> dict[str, Blob]:
        lengths.append(len(asked))
        return {}

    clear_leftovers(blobs, ask)
    assert (sum(lengths), max(lengths)) == (1_200, 500)


def test_a_recording_that_failed_is_undone_as_far_as_no_row_names_it(blobs: BlobFolder) -> None:
    """What was committed after all stays; what was not goes."""
    kept, undone = publish(blobs), publish(blobs)
    take_back_unnamed(blobs, [kept.id, undone.id], rows(kept))
    assert files(blobs) == {f"sealed/{kept.id}", f"incoming/{kept.id}"}


def test_nothing_is_undone_when_the_database_cannot_be_asked(blobs: BlobFolder) -> None:
    """Who does not know whether a row names a file lets it be: the next start knows."""
    blob = publish(blobs)

    def ask(_asked: Collection[str]) -> dict[str, Blob]:
        raise OSError("the disk does not answer")

    take_back_unnamed(blobs, [blob.id], ask)
    assert files(blobs) == {f"sealed/{blob.id}", f"incoming/{blob.id}"}


def test_an_erasing_that_broke_off_is_finished(blobs: BlobFolder, database: Database) -> None:
    """The note outlives a crash; whoever comes next erases every name of the blob, then the note."""
    settled, twinned, other = publish(blobs), publish(blobs, held=True), publish(blobs)
    blobs.settle([settled.id, other.id])
    with database.writing() as connection:
        note_erasing(connection, erasing, [settled.id, twinned.id])
        note_erasing(connection, erasing, [])
    for _ in range(2):
        finish_erasing(database, erasing, blobs)
        assert files(blobs) == {f"sealed/{other.id}"}
        with database.reading() as connection:
            assert connection.execute(erasing.select()).all() == []


def test_the_note_stays_while_the_file_does(blobs: BlobFolder, database: Database) -> None:
    """A disk that refuses to erase leaves the note, so that it is tried again."""
    blob = publish(blobs)
    blobs.settle([blob.id])
    with database.writing() as connection:
        note_erasing(connection, erasing, [blob.id])
    blobs.path(blob.id).rename(blobs.sealed / "aside")
    (blobs.sealed / blob.id).mkdir()
    with pytest.raises(OSError, match=r"directory|permitted"):
        finish_erasing(database, erasing, blobs)
    with database.reading() as connection:
        assert connection.execute(erasing.select()).scalars().all() == [blob.id]
