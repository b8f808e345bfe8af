"""`candour-desk onion set-up --courier-key FILE` writes this host's key there, and over nothing that is anybody's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from tests.desk_office import Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


def set_up(office: Office, carried: Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["onion", "set-up", "--data", str(office.folder), "--courier-key", str(carried)])


def test_the_same_key_is_written_once_and_again(office: Office, tmp_path: Path) -> None:
    """Under any name that is free; what is there with this very line is left as it is."""
    assert set_up(office, tmp_path / "host.auth").exit_code == 0
    line = (tmp_path / "host.auth").read_bytes()
    assert line.startswith(b"descriptor:x25519:")
    before = (tmp_path / "host.auth").stat()
    assert set_up(office, tmp_path / "host.auth").exit_code == 0
    assert (tmp_path / "host.auth").stat() == before
    assert set_up(office, tmp_path / "again.auth").exit_code == 0
    assert (tmp_path / "again.auth").read_bytes() == line


def file(path: Path, _mine: Path) -> None:
    """Somebody's file."""
    path.write_text("mine")


def empty(path: Path, _mine: Path) -> None:
    """A file with nothing in it, which may be a name that somebody keeps free."""
    path.write_text("")


def link(path: Path, mine: Path) -> None:
    """A link that leads to somebody's file."""
    path.symlink_to(mine)


def dangling(path: Path, mine: Path) -> None:
    """A link that leads to where there is nothing yet."""
    path.symlink_to(mine.with_name("new"))


THERE: dict[str, Callable[[Path, Path], None]] = {
    "a file": file,
    "an empty file": empty,
    "a link to a file": link,
    "a link to nothing": dangling,
}


@pytest.mark.parametrize("what", THERE)
def test_nothing_is_written_over_what_is_there(office: Office, tmp_path: Path, what: str) -> None:
    """Nor through a link: a sentence, and everything stays as it was."""
    mine, carried = tmp_path / "mine", tmp_path / "host.auth"
    mine.write_text("mine")
    THERE[what](carried, mine)
    before = sorted((path.name, path.is_symlink(), path.is_file() and path.read_text()) for path in tmp_path.iterdir())
    done = set_up(office, carried)
    assert (done.exit_code, "is there already" in done.output) == (1, True), done.output
    after = sorted((path.name, path.is_symlink(), path.is_file() and path.read_text()) for path in tmp_path.iterdir())
    assert after == before


def test_a_link_to_the_very_line_is_refused_too(office: Office, tmp_path: Path) -> None:
    """What is carried is a file."""
    assert set_up(office, tmp_path / "host.auth").exit_code == 0
    (tmp_path / "link.auth").symlink_to("host.auth")
    assert set_up(office, tmp_path / "link.auth").exit_code == 1


def test_where_nothing_can_be_written_it_says_so(office: Office, tmp_path: Path) -> None:
    """No traceback."""
    done = set_up(office, tmp_path / "no-such-folder" / "host.auth")
    assert (done.exit_code, "cannot be written: No such file" in done.output) == (1, True), done.output
