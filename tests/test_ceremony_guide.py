"""docs/guide-ceremony.md: its command lines can be typed, and every sentence it quotes is one that is said."""

import re
from pathlib import Path

import pytest

from deploy.hosts.units import UNITS
from journalist_interface.sitting.steps import DESK_STEPS
from source_interface.sitting.steps import DROP_STEPS
from tests.test_guide_onion import parse

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "guide-ceremony.md").read_text("utf-8")
LINES = sorted(set(re.findall(r"^ *(candour-(?:drop|desk) .*)$", GUIDE, re.M)))
QUOTED = re.findall(r"^> (.*)$", GUIDE, re.M)


def said_by_the_programs() -> str:
    """Every sentence of the sitting, as it stands in the code, pieces joined."""
    folders = ("ceremony", "journalist_interface/sitting", "source_interface/sitting")
    files = [path for folder in folders for path in sorted((ROOT / folder).glob("*.py"))]
    files.append(ROOT / "journalist_interface" / "handing_out.py")
    text = "".join(path.read_text("utf-8") for path in files)
    return re.sub(r'"\s*\n\s*"', "", text)


def test_the_guide_has_what_this_looks_at() -> None:
    """So that an empty list is noticed."""
    assert (len(LINES), len(QUOTED)) == (5, 16)


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_guide_can_be_typed(line: str) -> None:
    """As it stands, with all that it requires."""
    parse(line)


def test_every_sentence_that_is_quoted_is_said() -> None:
    """Word for word: people compare the page with the screen. Numbers are those of three custodians."""
    said = said_by_the_programs().replace("{n}", "3")
    assert [each for each in QUOTED if each not in said] == []


def test_nothing_secret_is_printed_or_typed_where_it_is_kept() -> None:
    """The guide says where not to sit, and leads nobody to a printer, a second stick or a folder of shares."""
    assert "(`tmux`, `screen`, `script`)" in GUIDE
    assert "Nothing is printed today that is secret." in GUIDE
    assert [word for word in ("**CARDS**", "--shares-to", "“print”") if word in GUIDE] == []


def test_a_source_host_has_no_menu() -> None:
    """Nor a desktop: a stick is taken out with a command, which the screen gives."""
    assert "by its menu" not in said_by_the_programs()
    assert "umount" in said_by_the_programs()


def test_every_program_of_an_installed_host_is_started() -> None:
    """One that is forgotten waits for the machine's next restart: without its watch nobody looks at the host."""
    said = said_by_the_programs() + (ROOT / "docs" / "guide-install.md").read_text("utf-8")
    lines = [set(line.split()) for line in re.findall(r"systemctl restart (candour-tor candour-[a-z -]+)", said)]
    for units in UNITS.values():
        running = {unit.name for unit in units if not unit.nightly}
        assert sum(running <= line for line in lines) == 2, running


def steps_in(part: str) -> list[str]:
    """The names of steps that a part of the guide leads through."""
    return re.findall(r"“(\w+)”", " ".join(re.findall(r"\*\*(Steps? [^*]+)", part)))


def test_every_step_of_both_programs_stands_in_the_guide_in_their_order() -> None:
    """By its name, which --where shows too."""
    at_desk, at_drop, again, last_stick, both = re.split(r"^### \d\. ", GUIDE, flags=re.M)[1:]
    desk, drop = (at_desk, again, both), (at_drop, last_stick, both)
    assert [name for part in desk for name in steps_in(part)] == [step.name for step in DESK_STEPS]
    assert [name for part in drop for name in steps_in(part)] == [step.name for step in DROP_STEPS]


def test_every_refusal_of_the_table_is_one_that_is_said() -> None:
    """Somebody looks it up with a stick in the hand."""
    said = said_by_the_programs()
    refusals = re.findall(r"^\| “([^”]+)” \|", GUIDE, re.M)
    assert len(refusals) == 4
    assert [each for each in refusals if each not in said] == []
