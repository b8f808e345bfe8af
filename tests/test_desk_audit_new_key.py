"""`candour-desk audit new-key`: the trail's signer names the next, and whoever keeps a checkpoint can follow."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.setting_up import Beginner, set_up_desk
from keys.checkpoint import Checkpoint, SigningKey, TrailPoint, read_checkpoint
from keys.intake_secret import stop_agent
from keys.succession import Place, name_heir, read_succession
from store.desk.audit import Act, Record
from tests.desk_office import PASSWORD
from tests.killed_calls import open_killer
from tests.trail_tampering import by_sql, forge

DESK = "tests.killed_calls:desk"
HAS_ENDED = "warn  The signing key that you named has ended."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk with a checkpoint of before beside it; its key was changed; then another checkpoint was made."""
    place = tmp_path_factory.mktemp("made")
    before = os.umask(0o077)
    set_up_desk(place / "desk", [Beginner("bartek", PASSWORD)], NewShares.draw(Scheme(3, 2)), lambda _new: None)
    os.umask(before)
    checkpoint(place, "before")
    shutil.copytree(place / "desk", place / "backup", ignore=shutil.ignore_patterns("S.*"))
    assert run(place, "new-key").exit_code == 0
    checkpoint(place, "after")
    yield place
    stop_agent(place / "desk" / "gnupg")


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of all that, to be harmed."""
    shutil.copytree(made, tmp_path / "place", ignore=shutil.ignore_patterns("S.*"))
    return tmp_path / "place"


def run(place: Path, command: str, *options: str | Path) -> Result:
    """Run `candour-desk audit …`."""
    words = ["audit", command, "--data", str(place / "desk"), *map(str, options)]
    return CliRunner().invoke(main, words)


def checkpoint(place: Path, name: str) -> Checkpoint:
    """Make one, beside the desk."""
    assert run(place, "checkpoint", "--out", place / name).exit_code == 0
    return kept(place, name)


def kept(place: Path, name: str) -> Checkpoint:
    """One that was made."""
    return read_checkpoint((place / name).read_bytes())


def faults(place: Path, *options: str | Path) -> str:
    """Every line that says FAULT; exit code 1 if and only if there is one."""
    done = run(place, "verify", *options)
    lines = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
    assert done.exit_code == bool(lines), done.output
    return "\n".join(lines)


def since(place: Path, *names: str) -> list[str | Path]:
    """The options for these checkpoints."""
    return [word for name in names for word in ("--since", place / name)]


def records(place: Path) -> list[Record]:
    """The whole trail."""
    connection = sqlite3.connect(place / "desk" / "desk.sqlite")
    rows = connection.execute("SELECT number, at, actor, act, case_reference, note FROM audit ORDER BY number")
    found = [Record(*row) for row in rows.fetchall()]
    connection.close()
    return found


def test_checkpoints_of_before_and_after_stay_good(place: Path) -> None:
    """The first key's and the second's; also with the public key that was written down when the desk was made."""
    first, second = kept(place, "before").signer, kept(place, "after").signer
    assert first != second
    both = since(place, "before", "after")
    for signer in ([], ["--signer", first.hex()], ["--signer", second.hex()]):
        assert faults(place, *both, *signer) == ""
    said = run(place, "verify", *both).stdout
    assert f"are signed by {second.hex()}." in said
    assert f"Before it, each named by the one before: {first.hex()}." in said
    assert "signing key is not the one that you named" in faults(place, "--signer", "5c" * 32)
    # The secret of before is not kept.
    assert SigningKey((place / "desk" / "audit-signing-key").read_bytes()).public == second
    assert not (place / "desk" / "audit-signing-key-next").exists()


def test_a_key_is_not_changed_while_the_desk_is_backed_up(place: Path) -> None:
    """A backup takes the key files first and the database last: it would name a key that is not in it, and the restored
    desk could sign nothing for ever. A checkpoint that changes no key is made as ever.
    """
    before = SigningKey((place / "desk" / "audit-signing-key").read_bytes()).public
    with intake_key_alone(place / "desk", shared=True):
        done = run(place, "new-key")
        assert (done.exit_code, "backed up at this moment" in done.stderr) == (1, True), done.output
        assert checkpoint(place, "meanwhile").signer == before
        # What a change that was killed left: this would take it away, or put it into its place.
        (place / "desk" / "audit-signing-key-next").write_bytes(SigningKey.draw()[1])
        (place / "desk" / "audit-signing-key-next").chmod(0o600)
        done = run(place, "checkpoint", "--out", place / "later")
        assert (done.exit_code, "backed up at this moment" in done.stderr) == (1, True), done.output
        assert (place / "desk" / "audit-signing-key-next").exists()
    assert checkpoint(place, "afterwards").signer == before
    assert not (place / "desk" / "audit-signing-key-next").exists()
    assert run(place, "new-key").exit_code == 0


def test_a_key_can_be_changed_every_year(place: Path) -> None:
    """Each names the next; every checkpoint stays good."""
    names = ["before", "after"]
    for year in ("2027", "2028"):
        assert run(place, "new-key").exit_code == 0
        checkpoint(place, year)
        names.append(year)
    assert len({kept(place, name).signer for name in names}) == 4
    assert faults(place, *since(place, *names), "--signer", kept(place, "before").signer.hex()) == ""


def signed_by_the_first(place: Path, number: int) -> None:
    """Whoever kept the first key signs a checkpoint of the trail as it is now, up to this record."""
    connection = sqlite3.connect(place / "desk" / "desk.sqlite")
    [(chain,)] = connection.execute("SELECT chain FROM audit WHERE number = ?", (number,)).fetchall()
    connection.close()
    secret = (place / "backup" / "audit-signing-key").read_bytes()
    made = kept(place, "before")
    forged = SigningKey(secret).sign(TrailPoint(made.point.desk, number, chain), made.at)
    (place / "forged").write_bytes(forged.to_document())


def test_what_the_old_key_signs_after_its_end_is_refused(place: Path) -> None:
    """Up to the record before the one that names the next it is good; that one and later ones are not its own."""
    [changed] = [record.number for record in records(place) if record.act == Act.SIGNER_CHANGED.value]
    for number, good in ((changed - 1, True), (changed, False), (changed + 1, False)):
        signed_by_the_first(place, number)
        told = faults(place, *since(place, "forged"))
        assert ("that key had ended, or was not yet named" in told) is not good


def heir(place: Path, change: Callable[[Record], Record]) -> None:
    """Alter the record that names the second key, and write the trail anew from there on."""
    forge(lambda all_of: [change(each) if each.act == Act.SIGNER_CHANGED.value else each for each in all_of])(
        place / "desk"
    )


def test_a_key_that_has_ended_vouches_for_less_and_says_so(place: Path) -> None:
    """Whoever has had it, and can write to the database, cuts the trail where it ended and names an heir of their own:
    by that key all is well. So it is told to whoever names it; the newest on paper finds the heir out.
    """
    first, second = kept(place, "before").signer, kept(place, "after").signer
    assert HAS_ENDED in run(place, "verify", "--signer", first.hex()).stdout
    assert HAS_ENDED not in run(place, "verify", "--signer", second.hex()).stdout
    # The thief has the backup of before the change, and puts it, with a change of their own, in the desk's place.
    shutil.rmtree(place / "desk")
    (place / "backup").rename(place / "desk")
    assert run(place, "new-key").exit_code == 0
    assert faults(place, "--signer", first.hex()) == ""
    assert HAS_ENDED in run(place, "verify", "--signer", first.hex()).stdout
    assert "signing key is not the one that you named" in faults(place, "--signer", second.hex())


def by_a_stranger(record: Record) -> Record:
    """The same change, signed by a key that was never signer, for a third one."""
    said, stranger = read_succession(record.note), SigningKey(bytes(32))
    forged = name_heir(stranger, Place(said.desk, record.number, bytes(32)), SigningKey(bytes(range(32))).public)
    return replace(record, note=replace(forged, signer=said.signer).note())


def to_another(record: Record) -> Record:
    """The true signature under another heir."""
    said = read_succession(record.note)
    return replace(record, note=replace(said, heir=SigningKey(bytes(32)).public).note())


FORGED: dict[str, Callable[[Path], None]] = {
    "signed by a stranger": lambda place: heir(place, by_a_stranger),
    "another heir": lambda place: heir(place, to_another),
    "no words of a change": lambda place: heir(place, lambda record: replace(record, note="because I say so")),
    "moved one record on": lambda place: forge(
        lambda all_of: [*all_of[:1], replace(all_of[1], act=Act.PAIR.value, note=""), *all_of[1:]]
    )(place / "desk"),
    "a second time, at the end": lambda place: forge(lambda all_of: [*all_of, all_of[-2]])(place / "desk"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_succession_is_found(place: Path, what: str) -> None:
    """Also by `check`, and though every chain value is right; nothing is signed upon it."""
    FORGED[what](place)
    told = faults(place)
    assert "the key before did not sign that: it was forged, or altered" in told
    checked = CliRunner().invoke(main, ["check", "--data", str(place / "desk")])
    assert (checked.exit_code, "the key before did not sign that" in checked.stdout) == (1, True)
    for done in (run(place, "new-key"), run(place, "checkpoint", "--out", place / "new")):
        assert done.exit_code == 1
        assert "the key before did not sign that" in done.stderr


def test_a_succession_taken_out_is_found(place: Path) -> None:
    """The settings name a key that the trail does not."""
    forge(lambda all_of: [each for each in all_of if each.act != Act.SIGNER_CHANGED.value])(place / "desk")
    told = faults(place, *since(place, "before"))
    assert "The trail names another desk or signing key than the settings do" in told
    by_sql("UPDATE audit SET actor = 'x' WHERE number = 1")(place / "desk")
    assert "The audit trail is broken at record 1" in faults(place, *since(place, "after"))


def test_a_trail_that_was_cut_is_told_so_by_the_new_keys_checkpoint(place: Path) -> None:
    """Also when the change itself is among what was cut off."""
    by_sql("DELETE FROM audit WHERE number > 2")(place / "desk")
    assert "The trail was cut: on 20" in faults(place, *since(place, "after"))


def test_a_backup_of_before_the_change_is_told_so(place: Path) -> None:
    """Whole by itself, and good by the old checkpoint. The new one says that something is missing; it can be changed
    again, and both are then told apart.
    """
    shutil.rmtree(place / "desk")
    (place / "backup").rename(place / "desk")
    assert faults(place, *since(place, "before")) == ""
    assert "this database is from a backup of before that, or its end was cut off" in faults(
        place, *since(place, "after")
    )
    second = kept(place, "after").signer.hex()
    told = faults(place, *since(place, "after"), "--signer", second)
    assert "The trail was cut: on 20" in told
    assert "signing key is not the one that you named" in told
    assert run(place, "new-key").exit_code == 0
    assert checkpoint(place, "anew").signer.hex() != second
    assert faults(place, *since(place, "before", "anew")) == ""
    assert "and the key expected is" in faults(place, *since(place, "after"))


def test_killed_anywhere_one_of_the_two_is_the_signer(
    made: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """After each fsync, rename and lock: the desk is whole, a checkpoint can be made, and the same line changes it."""
    place = tmp_path / "place"
    with open_killer(tmp_path) as killer:
        shutil.copytree(made, place, ignore=shutil.ignore_patterns("S.*"))
        command = ["audit", "new-key", "--data", place / "desk"]
        whole = killer.run(DESK, command)
        assert whole.status == 0, whole.said
        names_next = 0
        for blow in [*whole.blows()][:: 1 if request.config.getoption("--long") else 6]:
            shutil.rmtree(place)
            shutil.copytree(made, place, ignore=shutil.ignore_patterns("S.*"))
            killer.run(DESK, command, blow)
            assert faults(place, *since(place, "before", "after")) == "", blow
            checkpoint(place, "between")
            names_next += kept(place, "between").signer != kept(place, "after").signer
            assert run(place, "new-key").exit_code == 0, blow
            checkpoint(place, "later")
            assert faults(place, *since(place, "before", "after", "between", "later")) == "", blow
            assert not (place / "desk" / "audit-signing-key-next").exists(), blow
        assert names_next  # some of these kills came after the trail had named the next
