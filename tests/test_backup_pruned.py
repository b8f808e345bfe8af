"""Which files a new backup may erase: old ones of this very host, and never because of a name alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from keys.backup_head import About, BackupHead, BackupSigner, HostKind, make_head
from keys.recovery_key import RecoverySecret
from source_interface.backup import back_up
from source_interface.commands import main
from source_interface.drop_folder import make_drop, only_hand_on_pepper
from store.backup.own_keys import signer_of, spell_recovery_key
from store.backup.writing import Written
from store.errors import BackupRefused
from tests.conftest import IntakeSecret
from tests.kept_backup import RECOVERY, give_recovery_key

DAYS_OF_BEFORE = tuple(f"2026-10-{day:02}" for day in range(1, 11))
OTHER = BackupSigner(b"\x09" * 32)


class Stick:
    """A source host, and a folder with backups of its own."""

    def __init__(self, scratch: Path, intake_secret: IntakeSecret) -> None:
        self.root, self.out = scratch / "drop", scratch / "stick"
        self.out.mkdir()
        make_drop(self.root, intake_secret.public, scratch / "pairing.json")
        give_recovery_key(self.root, scratch)
        self.signer = back_up(self.root, self.out)[1].signer
        for day in DAYS_OF_BEFORE:
            self.put(day, self.signer)

    def put(self, day: str, signer: BackupSigner, *, name: str = "") -> Path:
        """A backup's beginning, which is what is looked at."""
        head, _key = make_head(About(HostKind.DROP, "0.1.0", day, "", signer.public), RECOVERY.public, signer)
        path = self.out / f"candour-drop-{name or day}.backup"
        path.write_bytes(head)
        return path

    def back_up(self) -> Written:
        """Today's."""
        return back_up(self.root, self.out)[0]

    def days(self) -> set[str]:
        """Of which days there are backups, by their names."""
        return {path.name[13:23] for path in self.out.iterdir()}


@pytest.fixture
def stick(tmp_path: Path, intake_secret: IntakeSecret) -> Stick:
    """Ten days of last month."""
    return Stick(tmp_path, intake_secret)


def test_a_week_of_the_source_host_is_kept(stick: Stick) -> None:
    """Today's and six more; what a source took back is gone from the rest."""
    written = stick.back_up()
    assert written.path.exists()
    assert (written.pruned.erased, written.pruned.later) == (4, None)
    assert stick.days() == {*DAYS_OF_BEFORE[4:], written.path.name[13:23]}


def test_while_a_backup_of_a_day_to_come_is_there_nothing_is_erased_and_it_is_said(stick: Stick) -> None:
    """The clock was wrong, then or now: neither today's nor any true one goes."""
    stick.put("2031-01-01", stick.signer)
    command = ["backup", "--data", str(stick.root), "--out", str(stick.out)]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 0, said.output
    assert "No old backup was erased: there is one of 2031-01-01, which is still to come." in said.output
    assert len(stick.days()) == len(DAYS_OF_BEFORE) + 2


def test_what_is_no_backup_of_this_host_pushes_nothing_out_and_stays(stick: Stick) -> None:
    """Empty files, another host's, one under the name of another day; be their days old or to come."""
    (stick.out / "candour-drop-2026-11-01.backup").write_bytes(b"")
    (stick.out / "candour-drop-2031-01-01.backup").write_bytes(b"")
    stick.put("2026-11-02", OTHER)
    stick.put("2020-01-01", OTHER)
    stick.put("2026-10-03", stick.signer, name="2026-11-03")
    written = stick.back_up()
    assert (written.pruned.erased, written.pruned.later) == (4, None)
    foreign = {"2026-11-01", "2031-01-01", "2026-11-02", "2020-01-01", "2026-11-03"}
    assert stick.days() == {*DAYS_OF_BEFORE[4:], written.path.name[13:23], *foreign}


def test_todays_backup_of_another_host_is_not_replaced(stick: Stick) -> None:
    """Two source hosts, one stick: a sentence, and both are as they were."""
    today = stick.back_up().path
    other = stick.put(today.name[13:23], OTHER)
    before = other.read_bytes()
    with pytest.raises(BackupRefused, match="of another host of this kind"):
        stick.back_up()
    assert today.read_bytes() == before


def test_another_key_signs_after_a_theft_and_the_backups_of_before_stay_this_hosts(stick: Stick) -> None:
    """Whoever took the host has the key of before: what they make up is told by the paper. Today's earlier one is
    replaced all the same, old ones go in time, and another host's is let alone.
    """
    today, secret = stick.back_up().path, (stick.root / "backup-signing-key").read_bytes()
    command = ["backup", "--data", str(stick.root), "--out", str(stick.out)]
    done = CliRunner().invoke(main, [*command, "--new-signing-key"])
    assert done.exit_code == 0, done.output
    with today.open("rb") as file:
        groups = BackupHead.read(file).about.signed_by
    assert groups != stick.signer.spoken
    assert done.output.count(groups) == 2
    assert "cross the old ones out" in done.output
    assert not [path for path in stick.root.rglob("*") if path.is_file() and secret in path.read_bytes()]
    stick.put("2026-09-01", stick.signer)
    assert stick.back_up().pruned.erased == 1
    assert stick.days() == {*DAYS_OF_BEFORE[4:], today.name[13:23]}
    stick.put(today.name[13:23], OTHER)
    with pytest.raises(BackupRefused, match="of another host of this kind"):
        stick.back_up()


NO_BACKUP: dict[str, tuple[Callable[[Stick], object], list[str], str]] = {
    "the folder is not there": (lambda stick: stick.out.rename(stick.out.with_name("away")), [], "must be a folder"),
    "the folder is that of the data": (lambda _stick: None, ["--out", "{root}"], "outside the data folder"),
    "no disk is mounted": (lambda _stick: None, ["--mounted"], "No disk is mounted"),
    "it is sealed for somebody else": (lambda _stick: None, ["--sealed-for", "A B C D E F"], "not the one you named"),
    "nobody knows for whom to seal": (
        lambda stick: (stick.root / "recovery-key.pub").unlink(),
        [],
        "does not know yet",
    ),
    "the pepper is gone": (lambda stick: (stick.root / "pepper").unlink(), [], "pepper is missing"),
    "today's there is another host's": (
        lambda stick: stick.put(stick.back_up().path.name[13:23], OTHER),
        [],
        "of another host of this kind",
    ),
}


@pytest.mark.parametrize("what", NO_BACKUP)
def test_the_key_that_signs_is_not_changed_where_no_backup_can_be_made(what: str, stick: Stick) -> None:
    """Else groups go onto the paper that no backup has, and those of all that there are get crossed out."""
    break_it, words, said = NO_BACKUP[what]
    break_it(stick)
    secret = (stick.root / "backup-signing-key").read_bytes()
    done = anew(stick, *(word.format(root=stick.root) for word in words))
    assert (done.exit_code, said in done.stderr, "From now on" in done.output) == (1, True, False), done.output
    assert (stick.root / "backup-signing-key").read_bytes() == secret


def test_the_key_that_signs_is_not_changed_under_a_backup_that_is_being_made(stick: Stick) -> None:
    """It would hold the one key, and be signed with the other."""
    secret = (stick.root / "backup-signing-key").read_bytes()
    with only_hand_on_pepper(stick.root):
        done = anew(stick)
    assert (done.exit_code, "A backup of this host is being made" in done.stderr) == (1, True)
    assert (stick.root / "backup-signing-key").read_bytes() == secret


def test_a_new_key_that_signed_nothing_yet_is_kept_until_somebody_was_told_of_it(stick: Stick) -> None:
    """It failed after the key was drawn: the same line again draws no third, and shows the groups once a backup stands,
    though one of the night may have stood before. Typed once more, another is drawn.
    """
    database, key = stick.root / "drop.sqlite", stick.root / "backup-signing-key"
    whole, first = database.read_bytes(), key.read_bytes()
    database.write_bytes(b"torn" * 1024)
    for _again in range(2):
        done = anew(stick)
        assert (done.exit_code, "From now on" in done.output) == (1, False), done.output
        # The next backup may be that of the night, whose groups nobody sees: at a restore it would look made up.
        assert f"has the groups {signer_of(stick.root).spoken}. Add them" in done.stderr
    drawn = key.read_bytes()
    assert drawn != first
    database.write_bytes(whole)
    stick.back_up()
    new, checked = signer_of(stick.root).spoken, ["check", "--data", str(stick.root)]
    assert f"warn  Backups are signed with a new key, {new}," in CliRunner().invoke(main, checked).output
    key.chmod(0o640)
    seen = CliRunner().invoke(main, checked).output
    # A fault in it does not keep what is looked at afterwards from being seen.
    assert ("FAULT Others can read" in seen, "ok    The database is whole." in seen) == (True, True)
    key.chmod(0o600)
    done = anew(stick)
    assert (done.exit_code, key.read_bytes() == drawn) == (0, True), done.output
    assert done.output.count(signer_of(stick.root).spoken) == 2
    assert "signed with a new key" not in CliRunner().invoke(main, checked).output
    assert anew(stick).exit_code == 0
    assert key.read_bytes() != drawn


def anew(stick: Stick, *words: str) -> Result:
    """The command with which another key signs."""
    command = ["backup", "--data", str(stick.root), "--out", str(stick.out), "--new-signing-key", *words]
    return CliRunner().invoke(main, command)


def test_the_key_that_signs_is_not_changed_where_an_upgrade_could_undo_it(stick: Stick) -> None:
    """Nor does a backup of then say otherwise."""
    secret = (stick.root / "backup-signing-key").read_bytes()
    (stick.root / "before-upgrade").mkdir()
    command = ["backup", "--data", str(stick.root), "--out", str(stick.out), "--new-signing-key"]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, "An upgrade of this host is going on" in done.stderr) == (1, True)
    assert (stick.root / "backup-signing-key").read_bytes() == secret


def test_a_recovery_key_that_was_exchanged_is_seen_and_refused(stick: Stick) -> None:
    """Each run says for whom it sealed; told whom it must be, it makes none for anybody else."""
    today = stick.back_up().path
    with today.open("rb") as file:
        groups = BackupHead.read(file).about.recovery
    command = ["backup", "--data", str(stick.root), "--out", str(stick.out)]
    told = CliRunner().invoke(main, [*command, "--sealed-for", groups.lower()])
    assert told.exit_code == 0, told.output
    assert f"Sealed for the recovery key {groups}." in told.output
    before = today.read_bytes()
    thief = RecoverySecret(b"\x08" * 32).key().public
    (stick.root / "recovery-key.pub").write_text(spell_recovery_key(thief))
    told = CliRunner().invoke(main, [*command, "--sealed-for", groups])
    assert told.exit_code == 1
    assert "which is not the one you named" in told.output
    assert today.read_bytes() == before
