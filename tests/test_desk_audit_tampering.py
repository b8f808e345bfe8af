"""`candour-desk audit verify` on a real desk whose trail somebody altered: each alteration in the right sentence."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.setting_up import Beginner, set_up_desk
from keys.checkpoint import Checkpoint, SigningKey, read_checkpoint
from keys.intake_secret import stop_agent
from store.desk.audit import Record
from tests.desk_office import PASSWORD, Office, new_office, write_letter
from tests.trail_tampering import Tampering, by_sql, forge

# What `office` does: set-up, three openings, a checkpoint, two openings.
CHECKPOINT, RECORDS = 8, 10
BROKEN = "The audit trail is broken at record {}: "
TAKEN_OUT = BROKEN + "it was taken out."
NOT_FOLLOWING = BROKEN + "it does not follow from the one before."
CUT = "The trail was cut: on 20"
REWRITTEN = f"History was rewritten: record {CHECKPOINT} is not what it was on 20"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with some history, and a checkpoint of its middle beside it."""
    with new_office(tmp_path / "desk") as made:
        for _letter in range(3):
            made.open(made.deliver(write_letter(None)))
        assert run(made.folder, "checkpoint", "--out", str(tmp_path / "checkpoint.json")).exit_code == 0
        for _letter in range(2):
            made.open(made.deliver(write_letter(None)))
        made.desk.database.close()
        yield made


@pytest.fixture(scope="module")
def another_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A second desk, made with keys of its own, with more history than the first."""
    folder = tmp_path_factory.mktemp("another") / "desk"
    before = os.umask(0o077)
    set_up_desk(folder, [Beginner("bartek", PASSWORD)], NewShares.draw(Scheme(3, 2)), lambda _new: None)
    os.umask(before)
    for number in range(6):
        out = folder.parent / f"{number}.json"
        assert run(folder, "checkpoint", "--out", str(out)).exit_code == 0
    yield folder
    stop_agent(folder / "gnupg")


def run(folder: Path, *arguments: str) -> Result:
    """Run `candour-desk audit …`."""
    return CliRunner().invoke(main, ["audit", *arguments, "--data", str(folder)])


def verify(office: Office, *options: str) -> Result:
    """Verify with the checkpoint that was kept elsewhere."""
    return run(office.folder, "verify", "--since", str(checkpoint_of(office)), *options)


def checkpoint_of(office: Office) -> Path:
    """The checkpoint, beside the data folder and not in it."""
    return office.folder.parent / "checkpoint.json"


def faults(done: Result) -> str:
    """Every line that says FAULT; exit code 1 if and only if there is one."""
    lines = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
    assert done.exit_code == bool(lines), done.output
    return "\n".join(lines)


def column(name: str, value: str, said: str) -> Tampering:
    """Change one column of record 5."""
    return Tampering(by_sql(f"UPDATE audit SET {name} = {value} WHERE number = 5"), said)  # noqa: S608


def without(number: int) -> Callable[[list[Record]], list[Record]]:
    """Leave a record out."""
    return lambda records: [record for record in records if record.number != number]


def from_the_middle(records: list[Record]) -> list[Record]:
    """Let another reviewer have opened what amina opened, from record 5 on."""
    return [record if record.number < 5 else replace(record, actor="bartek") for record in records]


SHIFTED_UP = ("UPDATE audit SET number = number + 101 WHERE number >= 6", "UPDATE audit SET number = number - 100 WHERE number > 100")  # fmt: skip  # noqa: E501
TAMPERINGS = {
    "its number": column("number", "30", TAKEN_OUT.format(5)),
    "its time": column("at", "at - 1", NOT_FOLLOWING.format(5)),
    "its actor": column("actor", "'bartek'", NOT_FOLLOWING.format(5)),
    "its act": column("act", "'read'", NOT_FOLLOWING.format(5)),
    "its case": column("case_reference", "NULL", NOT_FOLLOWING.format(5)),
    "its note": column("note", "note || ' '", NOT_FOLLOWING.format(5)),
    "its chain value": column("chain", "randomblob(32)", NOT_FOLLOWING.format(5)),
    "one dropped": Tampering(by_sql("DELETE FROM audit WHERE number = 5"), TAKEN_OUT.format(5)),
    "the set-up dropped": Tampering(by_sql("DELETE FROM audit WHERE number = 1"), TAKEN_OUT.format(1)),
    "one put in": Tampering(
        by_sql(*SHIFTED_UP, "INSERT INTO audit SELECT 6, at, 'bartek', act, case_reference, note, chain FROM audit "
               "WHERE number = 5"),
        NOT_FOLLOWING.format(6),
    ),
    "two in another order": Tampering(
        by_sql("UPDATE audit SET number = -number WHERE number IN (5, 6)",
               "UPDATE audit SET number = number + 11 WHERE number < 0"),
        NOT_FOLLOWING.format(5),
    ),
    "emptied": Tampering(by_sql("DELETE FROM audit"), "The audit trail was emptied"),
    "its beginning taken out, all else written anew": Tampering(
        forge(without(1)), "the first record is not that of the set-up"
    ),
    "the tail cut": Tampering(by_sql("DELETE FROM audit WHERE number >= 7"), CUT, takes_a_checkpoint=True),
    "written anew from the middle": Tampering(forge(from_the_middle), REWRITTEN, takes_a_checkpoint=True),
    "one left out, all else written anew": Tampering(forge(without(5)), REWRITTEN, takes_a_checkpoint=True),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERINGS)
def test_each_tampering_is_named(office: Office, what: str) -> None:
    """With the checkpoint always; without it too, where the trail tells by itself."""
    tampering = TAMPERINGS[what]
    tampering.do(office.folder)
    assert tampering.said in faults(verify(office))
    told_alone = faults(run(office.folder, "verify"))
    assert (tampering.said in told_alone) is not tampering.takes_a_checkpoint
    # What `check` says is what `verify` says without a checkpoint.
    checked = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert faults(checked) == told_alone


def test_an_untouched_trail_is_what_it_was(office: Office) -> None:
    """No fault; how much was added since is told, and without a checkpoint what then cannot be known."""
    done = verify(office, "--signer", read_checkpoint(checkpoint_of(office).read_bytes()).signer.hex())
    assert faults(done) == ""
    assert f"unbroken: {RECORDS} records, the first that of the set-up." in done.stdout
    assert f"Everything up to record {CHECKPOINT} is as it was on 20" in done.stdout
    assert f"Since then {RECORDS - CHECKPOINT} records were added." in done.stdout
    alone = run(office.folder, "verify")
    assert faults(alone) == ""
    assert "No checkpoint was given." in alone.stdout


def test_what_was_added_after_a_checkpoint_takes_a_later_one(office: Office, tmp_path: Path) -> None:
    """A checkpoint vouches for what was before it: several may be given, and each is judged by itself."""
    later = tmp_path / "later.json"
    assert run(office.folder, "checkpoint", "--out", str(later)).exit_code == 0
    by_sql(f"DELETE FROM audit WHERE number > {RECORDS - 1}")(office.folder)  # noqa: S608  (a number of ours)
    assert faults(verify(office)) == ""
    told = faults(verify(office, "--since", str(later)))
    assert f"{later}: {CUT}" in told
    assert f"it had {RECORDS + 1} records, now it has {RECORDS - 1}." in told
    assert str(checkpoint_of(office)) not in told


def test_a_break_before_a_checkpoint_is_not_vouched_for(office: Office) -> None:
    """The chain value at the checkpoint stayed, what led to it did not."""
    by_sql("UPDATE audit SET actor = 'bartek' WHERE number = 4")(office.folder)
    assert f"Record {CHECKPOINT} has the chain value of 20" in faults(verify(office))
    taken_out = f"DELETE FROM audit WHERE number = {RECORDS - 1}"  # noqa: S608  (a number of ours)
    by_sql("UPDATE audit SET actor = 'amina' WHERE number = 4", taken_out)(office.folder)
    told = faults(verify(office))
    assert TAKEN_OUT.format(RECORDS - 1) in told
    assert str(checkpoint_of(office)) not in told


def test_two_databases_swapped_are_seen(office: Office, another_desk: Path) -> None:
    """By the signing key that stayed in the folder; if that was swapped too, by the checkpoint."""
    shutil.copy(another_desk / "desk.sqlite", office.folder / "desk.sqlite")
    assert "is not that of the database beside it" in faults(run(office.folder, "verify"))
    assert f"{checkpoint_of(office)}: It is another desk's" in faults(verify(office))
    shutil.copy(another_desk / "audit-signing-key", office.folder / "audit-signing-key")
    assert faults(run(office.folder, "verify")) == ""
    assert f"{checkpoint_of(office)}: It is another desk's" in faults(verify(office))
    signer = read_checkpoint(checkpoint_of(office).read_bytes()).signer.hex()
    assert "signing key is not the one that you named" in faults(run(office.folder, "verify", "--signer", signer))


def set_setting(folder: Path, name: str, value: bytes) -> None:
    """Change a setting behind the program's back."""
    connection = sqlite3.connect(folder / "desk.sqlite")
    connection.execute("UPDATE settings SET value = ? WHERE name = ?", (value, name))
    connection.commit()
    connection.close()


def test_another_id_slipped_in_is_seen(office: Office) -> None:
    """The record of the set-up names the desk: the settings alone do not make it another."""
    set_setting(office.folder, "desk-id", b"ab" * 16)
    assert "The trail names another desk or signing key than the settings do" in faults(run(office.folder, "verify"))
    assert f"{checkpoint_of(office)}: It is another desk's" in faults(verify(office))


def test_another_signing_key_slipped_in_is_seen(office: Office) -> None:
    """Folder and settings agree, the set-up does not; and if that was written anew, the old checkpoint does not."""
    key, secret = SigningKey.draw()
    old = read_checkpoint(checkpoint_of(office).read_bytes()).signer
    (office.folder / "audit-signing-key").write_bytes(secret)
    set_setting(office.folder, "audit-signer", key.public)
    assert "The trail names another desk or signing key than the settings do" in faults(run(office.folder, "verify"))
    forge(
        lambda records: [replace(record, note=record.note.replace(old.hex(), key.public.hex())) for record in records]
    )(office.folder)
    assert faults(run(office.folder, "verify")) == ""
    assert f"It is signed by {old.hex()}, and the key expected is {key.public.hex()}." in faults(verify(office))
    # Whoever wrote the key down is told even more: the checkpoint is genuine, the desk's key is not.
    told = faults(verify(office, "--signer", old.hex()))
    assert "signing key is not the one that you named" in told
    assert REWRITTEN in told


def stranger(made: Checkpoint) -> Checkpoint:
    """The same, signed by somebody else."""
    return SigningKey(bytes(32)).sign(made.point, made.at)


FORGED: dict[str, tuple[Callable[[Checkpoint], bytes], str]] = {
    "another number": (
        lambda made: replace(made, point=replace(made.point, number=4)).to_document(),
        "Its signature does not fit: this checkpoint was forged or damaged",
    ),
    "a stranger's signature": (lambda made: stranger(made).to_document(), "It is signed by "),
    "cut short": (lambda made: made.to_document()[:-9], "is not a checkpoint, or was damaged"),
    "empty": (lambda _made: b"", "is not a checkpoint, or was damaged"),
    "a letter": (lambda _made: b"Dear auditor,\n", "is not a checkpoint, or was damaged"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_or_damaged_checkpoint_is_told_from_a_broken_trail(office: Office, how: str) -> None:
    """The file is at fault, and the trail is said to be whole."""
    path = checkpoint_of(office)
    make, said = FORGED[how]
    path.write_bytes(make(read_checkpoint(path.read_bytes())))
    done = verify(office)
    told = faults(done)
    assert said in told
    assert str(path) in told
    assert len(told.splitlines()) == 1
    assert f"unbroken: {RECORDS} records" in done.stdout
