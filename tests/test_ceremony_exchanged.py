"""The sitting, attacked on the way between the hosts and by slips of the tongue: nobody is paired with a stranger, and
there always is a way back."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ceremony.state import STATE, read_sitting
from ceremony.stick import FOLDER, RECOVERY_KEY
from journalist_interface.commands import main as desk_command
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.sitting.host import DeskHost
from keys.recovery_key import RecoverySecret
from keys.spoken import spoken_fingerprint
from onion.client_key import ClientKey, authorised
from source_interface.commands import main as drop_command
from source_interface.sitting.host import DropHost
from store.backup.own_keys import spell_recovery_key
from tests.ceremony_table import DESK, DROP, Table, steps_of

LEFT = 1  # exit code: something is left, for no Tor runs in a test


@pytest.fixture
def table(sitting_on_its_way: Table, tmp_path: Path) -> Table:
    """A sitting whose stick is on its way back to the desk, for one test."""
    return sitting_on_its_way.copied(tmp_path)


def at_drop(table: Table, typed: str) -> Result:
    """Go on at the source host, with these lines typed."""
    words = ["ceremony", "--data", str(table.root / "drop"), "--stick", str(table.root / "stick")]
    return CliRunner().invoke(drop_command, words, input=typed)


def plain(said: str) -> str:
    """What was said, in one line."""
    return " ".join(said.split())


def desk_of(table: Table) -> DeskHost:
    """The desk as the sitting sees it."""
    return DeskHost(table.root / "desk", table.root / "stick", read_sitting(table.root / "desk"))


def drop_of(table: Table) -> DropHost:
    """The source host as the sitting sees it."""
    return DropHost(table.root / "drop", table.root / "stick", read_sitting(table.root / "drop"))


def token_at_door(table: Table) -> str:
    """The hash of what opens the door."""
    return (table.root / "drop" / "door-token.sha256").read_text().split()[0]


def note(folder: Path, **changed: object) -> None:
    """Write into where a sitting stands."""
    state = json.loads((folder / STATE).read_text())
    (folder / STATE).write_text(json.dumps(state | changed))


def with_list(stick: Path, **changed: object) -> None:
    """Write into the list of what travels outward, and have its digests fit."""
    path = stick / FOLDER / "outward.json"
    document = json.loads(path.read_text())
    document["files"] = {name: sha256((stick / FOLDER / name).read_bytes()).hexdigest() for name in document["files"]}
    path.write_text(json.dumps(document | changed))


def test_a_recovery_key_that_an_insider_exchanged_is_seen_at_the_desk_and_in_its_answer(table: Table) -> None:
    """The insider is at the source host, and reads the own groups aloud there. No backup is sealed for a stranger.

    Where the insider even reads to the desk what it wants to hear, its answer does not fit at the source host.
    """
    shutil.rmtree(table.root / "drop")
    public = RecoverySecret.draw().key().public
    (table.root / "stick" / FOLDER / RECOVERY_KEY).write_text(spell_recovery_key(public))
    with_list(table.root / "stick")
    table.answers.heard["recovery key"] = spoken_fingerprint(public)
    assert table.go_on(DROP, "leave", kill=False) == 0
    assert table.go_on(DESK, "back", kill=False) == 1
    assert "the source host has other keys than this desk" in plain(table.said[DESK])
    assert not (table.root / "desk" / "courier.json").exists()
    assert not (table.root / "stick" / "candour-backups").exists()
    pairing = (table.root / "stick" / FOLDER / "pairing.json").read_bytes()
    table.answers.heard["pairing file"] = desk_of(table).agreement().groups(pairing)
    assert table.go_on(DESK, "back", kill=False) == LEFT
    assert desk_of(table).answer() != drop_of(table).answer()
    told = at_drop(table, "paired\n" + f"{desk_of(table).answer()[:14]}\n" * 3 + "leave\n")
    assert "That is not the answer of a desk with which this host is paired" in plain(told.output)
    assert not list((table.root / "stick" / "candour-backups").glob("*drop*"))


def test_both_hosts_come_to_the_same_groups_each_from_its_own_keys(table: Table) -> None:
    """Otherwise nothing above would show anything."""
    assert desk_of(table).agreement() == drop_of(table).agreement()


def test_a_key_at_the_door_that_the_stick_did_not_bring_is_refused(table: Table) -> None:
    """The groups are over what is let in, and nothing is ended for a file that is not sent."""
    clients = table.root / "drop" / "tor" / "door" / "authorized_clients"
    before = token_at_door(table)
    (clients / "reviewer-host.auth").write_text(authorised(ClientKey.draw().public))
    told = at_drop(table, "again\n")
    assert told.exit_code == 1
    assert "The door lets in another key than the one on this stick" in plain(told.output)
    assert token_at_door(table) == before


def test_another_client_is_not_taken_for_the_desk(table: Table) -> None:
    """Whoever is let in at the door by hand is somebody else."""
    clients = table.root / "drop" / "tor" / "door" / "authorized_clients"
    assert drop_of(table).has_onions()
    (clients / "reviewer-host.auth").rename(clients / "somebody.auth")
    assert not drop_of(table).has_onions()


def test_a_stick_that_cannot_be_written_ends_no_pairing(table: Table) -> None:
    """What was sent opens the door still, and its groups are still shown."""
    (table.root / "stick" / FOLDER / "trial").mkdir()
    before = token_at_door(table)
    told = at_drop(table, "again\n")
    assert told.exit_code == 1
    assert "Nothing else was changed" in plain(told.output)
    assert token_at_door(table) == before
    assert read_sitting(table.root / "drop").facts["pairing-sent"] == table.answers.heard["pairing file"]


def test_groups_of_a_pairing_that_was_ended_are_not_shown_as_good(table: Table) -> None:
    """The stick fails in the middle: the sentence says what is lost, and the next time another one is written."""
    dead = table.answers.heard["pairing file"]
    (table.root / "stick" / FOLDER / "back.json").unlink()
    (table.root / "stick" / FOLDER / "back.json").mkdir()
    told = at_drop(table, "again\n")
    assert told.exit_code == 1
    assert "What was on it before opens nothing any more" in plain(told.output)
    (table.root / "stick" / FOLDER / "back.json").rmdir()
    again = at_drop(table, "leave\n")
    assert again.exit_code == 0
    assert "The stick now holds the pairing file" in again.output
    assert dead not in again.output


def test_paired_said_too_early_and_again_said_too_late_both_have_a_way_back(table: Table) -> None:
    """Too early it is no answer; too late the desk takes the new pairing, compares it, and erases it."""
    early = at_drop(table, "paired\n0\n0\n0\nleave\n")
    assert "That is not the answer" in plain(early.output)
    assert steps_of(DROP, table.root / "drop")["return"] == "next"
    assert table.go_on(DESK, "back", kill=False) == LEFT
    assert at_drop(table, "again\nleave\n").exit_code == 0
    table.answers.listen(at_drop(table, "leave\n").output)
    assert table.go_on(DESK, "back", kill=False) == LEFT
    token = json.loads((table.root / "desk" / "courier.json").read_text())["token"]
    assert sha256(token.encode()).hexdigest() == token_at_door(table)
    assert not (table.root / "stick" / FOLDER / "pairing.json").exists()
    assert table.go_on(DROP, "paired", kill=False) == LEFT
    assert len(list((table.root / "stick" / "candour-backups").iterdir())) == 2
    # The check was not clean: even now the source host writes another one if it is asked to.
    late = at_drop(table, "again\nleave\n")
    assert (late.exit_code, "The stick now holds the pairing file" in late.output) == (0, True)


def test_the_wrong_stick_put_in_first_shuts_nobody_out(table: Table) -> None:
    """A number is kept when people have compared, not before."""
    shutil.rmtree(table.root / "drop")
    right = (table.root / "stick" / FOLDER / "outward.json").read_bytes()
    with_list(table.root / "stick", sitting="0" * 32)
    assert "Step 2 of 9" in at_drop(table, "").output
    (table.root / "stick" / FOLDER / "outward.json").write_bytes(right)
    assert table.go_on(DROP, "leave", kill=False) == 0
    assert read_sitting(table.root / "drop").number == read_sitting(table.root / "desk").number


def test_a_stick_that_was_lost_is_written_again_and_the_sitting_goes_on(table: Table) -> None:
    """With the pairing on it: the desk writes a new one, the source host another pairing, and both get to the end."""
    shutil.rmtree(table.root / "stick")
    (table.root / "stick").mkdir()
    assert table.go_on(DESK, "write", kill=False) == 1
    assert "This stick does not hold what this desk wrote" in plain(table.said[DESK])
    again = at_drop(table, "again\nleave\n")
    assert again.exit_code == 0
    table.answers.listen(again.output)
    assert table.go_on(DESK, "back", kill=False) == LEFT
    assert table.go_on(DROP, "paired", kill=False) == LEFT
    assert desk_of(table).answer() == drop_of(table).answer()
    assert len(list((table.root / "stick" / "candour-backups").iterdir())) == 2


def test_the_desk_writes_an_exchanged_stick_again_where_it_waits_or_by_its_line(table: Table) -> None:
    """A list that fits is no reason to leave it: the files are not this desk's. Unasked nothing is written."""
    path = table.root / "stick" / FOLDER / RECOVERY_KEY
    right = path.read_text()
    stranger = spell_recovery_key(NewShares.draw(Scheme(2, 2)).public)
    words = ["ceremony", "--data", str(table.root / "desk"), "--stick", str(table.root / "stick")]
    for typed, there in (("keep\nleave\n", stranger), ("write\nleave\n", right), ("keep\nagain\nleave\n", right)):
        path.write_text(stranger)
        with_list(table.root / "stick")
        told = CliRunner().invoke(desk_command, words, input=typed)
        assert (told.exit_code, path.read_text()) == (0, there), typed
    assert "does not hold what this desk wrote" not in CliRunner().invoke(desk_command, words, input="leave\n").output


@pytest.fixture
def not_made(table: Table) -> Table:
    """A source host at which a desk's keys were compared that has begun anew since; nothing is made."""
    (table.root / "drop" / "pepper").unlink()
    note(table.root / "drop", done=["stick", "aloud"], sitting="0" * 32, facts={"intake": "1", "recovery": "2"})
    return table


ANSWERS = {"anew": "Step 1 of 9", "leave": "Closed for now. Nothing is lost."}


@pytest.mark.parametrize("word", ANSWERS)
def test_where_the_desk_began_anew_the_source_host_asks_and_can_follow(not_made: Table, word: str) -> None:
    """While nothing is made of the keys of before."""
    told = plain(at_drop(not_made, f"\n{word}\n").output)
    assert "of another sitting than the one whose keys you compared" in told
    assert ANSWERS[word] in told
    assert (read_sitting(not_made.root / "drop").number == "") == (word == "anew")


def test_a_source_host_that_is_made_takes_no_other_keys(table: Table) -> None:
    """It names another sitting, and is not asked about; the same keys under another number are the same."""
    note(table.root / "drop", sitting="0" * 32)
    same = at_drop(table, "leave\n")
    assert same.exit_code == 0
    assert read_sitting(table.root / "drop").number == read_sitting(table.root / "desk").number
    facts = {"intake": "1", "recovery": table.answers.heard["recovery key"], "made-here": "1"}
    note(table.root / "drop", sitting="0" * 32, facts=facts)
    told = at_drop(table, "anew\n")
    assert told.exit_code == 1
    assert "is of another sitting than this one" in plain(told.output)


def test_a_desk_that_lost_where_it_stood_goes_on_with_its_own_stick(table: Table) -> None:
    """The source host knows the number that stands there."""
    number = read_sitting(table.root / "desk").number
    (table.root / "desk" / STATE).unlink()
    assert table.go_on(DESK, "leave", kill=False) == 0
    assert read_sitting(table.root / "desk").number == number


def test_a_stick_of_another_desk_lends_no_number(table: Table) -> None:
    """Its files are not this desk's."""
    number = read_sitting(table.root / "desk").number
    (table.root / "desk" / STATE).unlink()
    public = NewShares.draw(Scheme(2, 2)).public
    (table.root / "stick" / FOLDER / RECOVERY_KEY).write_text(spell_recovery_key(public))
    with_list(table.root / "stick")
    assert table.go_on(DESK, "leave", kill=False) == 0
    assert read_sitting(table.root / "desk").number not in ("", number)
