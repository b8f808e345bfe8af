"""A blob that is held, and its twin: what becomes of both when it is published, taken back, dropped or forgotten."""

import os
import time
from pathlib import Path
from threading import Thread

import pytest

from store.blobs import BlobFolder, new_blob_id
from store.errors import AlreadyThere, Missing
from tests.blobs_made import files, hold, publish

DAY = 86_400


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty blob folder."""
    return BlobFolder(tmp_path / "blobs")


def test_what_was_held_for_days_is_released(blobs: BlobFolder, tmp_path: Path) -> None:
    """A blob held since before yesterday goes; those of yesterday and today stay."""
    held = {days: hold(blobs) for days in (0, 1, 2, 30)}
    today = int(time.time()) // DAY * DAY
    for days, blob_id in held.items():
        os.utime(tmp_path / "blobs" / "held" / blob_id, (today - days * DAY,) * 2)
    assert blobs.release_held() == 2
    assert [days for days, blob_id in held.items() if blobs.is_held(blob_id)] == [0, 1]


def test_a_held_blob_may_go_while_the_old_ones_are_looked_for(blobs: BlobFolder, tmp_path: Path) -> None:
    """A name that leads to nothing by the time it is looked at, as after a form was sent, stops nobody."""
    (tmp_path / "blobs" / "held" / new_blob_id()).symlink_to(tmp_path / "gone")
    assert blobs.release_held() == 0


def test_a_published_blob_has_its_twin_until_it_is_settled(blobs: BlobFolder, tmp_path: Path) -> None:
    """A draft and a held blob keep their first names when they get their place; settling drops those, twice or once."""
    held = hold(blobs)
    with blobs.draft() as draft:
        draft.file.write(b"letter")
        draft.seal_finished()
        blobs.publish([draft.id, held])
    both = sorted((draft.id, held))
    assert files(tmp_path) == [f"held/{held}", f"incoming/{draft.id}", *(f"sealed/{blob_id}" for blob_id in both)]
    for _ in range(2):
        blobs.settle([draft.id, held])
        assert files(tmp_path) == [f"sealed/{blob_id}" for blob_id in both]
    blobs.erase([held])
    blobs.settle([held])
    assert files(tmp_path) == [f"sealed/{draft.id}"]


def test_what_is_taken_back_is_held_again_or_gone(blobs: BlobFolder, tmp_path: Path) -> None:
    """A publishing undone leaves what was held, with its day, and no draft."""
    held = hold(blobs)
    day = (tmp_path / "blobs" / "held" / held).stat().st_mtime
    with blobs.draft() as draft:
        draft.seal_finished()
        blobs.publish([draft.id, held])
    blobs.take_back([draft.id, held])
    assert files(tmp_path) == [f"held/{held}"]
    assert (tmp_path / "blobs" / "held" / held).stat().st_mtime == day


def test_a_publishing_that_fails_takes_back_its_own_alone(blobs: BlobFolder, tmp_path: Path) -> None:
    """One of three is not there: the one before it is held again, and one published earlier stays."""
    earlier, held = publish(blobs), hold(blobs)
    with pytest.raises(Missing):
        blobs.publish([held, new_blob_id()])
    assert files(tmp_path) == [f"held/{held}", f"sealed/{earlier}"]


def test_a_twin_is_not_dropped_or_released_while_its_blob_waits_for_a_row(blobs: BlobFolder) -> None:
    """Whoever clears held files up in that moment must not take away what tells a crash's leftovers."""
    held = hold(blobs)
    blobs.publish([held])
    os.utime(blobs.held / held, (0, 0))
    blobs.drop_held([held])
    assert blobs.release_held() == 0
    assert blobs.is_held(held)


def test_the_same_bytes_under_the_name_are_as_good(blobs: BlobFolder, tmp_path: Path) -> None:
    """What lies in the place of a blob already is taken if it is the blob; other bytes are never replaced."""
    same, other = new_blob_id(), new_blob_id()
    for blob_id, lies_there in ((same, b"sealed"), (other, b"another")):
        (tmp_path / "blobs" / "sealed" / blob_id).write_bytes(lies_there)
    for blob_id in (same, other):
        with blobs.draft(blob_id) as draft:
            draft.file.write(b"sealed")
            draft.seal_finished()
            if blob_id == other:
                with pytest.raises(AlreadyThere):
                    blobs.publish([blob_id])
            else:
                blobs.publish([blob_id])
    assert files(tmp_path) == sorted(f"sealed/{blob_id}" for blob_id in (same, other))
    assert blobs.path(other).read_bytes() == b"another"
    assert blobs.path(same).stat().st_mtime == 0


def test_a_blob_published_while_it_is_looked_at_keeps_its_twin(
    blobs: BlobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that is sent at the very moment in which its file's time is over: the file goes whole, or stays whole."""
    held = hold(blobs)
    sent: list[Thread] = []
    stat, missing = Path.stat, []

    def look_and_be_overtaken(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(path, follow_symlinks=follow_symlinks)
        if path == blobs.held / held and not sent:
            sent.append(Thread(target=send))
            sent[0].start()
            sent[0].join(0.3)
        return found

    def send() -> None:
        try:
            blobs.publish([held])
        except Missing:
            missing.append(held)

    monkeypatch.setattr(Path, "stat", look_and_be_overtaken)
    blobs.drop_held(blobs.held_sizes())
    sent[0].join()
    twins = [path for path in (blobs.held / held, blobs.sealed / held) if path.exists()]
    assert len(twins) == (0 if missing else 2)
