"""Commands of both hosts on a really full disk: a sentence that says what to do, and never a traceback."""

import errno
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from journalist_interface.commands import main as desk
from serving.system_refusals import refused_by_system
from source_interface.commands import main as drop
from source_interface.drop_folder import make_drop
from tests.conftest import IntakeSecret
from tests.desk_office import new_office
from tests.small_disk import empty, fill, needs_root, small_disk

DISK = 40  # MiB: the source host holds sixteen for a full disk
COMMANDS: dict[str, tuple[click.Command, str, list[str]]] = {
    "the desk's way to the source host": (desk, "desk", ["onion", "set-up", "--courier-key", "{beside}/desk.auth"]),
    "a new signing key": (desk, "desk", ["audit", "new-key"]),
    "another pairing": (drop, "drop", ["pairing", "--pairing", "{beside}/anew.json"]),
    "another pepper": (drop, "drop", ["pepper", "rotate"]),
}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[Path]:
    """Both hosts on a disk that is full."""
    place = tmp_path_factory.mktemp("full")
    with small_disk(place / "disk", DISK) as made:
        with new_office(made / "desk"):
            pass
        make_drop(made / "drop", intake_secret.public, place / "pairing.json")
        fill(made)
        yield made


@needs_root
@pytest.mark.parametrize("what", COMMANDS)
def test_a_full_disk_is_a_sentence_and_with_room_the_same_line_does_it(disk: Path, what: str) -> None:
    """Whoever reads "the disk is full: None", or a traceback, does not know what to do next."""
    command, folder, words = COMMANDS[what]
    line = [*(word.format(beside=disk.parent) for word in words), "--data", str(disk / folder)]
    done = CliRunner().invoke(command, line)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    assert "There is no room left on the disk" in done.stderr
    assert "“The disk is full”; then type the same line again." in done.stderr
    empty(disk)
    again = CliRunner().invoke(command, line)
    fill(disk)
    assert again.exit_code == 0, again.output


def test_what_the_system_says_stands_without_a_none() -> None:
    """With the file, where it names one; and a reader who has gone away is no fault of a file."""
    assert refused_by_system(OSError(errno.EACCES, "Permission denied")).message == "Permission denied"
    assert refused_by_system(OSError(errno.EACCES, "Permission denied", "a")).message == "Permission denied: a"
    with pytest.raises(BrokenPipeError):
        refused_by_system(BrokenPipeError(errno.EPIPE, "Broken pipe"))
