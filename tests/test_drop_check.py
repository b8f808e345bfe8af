"""`candour-drop check`: every harm is named in a sentence, nothing is changed unasked, what can be mended is mended."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from source_interface.commands import main
from source_interface.drop_folder import DropFolder, open_drop
from store.blobs import BlobFolder
from store.drop.collection import Collected, confirm, list_waiting
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.courier.ground import DropGround, new_source
from tests.harms import (
    Harm,
    cut_short,
    empty_index,
    execute,
    flatten,
    flip_a_bit,
    scribble_over,
    snapshot,
)
from tests.source_site import running_site

LETTER, ATTACHMENT = b"a sealed letter", b"a sealed attachment"
STRANGER = "ab" * 16


@pytest.fixture
def folder(drop_folder: DropFolder) -> Path:
    """A source host with a submission of a source who comes back, at rest."""
    submit(drop_folder.root)
    return drop_folder.root


def submit(root: Path) -> None:
    """Record one more submission."""
    drop = open_drop(root)
    DropGround(root, drop.database, drop.blobs).submit(LETTER, ATTACHMENT, source=new_source())
    drop.database.close()


def check(root: Path, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["check", "--data", str(root), *options])


def sealed(root: Path, content: bytes = LETTER) -> Path:
    """The sealed file with this content."""
    return next(path for path in (root / "blobs" / "sealed").iterdir() if path.read_bytes() == content)


def add_stranger(root: Path) -> None:
    """Put a sealed file there that no row names."""
    path = root / "blobs" / "sealed" / STRANGER
    path.write_bytes(b"restored")
    path.chmod(0o600)
    flatten(path)


def publish_only(root: Path) -> None:
    """Die between publishing and recording."""
    blobs = BlobFolder(root / "blobs")
    with blobs.draft() as draft:
        draft.file.write(b"never recorded")
        draft.seal_finished()
        blobs.publish([draft.id])


def never_settle(root: Path) -> None:
    """Die between recording and settling."""
    path = sealed(root)
    (root / "blobs" / "held" / path.name).hardlink_to(path)


def harm_with_a_twin(root: Path) -> None:
    """Let the disk harm a file while a backup of its twin lies there."""
    path = sealed(root)
    shutil.copy2(path, root / "blobs" / "held" / path.name)
    cut_short(path)


def never_erase(root: Path) -> None:
    """Die between deleting rows and erasing their files."""
    add_stranger(root)
    execute(root / "drop.sqlite", f"INSERT INTO erasing VALUES ('{STRANGER}')")  # noqa: S608


def set_what_is_unknown(root: Path) -> None:
    """Write a setting that there is not."""
    write_private_file(root / "settings.json", b'{"colour": 1}')


HARMS = {
    "a bit of a letter flipped": Harm(
        lambda root: flip_a_bit(sealed(root)), "the letter is lost, though its attachments can still be read"
    ),
    "a letter cut short": Harm(lambda root: cut_short(sealed(root)), "was altered or cut short. It is the letter of"),
    "a letter missing": Harm(lambda root: sealed(root).unlink(), "is missing. It is the letter of submission"),
    "an attachment missing": Harm(
        lambda root: sealed(root, ATTACHMENT).unlink(), "attachment is lost, though the letter"
    ),
    "a sealed file without a row": Harm(add_stranger, "it looks like a backup restored by halves"),
    "a file that is none of ours": Harm(
        lambda root: (root / "blobs" / "sealed" / "notes").touch(0o600), "is no sealed file"
    ),
    "a harmed file with a sound twin": Harm(harm_with_a_twin, "is the same, and sound", mends=True),
    "a crash before the row": Harm(publish_only, "A crash left 1 unfinished file", mends=True),
    "a crash after the row": Harm(never_settle, "A crash left 1 unfinished file", mends=True),
    "a draft": Harm(
        lambda root: (root / "blobs" / "incoming" / STRANGER).touch(0o600), "A crash left 1 unfinished", mends=True
    ),
    "an erasing broken off": Harm(never_erase, "1 sealed file was to be erased", mends=True),
    "a file that tells its time": Harm(lambda root: os.utime(sealed(root)), "tell when it was written", mends=True),
    "a pepper others can read": Harm(
        lambda root: (root / "pepper").chmod(0o644), "may have read it", mends=True
    ),
    "a sealed file others can read": Harm(lambda root: sealed(root).chmod(0o640), "may have read it", mends=True),
    "a folder others can enter": Harm(
        lambda root: (root / "blobs" / "sealed").chmod(0o755), "may have read it", mends=True
    ),
    "the data folder others can enter": Harm(lambda root: root.chmod(0o755), "may have read it", mends=True),
    "a link to elsewhere": Harm(lambda root: (root / "elsewhere").symlink_to("/etc"), "leads to another place"),
    "a folder gone": Harm(lambda root: shutil.rmtree(root / "blobs" / "sealed"), "is missing, and with it all"),
    "no pepper": Harm(lambda root: (root / "pepper").unlink(), "Until then no source can come back"),
    "no intake key": Harm(lambda root: (root / "intake-key.asc").unlink(), "Nothing can be sealed until then"),
    "a damaged token": Harm(lambda root: cut_short(root / "door-token.sha256"), "the courier cannot collect"),
    "an unknown setting": Harm(set_what_is_unknown, "there is no setting"),
    "no database": Harm(lambda root: (root / "drop.sqlite").unlink(), "drop.sqlite is missing"),
    "a page of the database overwritten": Harm(
        lambda root: scribble_over(root / "drop.sqlite", "parts"), "The database is damaged"
    ),
    "a database that is none": Harm(
        lambda root: (root / "drop.sqlite").write_bytes(b"no database" * 900), "the database is damaged"
    ),
    "an index that does not fit its table": Harm(
        lambda root: empty_index(root / "drop.sqlite", "ix_parts_submission"), "An index of the database", mends=True
    ),
    "a row that belongs to nothing": Harm(
        lambda root: execute(root / "drop.sqlite", "DELETE FROM submissions"), "Rows of the table parts belong to"
    ),
    "a submission without a letter": Harm(
        lambda root: execute(root / "drop.sqlite", "UPDATE parts SET kind = 'attachment'"), "has no letter"
    ),
    "an altered reply key": Harm(
        lambda root: execute(root / "drop.sqlite", "UPDATE sources SET reply_key = zeroblob(1216)"),
        "1 source has an altered reply key",
    ),
    "a damaged session": Harm(
        lambda root: execute(root / "drop.sqlite", "INSERT INTO sessions VALUES (x'00', x'00')"),
        "1 session is damaged",
        mends=True,
    ),
}  # fmt: skip


def test_a_sound_host_is_found_sound(folder: Path) -> None:
    """Exit code 0, every line says ok, and nothing is changed by looking or by repairing."""
    before = snapshot(folder)
    for options in ((), ("--repair",)):
        done = check(folder, *options)
        assert done.exit_code == 0, done.output
        kept, machine = done.stdout.split("\n\n", 1)
        assert all(line.startswith(("ok ", "warn ", "      ")) for line in kept.splitlines())
        assert not [line for line in machine.splitlines() if line.startswith(("FAULT", "fixed"))]
        assert done.stdout.endswith("Everything this host keeps is whole.\n")
        assert snapshot(folder) == before


@pytest.mark.parametrize("harm", HARMS)
def test_every_harm_is_named_and_mended_only_when_asked(folder: Path, harm: str) -> None:
    """Exit code 1 and a sentence; nothing changed. With --repair: mended and sound from then on, or still named."""
    kept = {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()}
    HARMS[harm].do(folder)
    before = snapshot(folder)
    done = check(folder)
    assert done.exit_code == 1, done.output
    [line] = [line for line in done.stdout.splitlines() if HARMS[harm].said in line]
    assert line.startswith("FAULT")
    assert ("check --repair mends this." in line) == HARMS[harm].mends
    if harm != "a folder gone":
        assert snapshot(folder) == before
    repaired = check(folder, "--repair")
    assert (repaired.exit_code == 0) == HARMS[harm].mends, repaired.output
    if HARMS[harm].mends:
        assert "fixed" in repaired.stdout
        again = check(folder)
        assert again.exit_code == 0, again.output
        assert {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()} == kept
    elif harm != "a folder gone":
        assert snapshot(folder) == before, "nothing is lost by asking"


def test_nothing_is_mended_by_the_word_of_a_damaged_database(folder: Path) -> None:
    """What a crash left is not cleared while nobody can tell which rows there are."""
    publish_only(folder)
    empty_index(folder / "drop.sqlite", "ix_parts_submission")
    scribble_over(folder / "drop.sqlite", "sessions")
    before = snapshot(folder)
    assert check(folder, "--repair").exit_code == 1
    assert snapshot(folder) == before


def test_nothing_is_mended_under_a_running_site(folder: Path) -> None:
    """--repair refuses with a sentence; a plain check looks on, and takes no work under way for a crash's."""
    with running_site(folder):
        (folder / "blobs" / "incoming" / STRANGER).touch(0o600)
        publish_only(folder)
        refused = check(folder, "--repair")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "serves" in refused.stderr
        looked = check(folder)
        assert looked.exit_code == 0, looked.output


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    """A backup of that host; since then a further submission came, and the first was collected."""
    shutil.copytree(folder, tmp_path / "backup")
    submit(folder)
    drop = open_drop(folder)
    known = {path.name for path in (tmp_path / "backup" / "blobs" / "sealed").iterdir()}
    waiting = list_waiting(drop.database, "", 100).submissions
    old = [one for one in waiting if one.parts[0].blob in known]
    named = [Collected(one.id, {part.blob: part.sha256 for part in one.parts}) for one in old]
    confirm(drop.database, drop.blobs, named, (), "2026-11-24")
    drop.database.close()
    return tmp_path / "backup"


def start_and_stop(folder: Path) -> None:
    """Serve the folder for a moment, with the real site."""
    with running_site(folder):
        pass


def test_an_old_database_beside_new_files_loses_nothing(folder: Path, backup: Path) -> None:
    """What came since the backup has no row: it is named, and neither a start nor --repair erases it."""
    new = {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()}
    shutil.copy2(backup / "drop.sqlite", folder / "drop.sqlite")
    start_and_stop(folder)
    for options in ((), ("--repair",)):
        done = check(folder, *options)
        assert done.exit_code == 1
        assert done.stdout.count("it looks like a backup restored by halves") == len(new) == 2
        assert done.stdout.count("is missing. It is") == 2, "and what was collected since is missing"
    start_and_stop(folder)
    assert {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()} == new


def test_a_new_database_beside_old_files_loses_nothing(folder: Path, backup: Path) -> None:
    """What came since is missing and named; what was collected since lies there again, and stays."""
    shutil.rmtree(folder / "blobs")
    shutil.copytree(backup / "blobs", folder / "blobs")
    old = {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()}
    start_and_stop(folder)
    for options in ((), ("--repair",)):
        done = check(folder, *options)
        assert done.exit_code == 1
        assert done.stdout.count("is missing. It is") == 2
        assert done.stdout.count("it looks like a backup restored by halves") == len(old) == 2
    assert {path.name: path.read_bytes() for path in (folder / "blobs" / "sealed").iterdir()} == old


def test_no_empty_database_is_made_in_the_place_of_one_that_is_gone(folder: Path) -> None:
    """A start that made one would tell every source that there is no such codename."""
    (folder / "drop.sqlite").unlink()
    with pytest.raises(FolderExposed, match="is missing"):
        open_drop(folder)
    assert not (folder / "drop.sqlite").exists()
