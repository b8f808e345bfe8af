"""How the installed commands start: each loads what it needs itself, and what serves begins again before that."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click
import pytest

from journalist_interface.commands import main as candour_desk
from serving.named_commands import NamedCommands
from source_interface.commands import main as candour_drop

COMMANDS = Path(sys.executable).parent
SERVERS = [("candour-drop", "serve"), ("candour-drop", "door"), ("candour-desk", "serve")]


def loaded_by(folder: Path, command: str, *arguments: str, ends: int = 1) -> Counter[str]:
    """Start an installed command that ends with this exit code; return how often each module was loaded meanwhile."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", COMMANDS / command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == ends, ended.stderr
    return Counter(re.findall(r"^import time:.*\| *([\w.]+)$", ended.stderr, re.MULTILINE))


@pytest.mark.parametrize("server", SERVERS, ids=" ".join)
def test_a_server_loads_nothing_large_twice(tmp_path: Path, server: tuple[str, str]) -> None:
    """It begins again, so that freed memory is overwritten: first of all, not once a second's work is done."""
    command, serve = server
    loaded = loaded_by(tmp_path, command, serve, "--data", "nowhere", "--bind", "127.0.0.1:0")
    assert loaded["serving.memory"] == 2
    assert (loaded["click"], loaded["flask"], loaded["sqlalchemy"]) == (1, 1, 1)


@pytest.mark.parametrize("command", ["candour-drop", "candour-desk"])
def test_what_serves_nobody_does_not_begin_again(tmp_path: Path, command: str) -> None:
    """Not even where its arguments name a server."""
    assert loaded_by(tmp_path, command, "check", "--data", "serve")["serving.memory"] == 1


# Some that need little, and what others need.
PAGES = ("flask", "gunicorn", "zxcvbn")
NOT_LOADED = {
    ("candour-drop", "check"): (*PAGES, "jinja2", "source_interface.site_app", "source_interface.door_app", "segno"),
    ("candour-drop", "door"): ("source_interface.site_app", "segno"),
    ("candour-desk", "collect"): (*PAGES, "fido2", "holidays", "journalist_interface.desk_app"),
    ("candour-desk", "check"): (*PAGES, "holidays", "urllib3", "journalist_interface.desk_app"),
}


@pytest.mark.parametrize("started", NOT_LOADED, ids=" ".join)
def test_a_command_loads_nothing_that_only_others_need(tmp_path: Path, started: tuple[str, str]) -> None:
    """The courier starts every few minutes, and has neither pages nor passkeys."""
    command, name = started
    bind = ["--bind", "127.0.0.1:0"] if name == "door" else []
    loaded = loaded_by(tmp_path, command, name, "--data", "nowhere", *bind)
    assert loaded["sqlalchemy"] == 1
    assert [module for module in NOT_LOADED[started] if loaded[module]] == []


@pytest.mark.parametrize("command", [candour_drop, candour_desk], ids=["candour-drop", "candour-desk"])
def test_every_command_has_one_name(command: NamedCommands) -> None:
    """What it calls itself is what it is found by."""
    here = click.Context(command)
    found = {name: loaded for name in command.list_commands(here) if (loaded := command.get_command(here, name))}
    assert {name: loaded.name for name, loaded in found.items()} == {name: name for name in found}
    assert list(found) == command.list_commands(here)
    assert command.get_command(here, "no such command") is None


@pytest.mark.parametrize("command", ["candour-drop", "candour-desk"])
def test_help_loads_no_command(tmp_path: Path, command: str) -> None:
    """It tells of all, and took six seconds of a frightened person's night while it loaded all."""
    loaded = loaded_by(tmp_path, command, "--help", ends=0)
    assert [module for module in loaded if ".commands_" in module or module.endswith("courier_commands")] == []
    assert not loaded["sqlalchemy"]


LOOKS = """
import gc, sys
from serving.named_commands import Named, NamedCommands
import click

collected = []

def load():
    collected.append(gc.isenabled())
    return looks

@click.command()
def looks():
    print(collected[0], gc.isenabled(), gc.get_freeze_count() > 10_000)

sys.argv = ["x", "looks"]
NamedCommands(name="x", occasions={"x": {"looks": Named("", load)}}).run()
"""


def test_what_was_loaded_is_not_looked_through_for_rubbish(tmp_path: Path) -> None:
    """It is set aside once it is there; what the command makes itself is collected as ever."""
    done = subprocess.run([sys.executable, "-c", LOOKS], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
