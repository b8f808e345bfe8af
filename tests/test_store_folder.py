"""The data folder and what is written into it: private, whole, and in nobody's place."""

import errno
import os
from pathlib import Path

import pytest

from store.blobs import BlobFolder
from store.errors import FolderExposed
from store.folder import (
    check_private_folder,
    make_private_folder,
    private_file,
    read_private_file,
    write_new_private_file,
    write_private_file,
)


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
