"""What a wrong stick, and what a wrong answer does at the source host: nothing, and it says so in a sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ceremony.plugged_in import REHEARSAL
from ceremony.state import STATE
from ceremony.stick import FOLDER
from source_interface.commands import main as drop_command
from tests.ceremony_table import DROP, Table


@pytest.fixture
def table(sitting_on_its_way: Table) -> Table:
    """A sitting whose stick is on its way; only looked at."""
    return sitting_on_its_way


@pytest.fixture(autouse=True)
def _there_is_no_stick_in_a_test(tmp_path: Path) -> None:
    """What stands for one is a folder of the same disk, as in a rehearsal."""
    (tmp_path / REHEARSAL).touch()


def run_drop(*words: str, typed: str = "") -> Result:
    """A command of the source host."""
    return CliRunner().invoke(drop_command, list(words), input=typed)


INTAKE = "candour-ceremony/intake-key.asc"


def swap(stick: Path) -> None:
    """Another key under the same name."""
    (stick / INTAKE).write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----")


def take_out_list(stick: Path) -> None:
    """Pulled out before the list was written."""
    (stick / FOLDER / "outward.json").unlink()


def damage_list(stick: Path) -> None:
    """Half of it."""
    path = stick / FOLDER / "outward.json"
    path.write_bytes(path.read_bytes()[:40])


STICKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "one that was never at the desk": (shutil.rmtree, "There is no stick at"),
    "one that was pulled out too early": (take_out_list, "brings nothing from the desk. Nothing was changed."),
    "one whose list is damaged": (damage_list, "is damaged. Nothing was done with it."),
    "one with a swapped file": (swap, "intake-key.asc on the stick is not the file that the other host wrote"),
}


@pytest.mark.parametrize("which", STICKS)
def test_a_wrong_stick_is_refused_in_a_sentence_and_nothing_is_made(table: Table, tmp_path: Path, which: str) -> None:
    """Also when the sitting had begun with the right one."""
    spoil, sentence = STICKS[which]
    shutil.copytree(table.root / "stick", tmp_path / "stick")
    words = ["ceremony", "--data", str(tmp_path / "drop"), "--stick", str(tmp_path / "stick")]
    assert "Step 2 of 9" in run_drop(*words).output
    spoil(tmp_path / "stick")
    told = run_drop(*words)
    assert told.exit_code == 1
    assert sentence in " ".join(told.output.split())
    assert not (tmp_path / "drop" / "pepper").exists()


WRONG = {
    "other groups, three times": ("0000 0000 0000\n" * 3, "attempts are left"),
    "Enter alone": ("\n\n\n", "That is not the same."),
    "two groups of three": ("{two}\n" * 3, "That is not the same."),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_was_not_compared_makes_nothing(table: Table, tmp_path: Path, which: str) -> None:
    """The source host seals to no key that people did not compare, shows none of it, and says what to do."""
    typed, also = WRONG[which]
    words = ["ceremony", "--data", str(tmp_path / "drop"), "--stick", str(table.root / "stick")]
    groups = table.answers.heard["intake key"].split()
    told = run_drop(*words, typed=typed.format(two=" ".join(groups[:2])))
    assert told.exit_code == 1
    said = " ".join(told.output.split())
    assert "The key on this stick is not what the desk shows. Nothing was made." in said
    assert also in said
    assert [each for each in groups if each in said] == []
    assert not (tmp_path / "drop" / "pepper").exists()


def test_three_right_groups_are_not_enough_if_the_rest_is_different(table: Table, tmp_path: Path) -> None:
    """People say so after all of it was read aloud."""
    shutil.copytree(table.root / "stick", tmp_path / "stick")
    other = Table(tmp_path, table.answers)
    assert other.go_on(DROP, "different", kill=False) == 1
    assert "The three are right." in other.said[DROP]
    assert "Nothing was made." in " ".join(other.said[DROP].split())
    assert not (tmp_path / "drop" / "pepper").exists()


def test_a_name_that_cannot_be_is_never_among_the_settings(table: Table, tmp_path: Path) -> None:
    """Cut short just then, neither the site nor this sitting would start again. Enter alone is no name."""
    facts = {"intake": table.answers.heard["intake key"], "recovery": table.answers.heard["recovery key"]}
    state = {"candour_ceremony": 1, "sitting": "", "done": ["stick", "aloud"], "facts": facts}
    (tmp_path / "drop").mkdir(mode=0o700)
    (tmp_path / "drop" / STATE).write_text(json.dumps(state))
    (tmp_path / "drop" / STATE).chmod(0o600)
    words = ["ceremony", "--data", str(tmp_path / "drop"), "--stick", str(table.root / "stick")]
    told = run_drop(*words, typed=f"\n{'x' * 61}\n")
    assert told.output.count("must have 1 to 60 characters") == 2
    assert not (tmp_path / "drop" / "settings.json").exists()
