"""A backup that runs by itself: a disk that is missing, what `check` and the desk say of one that is late or failed."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from journalist_interface.checking import check_desk
from journalist_interface.commands import main as desk_command
from journalist_interface.intake_homes import intake_key_alone
from source_interface.commands import main as drop_command
from source_interface.drop_folder import DropFolder
from source_interface.host_check import check_host
from store.backup.own_keys import signer_of
from store.backup.place import check_mounted
from store.backup.record import (
    LATE_DAYS,
    LOST_DAYS,
    RECORD,
    BackupDays,
    backup_warning,
    judge_backup_days,
    read_backup_days,
    today,
)
from store.errors import BackupRefused
from store.findings import Finding
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.kept_backup import give_recovery_key

TODAY = date(2026, 12, 1)


def ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


# What is known, and how it is judged: sound, whether it warns, a piece of the sentence.
JUDGED = {
    "today's": (BackupDays(ago(0)), True, False, "is of 2026-12-01"),
    "just in time": (BackupDays(ago(LATE_DAYS)), True, False, "is of 2026-11-29"),
    "a day too old": (BackupDays(ago(LATE_DAYS + 1)), True, True, "3 days old"),
    "two weeks": (BackupDays(ago(LOST_DAYS)), True, True, "14 days old"),
    "nobody mends it": (BackupDays(ago(LOST_DAYS + 1)), False, True, "15 days old"),
    "never": (BackupDays(), True, True, "ever made"),
    "failed today, made yesterday": (BackupDays(ago(1), ago(0)), True, True, "on 2026-12-01, failed; the newest is of"),
    "failed, and none before": (BackupDays(None, ago(0)), True, True, "failed; there is none"),
    "fails for weeks": (BackupDays(ago(20), ago(0)), False, True, "on 2026-12-01, failed"),
    "of a day to come": (BackupDays(ago(-2)), True, True, "the clock was or is wrong"),
}


@pytest.mark.parametrize("case", JUDGED)
def test_how_old_a_backup_may_be(case: str) -> None:
    """Two days: one night may be missed. After two weeks it is a fault, for whoever watches the exit code."""
    days, sound, warns, piece = JUDGED[case]
    found = judge_backup_days(days, TODAY)
    assert (found.sound, found.warns, found.name) == (sound, warns, "backup")
    assert piece in found.sentence


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


def run(command: str, *words: str | Path) -> Result:
    """A command of a host."""
    return CliRunner().invoke(drop_command if command == "drop" else desk_command, [*map(str, words)])


def found(folder: DropFolder | Office) -> Finding:
    """What `check` says of backups."""
    findings = check_host(folder.root) if isinstance(folder, DropFolder) else check_desk(folder.folder)
    [backup] = [each for each in findings if each.name == "backup"]
    return backup


def test_check_tells_what_became_of_the_last_backup(drop_folder: DropFolder, tmp_path: Path) -> None:
    """None yet; made; failed since; made again: of a day each, and of nothing finer."""
    root, stick = drop_folder.root, tmp_path / "stick"
    assert "ever made" in found(drop_folder).sentence
    stick.mkdir()
    give_recovery_key(root, tmp_path)
    assert run("drop", "backup", "--data", root, "--out", stick).exit_code == 0
    assert read_backup_days(root) == BackupDays(today())
    assert not found(drop_folder).warns
    assert run("drop", "backup", "--data", root, "--out", tmp_path / "gone").exit_code == 1
    assert read_backup_days(root) == BackupDays(today(), today())
    assert "failed" in found(drop_folder).sentence
    assert (root / RECORD).stat().st_mode & 0o777 == 0o600
    assert run("drop", "backup", "--data", root, "--out", stick).exit_code == 0
    assert read_backup_days(root) == BackupDays(today())


def test_the_desk_tells_its_own(office: Office, tmp_path: Path) -> None:
    """In its check; and on the page of the post, to whoever opens letters, only where a backup was made once."""
    assert "ever made" in found(office).sentence
    assert backup_warning(office.folder, TODAY) == ""
    assert run("desk", "backup", "--data", office.folder, "--out", tmp_path).exit_code == 0
    assert not found(office).warns
    assert backup_warning(office.folder, today()) == ""
    assert run("desk", "backup", "--data", office.folder, "--out", tmp_path / "gone").exit_code == 1
    assert "failed" in found(office).sentence


def test_the_page_of_the_post_shows_it(office: Office, app: Flask, tmp_path: Path) -> None:
    """A sentence with what to do, for as long as it holds."""
    amina = Person(app, office, "amina")
    assert "Tell the administrator." not in amina.get("/post")
    assert run("desk", "backup", "--data", office.folder, "--out", tmp_path / "gone").exit_code == 1
    assert "failed; there is none. Tell the administrator." in amina.get("/post")
    assert run("desk", "backup", "--data", office.folder, "--out", tmp_path).exit_code == 0
    assert "Tell the administrator." not in amina.get("/post")


@pytest.mark.parametrize(
    "untrusted", ["", "[]", "{}", '{"made": 3}', '{"made": "x", "failed": null}', "\\xff", "[" * 150]
)
def test_a_record_that_is_damaged_knows_nothing(tmp_path: Path, untrusted: str) -> None:
    """Then check says that none was made; it does not fall."""
    (tmp_path / RECORD).write_text(untrusted)
    assert read_backup_days(tmp_path) == BackupDays()


def test_a_folder_that_is_no_host_gets_no_record(tmp_path: Path) -> None:
    """Somebody who mistyped the data folder."""
    (tmp_path / "empty").mkdir(mode=0o700)
    assert run("drop", "backup", "--data", tmp_path / "empty", "--out", tmp_path).exit_code == 1
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("host", ["drop", "desk"])
def test_an_empty_mount_point_gets_no_backup(
    host: str, drop_folder: DropFolder, office: Office, tmp_path: Path
) -> None:
    """A sentence, exit code 1, nothing written; by hand, without a disk, it is made and says where it lies."""
    root, stick = drop_folder.root if host == "drop" else office.folder, tmp_path / "stick"
    stick.mkdir()
    give_recovery_key(drop_folder.root, tmp_path)
    done = run(host, "backup", "--data", root, "--out", stick, "--mounted")
    assert done.exit_code == 1
    assert f"No disk is mounted at {stick}." in done.output
    assert list(stick.iterdir()) == []
    assert read_backup_days(root).failed == today()
    assert "on the same file system as the data" in run(host, "backup", "--data", root, "--out", stick).output


def test_a_disk_that_is_mounted_is_one() -> None:
    """As the kernel has it; a folder on a disk is none, nor is what is not there."""
    check_mounted(Path("/dev/shm"))
    for path in (Path("/dev/shm/no"), Path("/no/such"), Path("/usr/bin")):
        with pytest.raises(BackupRefused):
            check_mounted(path)
    if os.geteuid():
        with pytest.raises(BackupRefused, match="may not write"):
            check_mounted(Path("/proc"))


def test_the_desks_signing_key_is_changed_only_where_a_backup_can_be_made(office: Office, tmp_path: Path) -> None:
    """And by nobody while one is being made: it would hold the one key, and be signed with the other."""
    anew = ("desk", "backup", "--data", office.folder, "--new-signing-key", "--out")
    first = signer_of(office.folder).spoken
    gone = run(*anew, tmp_path / "gone")
    assert (gone.exit_code, "From now on" in gone.output) == (1, False)
    with intake_key_alone(office.folder, shared=True):
        assert "backed up at this moment" in run(*anew, tmp_path).stderr
    assert signer_of(office.folder).spoken == first
    done = run(*anew, tmp_path)
    assert (done.exit_code, done.output.count(signer_of(office.folder).spoken)) == (0, 2)
    assert signer_of(office.folder).spoken != first
