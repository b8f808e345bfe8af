"""Where a restored folder comes into being: also in the empty one of an installer, whose user owns nothing above it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from source_interface.backup import CONTENTS, look_at_restored
from source_interface.commands import main
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.host_check import check_restored
from store.backup.placing import check_place
from store.errors import BackupRefused, FolderExposed
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.courier.stand_in_tor import ONION
from tests.kept_backup import KeptBackup, back_up_drop, digests, restore_drop
from tests.keys_fixtures import make_keys

KILLED = """
import os, signal, sys
from pathlib import Path
from store.backup import placing
from tests.kept_backup import restore_drop
moved = 0
rename = Path.rename
def counted(self, target):
    global moved
    if Path(target).parent.name == "place" and self.parent.name == placing._BELIEVED:
        if moved == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        moved += 1
    return rename(self, target)
Path.rename = counted
restore_drop(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> KeptBackup:
    """A backup of a source host."""
    scratch = tmp_path_factory.mktemp("kept")
    make_drop(scratch / "drop", intake_secret.public, scratch / "pairing.json")
    return back_up_drop(scratch / "drop", scratch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """What `deploy/install` leaves: an empty private folder."""
    (tmp_path / "place").mkdir(mode=0o700)
    return tmp_path / "place"


def test_an_empty_folder_is_filled_and_nothing_is_written_beside_it(kept: KeptBackup, place: Path) -> None:
    """The folder itself stays, for it may be a mount point with what a file system has of its own."""
    (place / "lost+found").mkdir(mode=0o700)
    number = place.stat().st_ino
    seen: list[set[str]] = []

    def look(draft: Path) -> None:
        seen.append({path.name for path in place.parent.iterdir()})
        look_at_restored(draft)

    restore_drop(kept.path, place, look)
    assert seen == [{"place"}]
    assert place.stat().st_ino == number
    assert digests(place) == kept.before
    assert [path.name for path in place.iterdir() if path.name.startswith(".re") or "restor" in path.name] == []
    assert [finding.sentence for finding in check_restored(place) if not finding.sound] == []


def test_a_host_whose_intake_key_is_over_comes_back_and_takes_the_next(
    drop_folder: DropFolder, place: Path, tmp_path: Path, intake_secret: IntakeSecret
) -> None:
    """Nobody renewed it, and then the machine died: no backup has another. It is a fault of the host that is there."""
    (tmp_path / "keys").mkdir()
    [over] = make_keys(tmp_path / "keys", ("expired",)).values()
    drop_folder.intake_key.write_bytes(over.read_bytes())
    restore_drop(back_up_drop(drop_folder.root, tmp_path).path, place)
    assert [finding.name for finding in check_restored(place) if not finding.sound] == ["intake-key"]
    words = ["intake-key", "replace", "--data", str(place), str(intake_secret.public)]
    done = CliRunner().invoke(main, [*words, "--old-key-is-gone", intake_secret.fingerprint], input="y\n")
    assert done.exit_code == 0, done.output
    assert [finding.name for finding in check_restored(place) if not finding.sound] == []


NOT_AS_BEFORE: dict[str, tuple[str, str]] = {
    "keys that Tor does not take, so it makes others": (ONION, f"The keys of the site's address {ONION} are not whole"),
    "an address that is none": ("x.onion", "The site's address in "),
}


@pytest.mark.parametrize("what", NOT_AS_BEFORE)
def test_onion_services_that_are_not_as_before_are_told_and_hide_nothing(
    drop_folder: DropFolder, place: Path, tmp_path: Path, what: str
) -> None:
    """All the rest is restored, what to do next is said, and the exit code tells it."""
    address, said = NOT_AS_BEFORE[what]
    key = drop_folder.root / "tor" / "site" / "hs_ed25519_secret_key"
    key.parent.mkdir(parents=True, mode=0o700)
    key.write_bytes(b"no key")
    write_private_file(drop_folder.site_address, address.encode("ascii"))
    kept = back_up_drop(drop_folder.root, tmp_path)
    words = ["restore", "--data", str(place), "--backup", str(kept.path), "--signed-by", kept.signed_by]
    done = CliRunner().invoke(main, words, input=f"{kept.code}\n")
    assert (done.exit_code, said in done.stderr, "as before" in done.stdout) == (1, True, False), done.output
    assert "candour-drop revoke-desk" in done.stdout
    assert (place / "drop.sqlite").exists()


def test_what_is_refused_leaves_the_folder_empty(kept: KeptBackup, place: Path, tmp_path: Path) -> None:
    """A backup cut short."""
    cut = tmp_path / kept.path.name
    cut.write_bytes(kept.path.read_bytes()[:-1])
    with pytest.raises(BackupRefused, match="is not whole"):
        restore_drop(cut, place)
    assert list(place.iterdir()) == []


def test_a_restore_that_was_killed_while_it_moved_in_is_done_anew(kept: KeptBackup, place: Path) -> None:
    """At every entry: the database goes last, so nothing was served; what is there is cleared, and all of it comes."""
    before_the_last = 0
    for number in range(99):
        ended = subprocess.run([sys.executable, "-c", KILLED, kept.path, place, str(number)], check=False, timeout=60)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        assert not (place / CONTENTS.database).exists()
        before_the_last = number
    assert before_the_last > 3
    assert digests(place) == kept.before
    assert [finding.sentence for finding in check_restored(place) if not finding.sound] == []


def _half_moved(place: Path) -> None:
    (place / ".restored").mkdir()
    (place / ".restored" / CONTENTS.database).touch()
    (place / ".restored" / "names").write_text("blobs\ndrop.sqlite")
    (place / "blobs").mkdir()
    (place / "x").touch()


def _link(place: Path) -> None:
    place.rename(place.with_name("y"))
    place.symlink_to("y")


def _file(place: Path) -> None:
    place.rmdir()
    place.touch()


REFUSED: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "a file": (_file, {"place"}),
    "a link to an empty folder": (_link, {"place", "y"}),
    "a folder with anything in it": (lambda place: (place / "x").touch(), {"place", "x"}),
    "half a restore, beside which somebody put something": (_half_moved, {"place", "x"}),
    "a host": (lambda place: (place / CONTENTS.database).touch(), {"place", "drop.sqlite"}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_any_other_place_is_refused_and_left_alone(place: Path, what: str) -> None:
    """Nothing goes but what the killed restore put there."""
    make, left = REFUSED[what]
    make(place)
    with pytest.raises(BackupRefused, match="is there already"):
        check_place(place, CONTENTS)
    assert {path.name for path in place.parent.rglob("*")} == left


def test_a_folder_that_others_can_enter_is_refused(place: Path) -> None:
    """It will hold the pepper."""
    place.chmod(0o755)
    with pytest.raises(FolderExposed):
        check_place(place, CONTENTS)
    shutil.rmtree(place)
    os.symlink("nowhere", place)
    with pytest.raises(BackupRefused):
        check_place(place, CONTENTS)
