"""`candour-drop intake-key`: the successor that the key here signed is taken, or one from paper, whole, and once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from keys.intake_key import load_intake_key, spoken
from source_interface import new_intake_key
from source_interface.backup import CONTENTS
from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from source_interface.host_check import CHECKS
from source_interface.intake_key_history import Change, read_changes
from source_interface.lost_desk import WHATEVER_KEY, LostDesk, is_closed, write_lost_desk
from tests.copied_hosts import but_sockets_and_locks
from tests.key_succession import DAY, Keys, run
from tests.killed_calls import Blow, open_killer
from tests.succession_fixtures import drop, keys, made

__all__ = ["drop", "keys", "made"]


def show(drop: DropFolder) -> str:
    """What the other command says."""
    return CliRunner().invoke(main, ["intake-key", "show", "--data", str(drop.root)]).output


def test_the_successor_that_the_old_key_signed_is_taken(keys: Keys, drop: DropFolder) -> None:
    """Both fingerprints are shown before anything is changed, then the list of keys grows; and a second time over."""
    said = keys.first.succession
    done = run(drop, keys.first.to_bytes())
    assert done.exit_code == 0, done.output
    asked = done.output.partition("Does the reviewer host read out both just so?")[0]
    assert spoken(said.old) in asked
    assert spoken(said.new) in asked
    assert "make them anew with candour-drop landing" in done.output
    assert load_intake_key(drop.intake_key).fingerprint == said.new
    assert run(drop, keys.second.to_bytes()).exit_code == 0
    third = keys.second.succession.new
    assert [each.number for each in read_changes(drop, third)] == [1, 2]
    assert show(drop).splitlines()[0] == f"Intake key: {spoken(third)}"
    assert f"{spoken(said.new)}, signed by {spoken(said.old)}" in show(drop)


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_nothing_is_taken_that_nobody_compared(keys: Keys, drop: DropFolder, typed: str) -> None:
    """No answer is no."""
    done = run(drop, keys.first.to_bytes(), typed=typed)
    assert done.exit_code == 1
    assert load_intake_key(drop.intake_key).fingerprint == keys.old
    assert not drop.key_history.exists()


STOLEN: dict[str, Callable[[Keys], str]] = {
    "closed for it": lambda keys: keys.old,
    "closed for it and for another": lambda keys: f"{'A' * 40} {keys.old}",
    "closed for whatever key": lambda _keys: WHATEVER_KEY,
    "a note that nobody can read": lambda _keys: "\0",
}


@pytest.mark.parametrize("how", STOLEN)
def test_a_key_that_somebody_else_may_have_does_not_name_its_own_successor(
    keys: Keys, drop: DropFolder, how: str
) -> None:
    """Whoever took it could sign as well as we. A fingerprint from paper is believed, and counts as not signed."""
    write_lost_desk(drop.desk_lost, LostDesk(DAY, DAY, (STOLEN[how](keys),)))
    refused = run(drop, keys.first.to_bytes())
    assert (refused.exit_code, "They could have signed this as well as you" in refused.output) == (1, True)
    assert load_intake_key(drop.intake_key).fingerprint == keys.old
    new = keys.first.succession.new
    done = run(drop, keys.first.to_bytes(), "--old-key-is-gone", new)
    assert done.exit_code == 0, done.output
    [change] = read_changes(drop, new)
    assert not change.is_signed
    stays_closed = "closed for it" not in how
    assert is_closed(drop.desk_lost, new) is stays_closed
    assert ("The site stays closed" in done.output) is stays_closed


def test_another_desks_theft_stops_no_signature(keys: Keys, drop: DropFolder) -> None:
    """One after which the key was changed, or in which it was safe."""
    write_lost_desk(drop.desk_lost, LostDesk(DAY, DAY, ("A" * 40,)))
    assert run(drop, keys.first.to_bytes()).exit_code == 0


def test_a_statement_that_was_taken_is_not_taken_again(keys: Keys, drop: DropFolder) -> None:
    """Not at once; and not after somebody went back to the old key by paper, when it would fit again."""
    assert run(drop, keys.first.to_bytes()).exit_code == 0
    assert "This host has the new key of this statement already." in run(drop, keys.first.to_bytes()).output
    back = (keys.folder / "old.asc").read_bytes()
    assert run(drop, back, "--old-key-is-gone", keys.old).exit_code == 0
    done = run(drop, keys.first.to_bytes())
    assert done.exit_code == 1
    assert "This statement has the number 1, and number 1 was taken here: it is an old one." in done.output


def test_a_lost_key_is_followed_by_one_from_paper(keys: Keys, drop: DropFolder) -> None:
    """With a warning of what is given up; the list says that the old key did not sign."""
    new = keys.second.succession.new
    done = run(drop, keys.second.new_key.encode(), "--old-key-is-gone", spoken(new).lower())
    assert done.exit_code == 0, done.output
    assert "WARNING: the old key did not sign the new one." in done.output
    assert [each.is_signed for each in read_changes(drop, new)] == [False]
    assert f"{spoken(new)}, not by {spoken(keys.old)}" in show(drop)


@pytest.mark.parametrize("typed", ["", "A" * 40, "first half"])
def test_paper_must_name_the_key_that_comes(keys: Keys, drop: DropFolder, typed: str) -> None:
    """All of it: an attacker can make a key whose last groups are the right ones."""
    new = keys.first.succession.new
    paper = new[:20] if typed == "first half" else typed
    done = run(drop, keys.first.to_bytes(), "--old-key-is-gone", paper)
    assert done.exit_code == 1
    assert "which is not the one you typed" in done.output
    assert load_intake_key(drop.intake_key).fingerprint == keys.old


def replace_without_asking(root: str, file: str) -> None:
    """What is killed."""
    new_intake_key.exchange_key(Path(root), Path(file), None, DAY, lambda _change: True)


def test_a_kill_at_any_moment_leaves_a_host_that_seals(keys: Keys, made: Path, tmp_path: Path) -> None:
    """Whole files, the old key or the new one, and the list fits whichever it is; doing it once more ends it."""
    file = tmp_path / "statement"
    file.write_bytes(keys.first.to_bytes())
    what = f"{__name__}:{replace_without_asking.__name__}"
    new, seen = keys.first.succession.new, set()
    with open_killer(tmp_path) as killer:
        # Before anything has its name; between the list and the key; when both have theirs.
        blows = (Blow("rename", 1), Blow("rename", 2), Blow("fsync", 4))
        for place, blow in enumerate(blows):
            drop = DropFolder(tmp_path / str(place))
            shutil.copytree(made, drop.root, ignore=but_sockets_and_locks)
            assert killer.run(what, [drop.root, file], blow).status != 0
            holds = load_intake_key(drop.intake_key).fingerprint
            assert read_changes(drop, holds) == (() if holds == keys.old else (Change(1, DAY, keys.old, new),))
            seen.add(holds)
            if holds == keys.old:
                replace_without_asking(str(drop.root), str(file))
            assert load_intake_key(drop.intake_key).fingerprint == new
            assert len(read_changes(drop, new)) == 1
    assert seen == {keys.old, new}


def test_check_says_who_signed_what_is_here(keys: Keys, drop: DropFolder) -> None:
    """Signed: well. By paper: a warning, for whoever was not there. A damaged list: a fault."""

    def grade(words: str) -> str:
        [found] = [each for each in CHECKS["intake-key"](drop) if words in each.sentence]
        return ("warning" if found.warns else "right") if found.sound else "fault"

    assert run(drop, keys.first.to_bytes()).exit_code == 0
    assert grade("and the one before signed it") == "right"
    paper = keys.second.succession.new
    assert run(drop, keys.second.to_bytes(), "--old-key-is-gone", paper).exit_code == 0
    assert grade("The one before did not sign it") == "warning"
    drop.key_history.write_bytes(b"{")
    assert grade("The list of former intake keys") == "fault"


def test_a_backup_carries_the_key_and_the_list_of_those_before(keys: Keys, drop: DropFolder) -> None:
    """The list last: it may run ahead of the key, never behind it."""
    assert run(drop, keys.first.to_bytes()).exit_code == 0
    carried = list(CONTENTS.small_files(drop.root))
    assert carried.index("intake-key.asc") < carried.index("intake-key-history.json")
    assert CONTENTS.may_hold("intake-key-history.json")
