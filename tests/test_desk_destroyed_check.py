"""What `check` says of destroyed cases: that nothing is left, or that a restored backup brought one back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.casework.holding import hold, lift
from journalist_interface.check_destroyed import destroy_again
from journalist_interface.checking import check_desk
from journalist_interface.commands import main
from journalist_interface.desk_folder import open_desk
from journalist_interface.errors import SetUpRefused
from keys.hpke import SecretKey
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from store.desk.destroyed_list import bring_up_to_date, read_list
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.desk_office import read_list as cases_of
from tests.ended_case import close_and_wait
from tests.test_desk_destroying import destroy

SOURCE = SecretKey(bytes(range(96)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a reader besides amina, and a supervisor."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "sue": (Role.SUPERVISOR,)}) as made:
        yield made


@contextmanager
def restored(office: Office, backup: Path, *, with_the_list: bool) -> Iterator[Office]:
    """The desk after its folder was put back from a backup, as `cp` does it; the list may have been kept."""
    listed = office.desk.paths.destroyed.read_bytes()
    office.desk.database.close()
    for name in ("desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm"):
        (office.folder / name).unlink(missing_ok=True)
    shutil.rmtree(office.folder / "vault")
    shutil.copytree(backup, office.folder, dirs_exist_ok=True)
    office.desk.paths.destroyed.unlink(missing_ok=True)
    if with_the_list:
        office.desk.paths.destroyed.write_bytes(listed)
        office.desk.paths.destroyed.chmod(0o600)
    again = Office(open_desk(office.folder), office.secrets, office.recovery)
    yield again
    again.desk.database.close()


def backup_of(office: Office, where: Path) -> Path:
    """A backup of database and vault, as an administrator makes it."""
    office.desk.database.leave_no_trace()
    shutil.copytree(office.folder, where, ignore=shutil.ignore_patterns("gnupg", "*.lock", "post"))
    return where


def said(office: Office) -> list[tuple[bool, str]]:
    """What check says."""
    return [(each.sound, each.sentence) for each in check_desk(office.folder)]


def test_of_a_desk_that_destroyed_nothing_nothing_is_said(office: Office) -> None:
    """And there is no list."""
    assert not [each for _sound, each in said(office) if " destroyed;" in each]
    assert not office.desk.paths.destroyed.exists()


def test_a_list_that_cannot_be_read_is_a_fault_and_no_end_of_the_check(office: Office) -> None:
    """Root laid it there: it says what to type, and goes on to look at the rest."""
    office.desk.paths.destroyed.mkdir()
    found = said(office)
    [place] = [number for number, each in enumerate(found) if "chown candour:candour" in each[1]]
    assert (found[place][0], found[place + 1 :] != []) == (False, True)
    office.desk.database.close()
    done = CliRunner().invoke(main, ["destroy-again", "7K3M-Q9TW", "--data", str(office.folder)])
    assert (done.exit_code, "cannot be read" in done.output) == (1, True)


def test_a_restored_backup_brings_a_case_back_and_check_says_so(office: Office, tmp_path: Path) -> None:
    """By the list beside the database: the restored trail knows of no destruction. Repairing destroys nothing."""
    reference = office.open(office.deliver(write_letter(SOURCE.public), {"a.pdf": b"a"}), cleared=("amina", "ben"))
    close_and_wait(office, reference)
    backup = backup_of(office, tmp_path / "backup")
    destroy(office, reference)
    day = read_list(office.desk.paths.destroyed)[reference]
    assert (True, "1 case was destroyed; nothing of it is left.") in said(office)
    with restored(office, backup, with_the_list=True) as again:
        wrong = [each for sound, each in said(again) if not sound]
        assert len(wrong) == 1
        assert f"Case {reference} was destroyed on {day}, and is here again" in wrong[0]
        assert "candour-desk destroy-again" in wrong[0]
        again.desk.database.close()
        run = CliRunner()
        repaired = run.invoke(main, ["check", "--repair", "--data", str(again.folder)])
        assert repaired.exit_code == 1
        assert "is here again" in repaired.output
        # As it was heard over a telephone.
        done = run.invoke(main, ["destroy-again", reference.lower(), "--data", str(again.folder)])
        assert (done.exit_code, done.output) == (0, f"Destroyed again: {reference}\n")
        assert run.invoke(main, ["check", "--data", str(again.folder)]).exit_code == 0
        assert cases_of(again.desk, again.signed_in()).total == 0
        assert again.desk.vault.published() == set()
        with again.desk.database.reading() as connection:
            verify_trail(connection)
            [last] = [link.record for link in read_trail(connection, Wanted(last=1))]
            assert (last.actor, last.act, last.case_reference) == ("", "destroy", reference)
            # What the backup had in its outbox is not sent again; the source host erases what it has.
            kinds = [each.kind for each in waiting_deliveries(connection, 100)]
        assert set(kinds) == {Kind.WITHDRAW, Kind.STATUS}


def test_without_the_list_nothing_here_can_know(office: Office, tmp_path: Path) -> None:
    """Therefore the list is kept elsewhere too, with the checkpoints; put back, it tells."""
    reference = office.open(office.deliver(write_letter(SOURCE.public)), cleared=("amina", "ben"))
    close_and_wait(office, reference)
    backup = backup_of(office, tmp_path / "backup")
    destroy(office, reference)
    elsewhere = office.desk.paths.destroyed.read_bytes()
    with restored(office, backup, with_the_list=False) as again:
        assert [each for sound, each in said(again) if not sound] == []
        again.desk.paths.destroyed.write_bytes(elsewhere)
        again.desk.paths.destroyed.chmod(0o600)
        assert "is here again" in next(each for sound, each in said(again) if not sound)


def test_what_is_held_in_the_copy_that_came_back_stays(office: Office) -> None:
    """A hold is a hold, by command too."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    office.desk.paths.destroyed.write_text(f"{reference} 2026-01-01\n")
    hold(office.desk, office.signed_in("ben"), reference, "A court.")
    with pytest.raises(SetUpRefused, match="is held in this copy"):
        destroy_again(office.desk, reference)
    lift(office.desk, office.signed_in("ben"), reference, "Done.")
    destroy_again(office.desk, reference)
    assert cases_of(office.desk, office.signed_in()).total == 0


def test_no_case_that_nobody_destroyed_is_destroyed_by_command(office: Office) -> None:
    """Whoever runs the host has no say in which cases end; nor does a reference that is none do anything."""
    reference = office.open(office.deliver(write_letter(SOURCE.public)), cleared=("amina", "ben"))
    with pytest.raises(SetUpRefused, match="Neither the audit trail nor"):
        destroy_again(office.desk, reference)
    other = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    destroy(office, other)
    with pytest.raises(SetUpRefused, match="is not here"):
        destroy_again(office.desk, other)
    assert cases_of(office.desk, office.signed_in()).total == 1


def test_the_list_has_each_case_once_and_reads_nothing_else(office: Office) -> None:
    """Cut short by a full disk, written by somebody else: what is a line of ours counts, and is added once."""
    path = office.desk.paths.destroyed
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    destroy(office, reference)
    line = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    for _time in range(2):
        bring_up_to_date(office.desk.database, path)
    assert path.read_bytes() == line
    path.write_bytes(b"7K3M-Q9TW 2026-01-01\n\x1b[2Jnonsense\n0000-0000 2026-01-01 and more\n" + line[:7])
    bring_up_to_date(office.desk.database, path)
    assert read_list(path).keys() == {"7K3M-Q9TW", reference}
    assert path.read_bytes().endswith(line)
