"""Blobs and the data folder: durable before anything speaks of them, private, and without the minute of anybody."""

import errno
import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.blobs import BlobFolder, measure, new_blob_id
from store.errors import AlreadyThere, FolderExposed, Missing
from store.folder import (
    check_private_folder,
    make_private_folder,
    private_file,
    read_private_file,
    write_new_private_file,
    write_private_file,
)

DAY = 86_400


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty blob folder."""
    return BlobFolder(tmp_path / "blobs")


def files(tmp_path: Path) -> list[str]:
    """Every file in the blob folder, as folder/name."""
    return sorted(
        str(path.relative_to(tmp_path / "blobs")) for path in (tmp_path / "blobs").rglob("*") if path.is_file()
    )


def publish(blobs: BlobFolder, content: bytes = b"sealed") -> str:
    """Publish a blob and return its id."""
    with blobs.draft() as draft:
        draft.file.write(content)
        draft.seal_finished()
        blobs.publish([draft.id])
    blobs.settle([draft.id])
    return draft.id


def hold(blobs: BlobFolder) -> str:
    """Hold a blob and return its id."""
    with blobs.draft() as draft:
        draft.file.write(b"sealed")
        draft.seal_finished()
        blobs.hold(draft.id)
    return draft.id


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


def test_dropping_and_erasing_twice_is_no_error(blobs: BlobFolder, tmp_path: Path) -> None:
    """Held and published blobs can be erased again and again."""
    held, published = hold(blobs), publish(blobs)
    for _ in range(2):
        blobs.drop_held([held])
        blobs.erase([published])
    assert files(tmp_path) == []
    blobs.erase([])
    blobs.publish([])


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


def test_every_folder_made_is_private(tmp_path: Path) -> None:
    """A folder, every folder above it that had to be made, and every blob folder, can be entered by us alone."""
    before = os.umask(0o022)
    try:
        make_private_folder(tmp_path / "one" / "two")
        BlobFolder(tmp_path / "drop" / "blobs")
    finally:
        os.umask(before)
    for made in ("one", "one/two", "drop", "drop/blobs", "drop/blobs/incoming", "drop/blobs/held", "drop/blobs/sealed"):
        assert (tmp_path / made).stat().st_mode & 0o777 == 0o700, made


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o710, 0o707, 0o722])
def test_a_folder_others_can_enter_is_refused(tmp_path: Path, mode: int) -> None:
    """A folder with any permission for others is refused, with the command that mends it."""
    folder = tmp_path / "drop"
    folder.mkdir()
    folder.chmod(mode)
    for check in (check_private_folder, make_private_folder):
        with pytest.raises(FolderExposed, match=f"chmod 700 {folder}"):
            check(folder)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """A missing folder, or a file in its place, is refused."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(FolderExposed, match="does not exist"):
            check_private_folder(path)


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """A folder that belongs to somebody else is refused, however private."""
    folder = Path("/")  # root's, and so another's unless we are root
    if os.geteuid() == 0:
        folder = make_private_folder(tmp_path / "theirs")
        os.chown(folder, 65534, 65534)
    with pytest.raises(FolderExposed, match="another user"):
        check_private_folder(folder)


def test_a_private_file_is_written_whole(tmp_path: Path) -> None:
    """A secret file is ours alone whatever the umask, replaces what was there, and leaves no temporary file."""
    before = os.umask(0)
    try:
        for content in (b"first", b"second, which is longer"):
            write_private_file(tmp_path / "pepper", content)
            assert read_private_file(tmp_path / "pepper", "The pepper") == content
    finally:
        os.umask(before)
    assert (tmp_path / "pepper").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["pepper"]


def test_nobody_lies_in_wait_for_a_private_file(tmp_path: Path) -> None:
    """Whoever makes the name first, with a mode for all or as a link that leads elsewhere, gets to read nothing."""
    elsewhere, waiting = tmp_path / "elsewhere", tmp_path / ".pepper.new"
    waiting.touch()
    waiting.chmod(0o666)
    for write in (write_private_file, write_new_private_file):
        with waiting.open("rb") as spy:
            write(tmp_path / "pepper", b"secret")
            assert spy.read() == b""
        assert (tmp_path / "pepper").stat().st_mode & 0o777 == 0o600
        (tmp_path / "pepper").unlink()
    with private_file(tmp_path / "pepper") as file:
        [unfinished] = set(tmp_path.iterdir()) - {waiting}
        file.write(b"secret")
    with private_file(tmp_path / "salt"):
        assert not unfinished.exists(), "no name is used twice"
    (tmp_path / "link").symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        write_new_private_file(tmp_path / "link", b"secret")
    assert not elsewhere.exists()


@pytest.mark.parametrize("links", [True, False], ids=["a disk", "a stick without links"])
def test_a_new_private_file_takes_nobodys_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """What came to the name while the file was written stays as it is, and nothing of the file is left."""

    def refuse(*_paths: object, **_how: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", refuse)  # as FAT does
    write_new_private_file(tmp_path / "card", b"one")
    assert (tmp_path / "card").read_bytes() == b"one"

    def be_overtaken() -> None:
        with private_file(tmp_path / "export") as file:
            file.write(b"ours")
            (tmp_path / "export").write_bytes(b"theirs")

    with pytest.raises(FileExistsError):
        be_overtaken()
    assert (tmp_path / "export").read_bytes() == b"theirs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card", "export"]


def test_a_secret_file_others_can_read_is_refused(tmp_path: Path) -> None:
    """A missing secret is called by its name; one that others can read is refused with the command that mends it."""
    with pytest.raises(FolderExposed, match="The pepper is missing"):
        read_private_file(tmp_path / "pepper", "The pepper")
    write_private_file(tmp_path / "pepper", b"x")
    for mode in (0o644, 0o640, 0o604, 0o602):
        (tmp_path / "pepper").chmod(mode)
        with pytest.raises(FolderExposed, match="chmod 600"):
            read_private_file(tmp_path / "pepper", "The pepper")


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
