"""docs/guide-disaster.md as a page: it leads to each disaster, each says the same five things in lines one can type."""

import re
from pathlib import Path

import pytest

from source_interface.commands import main as drop_main
from tests.disaster_night import GUIDE, IMITATED, RUN_FOR_REAL, lines, section
from tests.test_guide_onion import parse

SECTIONS = re.findall(r"^## (.*)$", GUIDE, re.M)
PARTS = ("**Now", "**What it gives up.**", "**Tell.**", "**In the next days", "**Cannot be undone.**")


def test_the_first_screen_leads_to_each_disaster() -> None:
    """Before anything else; and no disaster is without its line there."""
    first = GUIDE.split("\n## ", 1)[0]
    led = re.findall(r"\]\(#([a-z0-9-]+)\)", first)
    assert sorted(led) == sorted(title.lower().replace(" ", "-") for title in SECTIONS)
    assert first.index("999") < first.index("| which of these happened? |")
    assert len(first.splitlines()) < 40


@pytest.mark.parametrize("title", SECTIONS)
def test_each_says_the_five_things_in_their_order_on_a_page(title: str) -> None:
    """What to do now, what is given up, who is told what (sources first), the next days, what nobody undoes."""
    text = section(title)
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    told = text.split("**Tell.**", 1)[1].split("**In the next days", 1)[0]
    assert told.strip().startswith("*Sources*") or told.strip().startswith("*The source*")
    # A page of paper: some sixty lines of ninety-five signs.
    assert sum(1 + len(line) // 95 for line in text.splitlines()) < 75, title


@pytest.mark.parametrize("title", SECTIONS)
def test_every_line_is_one_that_can_be_typed(title: str, tmp_path: Path) -> None:
    """A command of ours with all that it requires, or a program of Debian's."""
    found = lines(title)
    assert found
    for line in found:
        if line.startswith("candour-"):
            for name in re.findall(r"\$STICK/(\w+\.auth)", line):
                (tmp_path / name).touch()
            parse(line.replace("$STICK", str(tmp_path)))
        else:
            assert line.split()[0] in IMITATED | RUN_FOR_REAL, line


def test_what_is_imitated_is_there() -> None:
    """The programs of Debian that the guide calls are of packages that the installer has, or of every Debian."""
    of_debian = {"systemctl", "passwd", "apt-get", "hwclock", "cryptsetup"}
    assert of_debian == IMITATED
    assert drop_main.get_command is not None
