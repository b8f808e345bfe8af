"""The sitting in real processes: killed at every step and resumed, it ends as if nothing had happened."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ceremony.checklist import FILE
from ceremony.plugged_in import REHEARSAL
from ceremony.state import STATE
from ceremony.stick import FOLDER
from journalist_interface.commands import main as desk_command
from journalist_interface.desk_folder import opened_desk
from journalist_interface.rehearsing.answers import PASSWORD
from keys.intake_key import load_intake_key
from keys.recovery_key import RecoverySecret
from keys.recovery_shares import RecoveryShare, ShareSet
from keys.spoken import spoken_fingerprint
from source_interface.commands import main as drop_command
from store.backup.own_keys import spell_recovery_key
from store.desk.account_tables import audit
from store.desk.audit import Act
from tests.ceremony_table import DESK, DROP, MOMENTS, Table, steps_of
from tests.copied_hosts import but_sockets_and_locks

LEFT = 1  # exit code: something is left, for no Tor runs in a test


@pytest.fixture(scope="module")
def table(sitting_on_its_way: Table, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """A whole sitting at both hosts, each killed once at every moment at which something is made or sent."""
    made = sitting_on_its_way.copied(tmp_path_factory.mktemp("sitting"))
    assert made.go_on(DESK, "back", kill=True) == LEFT
    assert made.go_on(DROP, "paired", kill=True) == LEFT
    return made


def run_drop(*words: str, typed: str = "") -> Result:
    """A command of the source host."""
    return CliRunner().invoke(drop_command, list(words), input=typed)


@pytest.fixture(autouse=True)
def _there_is_no_stick_in_a_test(tmp_path: Path) -> None:
    """What stands for one is a folder of the same disk, as in a rehearsal."""
    (tmp_path / REHEARSAL).touch()


@pytest.mark.parametrize("host", [DESK, DROP])
def test_each_moment_was_one_of_a_power_cut_and_every_step_is_done(table: Table, host: str) -> None:
    """All but the last, which names Tor until it runs."""
    steps = steps_of(host, table.root / ("desk" if host == DESK else "drop"))
    assert len(steps) >= 9
    assert set(table.killed) == MOMENTS
    assert steps.pop("check") == "next"
    assert set(steps.values()) == {"done"}


def test_there_is_one_intake_key_and_both_hosts_have_it(table: Table) -> None:
    """A second one would have left the source host with the first, or the desk with two."""
    desk = load_intake_key(table.root / "desk" / "intake-key.asc").fingerprint
    assert load_intake_key(table.root / "drop" / "intake-key.asc").fingerprint == desk
    assert len(list((table.root / "desk" / "gnupg" / "private-keys-v1.d").iterdir())) == 2  # one key, and its subkey
    with opened_desk(table.root / "desk") as made, made.database.reading() as connection:
        acts = [row.act for row in connection.execute(audit.select())]
    assert acts.count(Act.PAIR) == 1
    assert made.intake_fingerprint == desk


def test_the_pairing_that_came_back_opens_the_door(table: Table) -> None:
    """However often the stick was written: the token at the desk is the one whose hash the door has."""
    token = json.loads((table.root / "desk" / "courier.json").read_text())["token"]
    assert sha256(token.encode()).hexdigest() == (table.root / "drop" / "door-token.sha256").read_text().split()[0]


def test_a_desk_killed_when_it_had_paired_still_gives_its_answer(table: Table) -> None:
    """Found paired, it calls to the source host all the same: what was not compared there is compared now."""
    assert table.said[DESK].count(f"answer of the desk:  {table.answers.heard['answer of the desk']}") >= 2
    assert table.said[DESK].count("Call to the source host: “paired”.") >= 1


def test_the_shares_that_were_typed_back_last_are_the_desk_s(table: Table) -> None:
    """Those of the killed handing out open nothing, and people were told to burn them."""
    held = ShareSet()
    for number in (1, 3):
        held.add(RecoveryShare.read(table.answers.shares[number]))
    public = RecoverySecret(held.combine()).key().public
    assert table.answers.heard["recovery key"].replace(" ", "").lower() == sha256(public).hexdigest()[:24]
    assert "came to nothing: every card on which" in " ".join(table.said[DESK].split())
    assert "“burnt”> " in table.said[DESK]


def test_no_share_and_no_pairing_is_left_on_a_stick_or_in_a_folder(table: Table) -> None:
    """What may stay: three public files with their list, and sealed backups. No agent of GnuPG's is left either."""
    assert [path for path in table.root.rglob("*share*") if path.is_file()] == []
    assert list(table.root.rglob("S.gpg-agent*")) == []
    kept = sorted(path.name for path in (table.root / "stick" / FOLDER).iterdir())
    assert kept == ["intake-key.asc", "outward.json", "recovery-key.pub", "reviewer-host.auth"]
    assert len(list((table.root / "stick" / "candour-backups").iterdir())) == 2
    assert [path for name in ("desk", "drop") for path in (table.root / name).glob("*pairing*")] == []


def test_what_the_sitting_keeps_and_what_is_signed_hold_no_secret(table: Table) -> None:
    """No password, no word of a share in a row, no authenticator's secret, no token."""
    token = json.loads((table.root / "desk" / "courier.json").read_text())["token"]
    threes = [" ".join(share.split()[at : at + 3]) for share in table.answers.shares.values() for at in range(2, 31)]
    for path in (table.root / host / name for host in ("desk", "drop") for name in (STATE, FILE)):
        text = " ".join(path.read_text().split())
        assert [each for each in (PASSWORD, token, *table.answers.secrets, *threes) if each in text] == []
        assert path.stat().st_mode & 0o077 == 0


def test_the_list_for_signing_has_blanks_groups_and_what_is_left(table: Table) -> None:
    """Whoever comes back in a year compares with it."""
    text = (table.root / "drop" / FILE).read_text()
    assert table.answers.heard["intake key"] in text
    assert table.answers.heard["backups of the source host"] in text
    assert "Both lists lay side by side" in " ".join(text.split())
    at_desk = (table.root / "desk" / FILE).read_text()
    assert "Both lists lay side by side" in " ".join(at_desk.split())
    assert table.answers.heard["signer of the audit trail"] in at_desk
    assert "LEFT TO DO" in text
    assert "Tor does not run" in text
    assert text.count("______________________________      ____") == 5
    assert max(len(line) for line in text.splitlines()) <= 90


def test_the_list_names_the_recovery_key_for_which_backups_are_sealed(table: Table, tmp_path: Path) -> None:
    """Not the one that was once compared: a key that was exchanged since is seen beside the desk's list."""
    shutil.copytree(table.root / "drop", tmp_path / "drop", symlinks=True, ignore=but_sockets_and_locks)
    public = RecoverySecret.draw().key().public
    (tmp_path / "drop" / "recovery-key.pub").write_text(spell_recovery_key(public))
    words = ["ceremony", "--data", str(tmp_path / "drop"), "--stick", str(table.root / "stick")]
    assert run_drop(*words, typed="check\n").exit_code == LEFT
    assert f"recovery key: {spoken_fingerprint(public)}" in (tmp_path / "drop" / FILE).read_text()


def test_a_killed_making_after_the_desk_is_there_is_found_done(table: Table, tmp_path: Path) -> None:
    """The moment between the desk and the note that it is made: no second key, and the cards hold."""
    shutil.copytree(table.root / "desk", tmp_path / "desk", ignore=but_sockets_and_locks)
    state = json.loads((tmp_path / "desk" / STATE).read_text())
    state["done"].remove("make")
    state["facts"]["making"] = "yes"
    (tmp_path / "desk" / STATE).write_text(json.dumps(state))
    words = ["ceremony", "--data", str(tmp_path / "desk"), "--stick", str(table.root / "stick")]
    said = " ".join(CliRunner().invoke(desk_command, words).output.split())
    assert "It was made to its end before this stopped: the cards on which" in said
    assert "Step 10 of 10" in said


def test_hosts_made_by_hand_are_found_done(table: Table, tmp_path: Path) -> None:
    """`init` and `onion set-up` by themselves; the pairing that was made by hand is not ended unasked."""
    drop, stick = str(tmp_path / "drop"), table.root / "stick" / FOLDER
    pairing = str(tmp_path / "pairing.json")
    assert (
        run_drop("init", "--data", drop, "--intake-key", str(stick / "intake-key.asc"), "--pairing", pairing).exit_code
        == 0
    )
    set_up = (
        "onion",
        "set-up",
        "--data",
        drop,
        "--courier-key",
        str(stick / "reviewer-host.auth"),
        "--pairing",
        pairing,
    )
    assert run_drop(*set_up).exit_code == 0
    steps = steps_of(DROP, tmp_path / "drop")
    assert (steps["make"], steps["onions"], steps["aloud"]) == ("done", "done", "-")
    before = (tmp_path / "drop" / "door-token.sha256").read_text()
    compared = {"recovery": table.answers.heard["recovery key"]}
    state = {"candour_ceremony": 1, "sitting": "", "done": ["stick", "aloud", "charity"], "facts": compared}
    (tmp_path / "drop" / STATE).write_text(json.dumps(state))
    (tmp_path / "drop" / STATE).chmod(0o600)
    words = ["ceremony", "--data", drop, "--stick", str(table.root / "stick")]
    said = run_drop(*words, typed="\nyes\npaired\n0\n0\n0\n")
    assert "Has the desk been paired with it already?" in " ".join(said.output.split())
    assert "That is not the answer of a desk with which this host is paired" in " ".join(said.output.split())
    assert (tmp_path / "drop" / "door-token.sha256").read_text() == before


def test_a_host_with_another_key_than_was_compared_is_left_alone(table: Table, tmp_path: Path) -> None:
    """The wrong machine, or a folder of last year."""
    shutil.copytree(table.root / "drop", tmp_path / "drop", symlinks=True, ignore=but_sockets_and_locks)
    state = json.loads((tmp_path / "drop" / STATE).read_text())
    state["done"].remove("make")
    state["facts"]["intake"] = "0000 " * 10
    (tmp_path / "drop" / STATE).write_text(json.dumps(state))
    told = run_drop("ceremony", "--data", str(tmp_path / "drop"), "--stick", str(table.root / "stick"))
    assert told.exit_code == 1
    assert "seals to another intake key than the one you compared" in " ".join(told.output.split())


def test_where_changes_nothing(tmp_path: Path) -> None:
    """It does not even make the folder."""
    for command in (desk_command, drop_command):
        told = CliRunner().invoke(command, ["ceremony", "--data", str(tmp_path / "none"), "--where"])
        assert (told.exit_code, "next" in told.output) == (0, True)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_has_no_stick_in_it_is_noticed(tmp_path: Path) -> None:
    """What was written there would lie on the disk of the host, and never travel."""
    (tmp_path / "mnt" / "stick").mkdir(parents=True)
    words = ["ceremony", "--data", str(tmp_path / "drop"), "--stick", str(tmp_path / "mnt" / "stick")]
    said = " ".join(run_drop(*words, typed="here\n\nfolder\n").output.split())
    assert said.count("there seems to be no stick in it") == 2
    assert "brings nothing from the desk" in said


def test_a_pairing_file_is_not_called_erased_on_another_stick(table: Table, tmp_path: Path) -> None:
    """The desk asks for the one that it wrote, or that it was destroyed."""
    shutil.copytree(table.root / "desk", tmp_path / "desk", ignore=but_sockets_and_locks)
    shutil.copytree(table.root / "stick", tmp_path / "stick")
    (tmp_path / "stick" / FOLDER / "pairing.json").write_text("{}")
    (tmp_path / "desk" / "pairing-arrived.json").write_text("{}")  # a desk that was killed while it paired has a copy
    (tmp_path / "empty").mkdir()
    state = json.loads((tmp_path / "desk" / STATE).read_text())
    state["done"].remove("erase")
    (tmp_path / "desk" / STATE).write_text(json.dumps(state))
    words = ["ceremony", "--data", str(tmp_path / "desk"), "--stick"]
    told = CliRunner().invoke(desk_command, [*words, str(tmp_path / "empty")], input="keep\nhere\n")
    assert "the stick that travelled is not there" in " ".join(told.output.split())
    assert "The pairing file is erased" not in told.output
    told = CliRunner().invoke(desk_command, [*words, str(tmp_path / "stick")])
    assert "The pairing file is erased" in told.output
    assert not (tmp_path / "stick" / FOLDER / "pairing.json").exists()
    assert not (tmp_path / "desk" / "pairing-arrived.json").exists()
