"""`candour-desk rehearse`: really walked by itself, once; it leaves nothing, also when it is ended or was killed."""

import fcntl
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ceremony.finishing import start_servers
from ceremony.plugged_in import REHEARSAL
from journalist_interface.commands import main as desk_command
from journalist_interface.handing_out import show_all
from journalist_interface.recovery_cards import NewShares, Scheme, card
from journalist_interface.rehearsing.acts import LETTER, Rehearsal, read_letter
from journalist_interface.rehearsing.answers import Answers, Unasked
from journalist_interface.rehearsing.scratch import Scratch, scratch_folder
from tests.ceremony_table import BIN, DESK
from tests.desk_office import PASSWORD, new_office, write_letter
from tests.kept_backup import digests


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine on which nothing was set up: an empty home, and an empty place for temporary files."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def rehearsed(empty_home: Path) -> str:
    """What a whole rehearsal said."""
    done = subprocess.run(
        [BIN / DESK, "rehearse", "--fast"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=empty_home,
        env={**os.environ, "HOME": str(empty_home), "TMPDIR": str(empty_home)},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return " ".join(done.stdout.split())


PRACTISED = {
    "the sitting at both hosts": "What was practised, and how long it took: 0 min",
    "a share with two words exchanged": "two have changed places. Compare them with the card",
    "the same share twice": "This share was given already, and counts once.",
    "the letter read after the disaster": "The letter, as the officer reads it: This letter is made up",
    "the source's return": "The seven words open the source's inbox, at the address of before.",
    "that practice cards are burnt": "Burn the practice cards",
    "that a copied share says what it is": "PRACTICE: this share opens nothing. Write PRACTICE on the card",
    "that an authenticator's entry says what it is": "issuer=Candour%20PRACTICE",
    "that a card is marked by hand": "And first of all, in large letters: PRACTICE",
    "that there is no stick to take out": "Today there is none: type nothing for it.",
    "that no program of a real host is started": "This is a rehearsal, and nothing is started: type “later”. On the",
}


@pytest.mark.parametrize("what", PRACTISED)
def test_a_rehearsal_practises(rehearsed: str, what: str) -> None:
    """With the real commands of both hosts, and no network."""
    assert PRACTISED[what] in rehearsed


def test_no_line_of_a_rehearsal_names_the_data_of_a_real_host(rehearsed: str) -> None:
    """Somebody types what is read aloud, and this machine may be the real desk of last year."""
    assert "/var/lib/candour" not in rehearsed


def test_a_rehearsal_says_no_line_that_cannot_be_followed(rehearsed: str) -> None:
    """Its stick is a folder, which nobody can take out."""
    assert "umount /" not in rehearsed


def test_no_line_of_a_rehearsal_reaches_a_real_hosts_programs(rehearsed: str) -> None:
    """Not even one under which it says that nobody is to type it."""
    assert "systemctl" not in rehearsed


def test_the_day_itself_is_no_rehearsal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Root is told to type the line."""
    with pytest.raises((EOFError, OSError)):
        start_servers(["systemctl restart candour-tor"], tmp_path / "desk")  # nobody says that they are started
    said = capsys.readouterr().out
    assert "Open a second terminal as root on this machine, and type:" in said
    assert "rehearsal" not in said


def test_a_rehearsal_leaves_nothing_and_needs_no_data_folder(rehearsed: str, empty_home: Path) -> None:
    """Not in the home, not where temporary files are; no server of it runs."""
    assert rehearsed
    assert list(empty_home.iterdir()) == []
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.is_file()]
    assert [line for line in lines if str(empty_home).encode() in line] == []


def test_a_rehearsal_that_is_ended_destroys_its_scratch_data_and_touches_no_real_desk(tmp_path: Path) -> None:
    """SIGTERM in the middle of the sitting, beside a real data folder in the very place where it is started."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    with new_office(tmp_path / "home" / "desk") as office:
        before = {path: path.stat().st_mtime_ns for path in office.folder.rglob("*")}
        held = digests(office.folder)
        process = subprocess.Popen(
            [BIN / DESK, "rehearse", "--fast"],
            stdout=subprocess.PIPE,
            cwd=tmp_path / "home",
            env={**os.environ, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")},
        )
        assert process.stdout is not None
        with process, process.stdout:
            while b"password of amina> " not in process.stdout.readline():
                assert process.poll() is None
            assert list((tmp_path / "tmp").glob("candour-rehearsal-*/desk"))
            process.send_signal(signal.SIGTERM)
            said = " ".join(process.stdout.read().decode().split())
        assert "Burn the practice cards and every other paper of today" in said
        assert "Delete the entry “Candour PRACTICE” from every authenticator." in said
        assert process.returncode == 128 + signal.SIGTERM
        assert list((tmp_path / "tmp").iterdir()) == []
        assert {path: path.stat().st_mtime_ns for path in office.folder.rglob("*")} == before
        assert digests(office.folder) == held


def test_what_a_killed_rehearsal_left_is_destroyed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that still goes on elsewhere is left alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, at_work, other = (tmp_path / f"candour-rehearsal-{name}" for name in ("killed", "at-work", "other"))
    for folder in (killed, at_work, other):
        folder.mkdir()
    for folder in (killed, at_work):
        (folder / REHEARSAL).touch()
    with (at_work / REHEARSAL).open() as marker:
        fcntl.flock(marker, fcntl.LOCK_EX)
        with scratch_folder() as scratch:
            assert scratch.stick.is_dir()
            assert (killed.exists(), at_work.exists(), other.exists()) == (False, True, True)
    assert not scratch.root.exists()


def test_a_link_that_somebody_laid_where_temporary_files_are_leads_to_no_real_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named like a rehearsal that was killed: the real desk's agent goes on, and its data stay."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with new_office(tmp_path / "desk") as office:
        gnupg = office.folder / "gnupg"
        subprocess.run(["gpgconf", "--homedir", gnupg, "--launch", "gpg-agent"], check=True, timeout=20)
        held = digests(office.folder)
        laid = tmp_path / "tmp" / "candour-rehearsal-laid"
        laid.mkdir()
        (laid / REHEARSAL).touch()
        (laid / "desk").symlink_to(office.folder)
        (tmp_path / "tmp" / "candour-rehearsal-linked").symlink_to(tmp_path)
        (tmp_path / REHEARSAL).touch()
        with scratch_folder():
            pass
        assert (gnupg / "S.gpg-agent").exists()
        assert digests(office.folder) == held
    assert not laid.exists()


def test_the_newest_backup_is_the_one_that_comes_back(tmp_path: Path) -> None:
    """A rehearsal that goes on past midnight has two of each host; only the later one has the letter."""
    for day in ("2026-11-29", "2026-11-30", "2026-11-28"):
        (tmp_path / "stick" / "candour-backups").mkdir(parents=True, exist_ok=True)
        (tmp_path / "stick" / "candour-backups" / f"candour-desk-{day}.backup").touch()
    assert Scratch(tmp_path).backup_of("desk").name == "candour-desk-2026-11-30.backup"


def test_the_way_to_rehearse_a_sitting_is_shut_where_no_rehearsal_is(tmp_path: Path) -> None:
    """It would let cards be written onto the desk's own disk."""
    words = ["ceremony", "--data", str(tmp_path / "desk"), "--stick", str(tmp_path), "--rehearsal"]
    assert CliRunner().invoke(desk_command, words).exit_code == 2


def test_a_real_share_does_not_say_that_it_opens_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody would burn it."""
    new = NewShares.draw(Scheme(3, 2))
    with pytest.raises((EOFError, OSError)):
        show_all(new)  # it waits for a custodian, and nobody comes
    assert "PRACTICE" not in capsys.readouterr().out + card(new, 1)
    assert "These six groups may be read aloud; the words below never." in card(new, 1)


def test_a_wrong_digit_in_the_end_does_not_end_the_rehearsal(tmp_path: Path) -> None:
    """It is asked again, as often as it takes."""
    with new_office(tmp_path / "desk") as office:
        office.deliver(write_letter(None, LETTER))

        @click.command()
        def read() -> None:
            read_letter(Rehearsal(Scratch(tmp_path), None))

        typed = f"amina\n{PASSWORD}\n000000\nbartek\nno\nno\namina\n{PASSWORD}\n{office.code()}\n"
        told = CliRunner().invoke(read, input=typed)
    assert told.exit_code == 0, told.output
    assert told.output.count("That was not right") == 2
    assert LETTER in " ".join(told.output.split())


def test_people_practise_at_a_terminal() -> None:
    """A script must say that nobody sits there."""
    told = CliRunner().invoke(desk_command, ["rehearse"])
    assert (told.exit_code, "--fast" in told.output) == (2, True)


def test_a_question_that_nobody_thought_of_is_noticed() -> None:
    """It is not answered with whatever comes to hand."""
    with pytest.raises(Unasked, match="something else"):
        Answers().to("something else> ")
