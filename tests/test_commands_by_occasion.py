"""What --help shows: every command once, under an occasion, its line whole on 80 columns.

A command that is named under no occasion is found by nobody. So every one that the modules of a program hold must be
reached.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import journalist_interface
import source_interface
from journalist_interface.commands import main as candour_desk
from serving.named_commands import Named, NamedCommands
from source_interface.commands import main as candour_drop

PROGRAMS = {"candour-drop": (candour_drop, source_interface), "candour-desk": (candour_desk, journalist_interface)}
COLUMNS = 80


def below(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, by the words that are typed after the program's name."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from below(found, (*words, name))


GROUPS = {
    " ".join((program, *words)): (main, words, command)
    for program, (main, _package) in PROGRAMS.items()
    for words, command in below(main)
    if isinstance(command, click.Group)
}


def told(main: click.Command, words: tuple[str, ...]) -> list[str]:
    """The lines of --help in a window of 80 columns, from the first command on."""
    done = CliRunner().invoke(main, [*words, "--help"], env={"COLUMNS": str(COLUMNS)})
    assert done.exit_code == 0, done.output
    return done.output.split("Show this message and exit.\n", 1)[1].splitlines()


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_stands_at_one_occasion(program: str) -> None:
    """None is left out: what any module of the program holds is reached from its name."""
    main, package = PROGRAMS[program]
    named = [name for commands in main.occasions.values() for name in commands]
    assert sorted(named) == sorted(set(named)) == sorted(main.list_commands(click.Context(main)))
    reached = {id(command) for _words, command in below(main)}
    [folder] = package.__path__
    modules = [
        importlib.import_module(f"{package.__name__}.{path.stem}") for path in Path(folder).glob("*commands*.py")
    ]
    held = {f"{module.__name__}.{name}": each for module in modules for name, each in vars(module).items()}
    commands = {name: each for name, each in held.items() if isinstance(each, click.Command)}
    assert len(commands) >= len(reached)
    assert [name for name, each in commands.items() if id(each) not in reached] == []


def test_a_command_is_not_named_at_two_occasions() -> None:
    """The second would hide the first, and whoever looks under the first types the second."""
    with pytest.raises(ValueError, match="named at two occasions: looks"):
        NamedCommands(
            name="x",
            occasions={
                "By day": {"looks": Named("Look", lambda: click.Command("looks"))},
                "By night": {"looks": Named("Look again", lambda: click.Command("looks"))},
            },
        )


def test_a_command_that_is_added_without_an_occasion_is_not_there() -> None:
    """Click's own way to add one leads past the occasions, so it leads nowhere."""
    group = NamedCommands(name="x", occasions={"By day": {"looks": Named("Look", lambda: click.Command("looks"))}})
    group.add_command(click.Command("hidden"))
    assert group.list_commands(click.Context(group)) == ["looks"]
    assert CliRunner().invoke(group, ["hidden"]).exit_code == 2


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_lists_the_occasions_in_order_with_the_whole_line_of_each_command(program: str) -> None:
    """One line each, none cut and none wrapped, all in two columns."""
    main, _package = PROGRAMS[program]
    width = max(len(name) for commands in main.occasions.values() for name in commands)
    expected = []
    for occasion, commands in main.occasions.items():
        expected += ["", f"{occasion}:", *(f"  {name:{width}}  {each.line}" for name, each in commands.items())]
    assert told(main, ()) == expected
    assert [line for line in expected if len(line) > COLUMNS] == []


def test_both_programs_have_the_same_occasions() -> None:
    """Who knows one host finds the way on the other, with what is wrong last, where the eye is when it is printed."""
    occasions = list(candour_drop.occasions)
    assert occasions == list(candour_desk.occasions)
    assert occasions[0] == "To set this host up"
    assert occasions[-1] == "When something is wrong"


@pytest.mark.parametrize("group", GROUPS)
def test_no_line_of_help_is_cut(group: str) -> None:
    """Half a sentence of a command that destroys is worse than none."""
    main, words, command = GROUPS[group]
    assert isinstance(command, click.Group)
    lines = [line for line in told(main, words) if line.startswith("  ")]
    names = command.list_commands(click.Context(command))
    assert [line.split()[0] for line in lines] == names
    assert [line for line in lines if "..." in line or "…" in line or len(line) > COLUMNS] == []
