"""docs/guide-administrator.md: one page with every command of both programs, and none that is not there.

The programs say which commands they have. The page says which guide leads through each: that section must name it.
"""

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from deploy.hosts.clock_unit import NAME as CLOCK
from deploy.hosts.daily_look import NAME as POSTURE
from deploy.hosts.main import parse as parse_deploy
from deploy.hosts.units import BACKUPS, UNITS
from tests.test_commands_by_occasion import PROGRAMS, below
from tests.test_guide_onion import parse

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
PAGE = (DOCS / "guide-administrator.md").read_text("utf-8")
COMMANDS = {
    " ".join((program, *words)): command
    for program, (main, _package) in PROGRAMS.items()
    for words, command in below(main)
    if not isinstance(command, click.Group)
}
DANGER = ("looks", "safe", "**careful**", "**secret**", "**for good**")
# Guides at which an administrator begins, or to which one turns.
BEGINNINGS = ("install", "ceremony", "disaster", "keys", "upgrade", "watching")
# What shows or writes a secret, as the code of a command shows it: a screen that is cleared, or a file with the token.
SECRET = re.compile(r"\b(?:shown_once|show_enrolment|make_pairing|make_drop)\(")
# Who is needed, as the code of a command shows it; and where people are needed for what it does not do itself.
CUSTODIANS = re.compile(r"\bcustodians\(data\)|_key_of\(head\)|NewShares")
OFFICER = re.compile(r"\bask_officer\(|\bask_key_holders\(")
WITH_PEOPLE = {
    "candour-desk ceremony": "custodians",  # in steps of its own
    "candour-drop ceremony": "custodians",  # each holds the card to what is read aloud
    "candour-desk rehearse": "custodians",  # they practise
    "candour-drop restore": "custodians",  # whose shares give the code, at the desk
    "candour-desk shut-inbox": "a reader of the case",
    "candour-drop intake-key replace": "two people",  # at the telephone
}


class Row(NamedTuple):
    """A command in a table of the page."""

    command: str
    where: str
    does: str
    danger: str
    guide: str


class Runs(NamedTuple):
    """A service in the table of those."""

    unit: str
    where: str
    does: str
    command: str
    when: str


def cells(line: str) -> list[str]:
    """What stands in the cells of a row."""
    return [cell.strip() for cell in line.strip("|").split("|")]


ROWS = [Row(*cells(line)) for line in re.findall(r"^\| `(?:candour-d\w+ |deploy/).*", PAGE, re.M)]
SERVICES = [Runs(*cells(line)) for line in re.findall(r"^\| `candour-\w+\.(?:service|timer)`.*", PAGE, re.M)]


def typed(row: Row) -> str:
    """The command of a row, without its marks."""
    return row.command.strip("`")


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections(document: str) -> Iterator[tuple[str, str]]:
    """Each heading's anchor with all that stands below it, up to the next of its own or a higher level."""
    found = list(re.finditer(r"^(#+) (.*)$", document, re.M))
    for place, heading in enumerate(found):
        after = [other.start() for other in found[place + 1 :] if len(other[1]) <= len(heading[1])]
        yield slug(heading[2]), document[heading.start() : min(after, default=len(document))]


def linked(target: str) -> str:
    """What a link leads to. Raises KeyError if there is no such section."""
    name, _, anchor = target.partition("#")
    document = (DOCS / name).read_text("utf-8")
    return dict(sections(document))[anchor] if anchor else document


def test_every_command_stands_on_the_page_once_and_no_other() -> None:
    """A row of its own for each; what the services run for ever stands beside its service."""
    of_services = [run.command.strip("`") for run in SERVICES if run.command.startswith("`candour-")]
    listed = [*of_services, *(typed(row) for row in ROWS if typed(row).startswith("candour-"))]
    assert sorted(listed) == sorted(COMMANDS)


def test_installing_and_what_follows_it_stand_on_the_page() -> None:
    """The scripts in deploy/, each with what it can be told; its parser reads them."""
    listed = [typed(row).split() for row in ROWS if typed(row).startswith("deploy/")]
    scripts = {path.name for path in (CHECKOUT / "deploy").iterdir() if path.is_file() and not path.suffix}
    assert {script.removeprefix("deploy/") for script, *_options in listed} == scripts
    for script, *options in listed:
        parse_deploy([script.removeprefix("deploy/"), "drop", *options])


@pytest.mark.parametrize("row", ROWS, ids=typed)
def test_a_row_says_where_and_how_dangerous_and_who_is_needed(row: Row) -> None:
    """Nobody is to learn from the command itself, at night, that a second person should have come."""
    assert row.where == {"candour-drop": "S", "candour-desk": "R"}.get(typed(row).split()[0], "S, R")
    assert row.danger.startswith(DANGER)
    code = inspect.getsource(inspect.unwrap(COMMANDS[typed(row)].callback)) if typed(row) in COMMANDS else ""  # type: ignore[arg-type]
    needed = {"custodians": bool(CUSTODIANS.search(code)), "officer": bool(OFFICER.search(code))}
    people = {who for who, is_needed in needed.items() if is_needed} | {WITH_PEOPLE.get(typed(row), "")} - {""}
    assert set(row.danger.split("; ")[1:]) == people


@pytest.mark.parametrize("row", [row for row in ROWS if typed(row) in COMMANDS], ids=typed)
def test_what_shows_a_secret_or_can_erase_is_marked(row: Row) -> None:
    """Somebody else in the room reads along; and an option that erases what the command alone would keep is named."""
    command = COMMANDS[typed(row)]
    code = inspect.getsource(inspect.unwrap(command.callback))  # type: ignore[arg-type]
    assert "**secret**" in row.danger or not SECRET.search(code)
    erases = [each for each in command.params if re.search(r"\berased?\b", getattr(each, "help", None) or "", re.I)]
    assert "**for good**" in row.danger or not erases


def test_what_is_left_where_all_data_is_destroyed_is_said() -> None:
    """The backups' own disk stays: whoever destroys a host for fear of who comes must know."""
    [row] = [row for row in ROWS if typed(row) == "deploy/uninstall --destroy-data"]
    assert f"a disk at `{BACKUPS}` stays" in row.does


@pytest.mark.parametrize("row", [row for row in ROWS if typed(row) in COMMANDS], ids=typed)
def test_what_is_for_good_is_said_in_capitals_by_help_and_whether_it_asks_by_the_page(row: Row) -> None:
    """One judgement in both places, and no surprise at pressing Enter."""
    program, name, *below_it = typed(row).split()
    main, _package = PROGRAMS[program]
    [line] = [named[name].line for named in main.occasions.values() if name in named]
    line = COMMANDS[typed(row)].short_help or "" if below_it else line
    is_for_good = row.danger.startswith("**for good**")
    assert bool(re.search(r"\b(DESTROY|ERASE|END)\b", line)) == is_for_good
    module = inspect.getsource(inspect.getmodule(COMMANDS[typed(row)].callback))  # type: ignore[arg-type]
    asks = bool(re.search(r"if not (?:yes and not )?click\.confirm|To do it, type the word", module))
    says = re.findall(r"It (asks|does not ask)", row.does)
    assert says in ([], ["asks" if asks else "does not ask"])
    assert says or not is_for_good or "officer" in row.danger


@pytest.mark.parametrize("row", ROWS, ids=typed)
def test_the_guide_of_a_row_has_its_command(row: Row) -> None:
    """In the very section to which the row leads, and which it names for who has it on paper."""
    [(shown, target)] = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", row.guide)
    name, _, heading = shown.partition(": ")
    assert f"{name}.md#{slug(heading)}".removesuffix("#") == target
    program, *words = typed(row).split()
    wanted = [program, *words] if program.startswith("deploy/") else [" ".join(words)]
    text = linked(target)
    assert [each for each in wanted if not re.search(rf"(?<!\w){re.escape(each)}\b", text)] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^):]+)\)", PAGE))))
def test_every_link_leads_to_a_section(target: str) -> None:
    """Not to the head of a long guide, from where somebody would have to search."""
    assert linked(target)


def test_each_line_that_can_be_typed_is_read_by_its_program(tmp_path: Path) -> None:
    """In lines of their own, and within sentences; with the stick in its place, and last month's checkpoint on it."""
    (tmp_path / "checkpoint-2026-11.json").touch()
    lines = re.findall(r"^(candour-(?:drop|desk) .*)$", PAGE, re.M)
    assert len(lines) == 4
    lines += re.findall(r"`(candour-(?:drop|desk) [^`\n]* --data [^`\n]*)`", PAGE)
    assert [line.split()[1] for line in lines[4:]] == ["silence", "revoke-desk"]
    for line in lines:
        parse(line.replace("/mnt/stick", shlex.quote(str(tmp_path))))


def test_the_services_are_those_that_the_installer_writes() -> None:
    """Each on its host, with the command that it runs."""
    plans = {"S": "drop", "R": "desk"}
    listed = {(plans[host], run.unit.strip("`")) for run in SERVICES for host in run.where.split(", ")}
    written = {
        (plan, f"{unit.name}.{'timer' if unit.nightly else 'service'}") for plan in UNITS for unit in UNITS[plan]
    }
    assert listed == written | {(plan, f"{name}.timer") for plan in UNITS for name in (CLOCK, POSTURE)}
    commands = {(plan, f"{unit.name}.service"): unit.command for plan in UNITS for unit in UNITS[plan]}
    for run in SERVICES:
        if run.unit.endswith(".service`"):
            assert commands[plans[run.where], run.unit.strip("`")].startswith(f"{run.command.strip('`')} --data ")


def test_it_is_one_page() -> None:
    """Longer, nobody prints it."""
    assert len(PAGE.splitlines()) < 200


@pytest.mark.parametrize("guide", BEGINNINGS)
def test_a_guide_at_which_one_begins_leads_to_the_page(guide: str) -> None:
    """Else nobody finds it who does not know of it."""
    assert "](guide-administrator.md)" in (DOCS / f"guide-{guide}.md").read_text("utf-8")


def test_the_readme_leads_to_the_page() -> None:
    """It is the first thing that somebody reads of Candour."""
    assert "](docs/guide-administrator.md)" in (DOCS.parent / "README.md").read_text("utf-8")
