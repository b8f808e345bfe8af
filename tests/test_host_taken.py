"""`candour-drop host-taken`: at the new machine every source is told that the one before it is in other hands."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from serving.server import CLOSE
from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from source_interface.taken_host import NOTE, TakenHost
from store.folder import write_private_file
from tests.kept_backup import back_up_drop, restore_drop
from tests.served import served

QUESTION = "Did you type your codename at our old address since"
TODAY = datetime.now(UTC).date()
SINCE = (TODAY - timedelta(days=3)).isoformat()


def run(root: Path, *words: str) -> Result:
    """The command."""
    return CliRunner().invoke(main, ["host-taken", *words, "--data", str(root)])


@pytest.fixture
def site(drop_folder: DropFolder) -> Iterator[tuple[Path, str, str]]:
    """A site with one report: its folder, its address and the codename."""
    app = create_site(drop_folder.root)
    with served(app) as url:
        with closing(SourceClient(url)) as source:
            codename = source.take_codename()
            assert source.report("It happened on a Tuesday.", codename=codename).status == 200
        yield drop_folder.root, url, codename
    app.extensions[CLOSE]()


def shown(url: str, codename: str) -> str:
    """What the inbox says."""
    with closing(SourceClient(url)) as source:
        return source.come_back(codename).text


def test_every_source_is_told_until_that_ends(site: tuple[Path, str, str]) -> None:
    """Since when, what cannot be opened, what to do; at once, and no longer after the end. Nobody is kept out."""
    root, url, codename = site
    assert QUESTION not in shown(url, codename)
    assert run(root, "--since", SINCE).exit_code == 0
    told = shown(url, codename)
    assert QUESTION in told
    assert "It cannot be opened there." in told
    assert "Then name this one there, under “My report”." in told
    assert 'name="message"' in told
    checked = CliRunner().invoke(main, ["check", "--data", str(root)]).output
    assert f"warn  Sources are told that an earlier machine was taken (since {SINCE})" in checked
    assert "Sources are told no longer." in run(root, "--end").stdout
    assert QUESTION not in shown(url, codename)
    assert "Nothing was changed." in run(root, "--end").stdout


def test_it_ends_by_itself_after_half_a_year() -> None:
    """Not a day sooner, by the day on which it was noted."""
    for days, tells in ((180, True), (181, False)):
        noted = (TODAY - timedelta(days=days)).isoformat()
        assert TakenHost(SINCE, noted).is_told(TODAY.isoformat()) is tells


def test_a_day_or_an_end_must_be_said(drop_folder: DropFolder) -> None:
    """One of the two, and not both."""
    assert run(drop_folder.root).exit_code == 2
    assert run(drop_folder.root, "--since", SINCE, "--end").exit_code == 2
    assert run(drop_folder.root, "--since", "2100-11-25").exit_code == 2
    # Nobody would believe the note, and nobody be told, though it said so.
    assert "look at the year" in run(drop_folder.root, "--since", "0226-11-25").stderr
    assert not (drop_folder.root / NOTE).exists()


def test_a_slip_in_the_name_of_the_folder_does_not_say_that_sources_are_told(tmp_path: Path) -> None:
    """Nobody would be, and nobody look again."""
    (tmp_path / "wrong").mkdir(mode=0o700)
    done = run(tmp_path / "wrong", "--since", SINCE)
    assert (done.exit_code, list((tmp_path / "wrong").iterdir())) == (1, []), done.output


def test_a_restored_host_goes_on_telling(drop_folder: DropFolder, tmp_path: Path) -> None:
    """The note is in the backup."""
    assert run(drop_folder.root, "--since", SINCE).exit_code == 0
    kept = back_up_drop(drop_folder.root, tmp_path)
    restore_drop(kept.path, tmp_path / "restored")
    assert (tmp_path / "restored" / NOTE).read_bytes() == (drop_folder.root / NOTE).read_bytes()


def test_a_damaged_note_is_a_fault_and_keeps_nobody_out(site: tuple[Path, str, str]) -> None:
    """The same line mends it."""
    root, url, codename = site
    write_private_file(root / NOTE, b'{"candour_host_taken":1')
    assert "My report" in shown(url, codename)
    assert "FAULT The note of the taken machine" in CliRunner().invoke(main, ["check", "--data", str(root)]).output
    assert run(root, "--since", SINCE).exit_code == 0
    assert QUESTION in shown(url, codename)
