"""docs/guide-onion.md: every command can be typed, services come back after a restart, steps stand in order."""

import configparser
import re
import shlex
from pathlib import Path

import click
import pytest

from journalist_interface.commands import main as desk
from source_interface.commands import main as drop

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide-onion.md").read_text("utf-8")
PROGRAMS = {"candour-drop": drop, "candour-desk": desk}
# In lines of their own, and within sentences; those that name a command alone have no --data.
TYPED = sorted(
    set(re.findall(r"^ *(?:ExecStart=/opt/candour/\.venv/bin/)?(candour-(?:drop|desk) .* --data .*)$", GUIDE, re.M))
    | set(re.findall(r"`(candour-(?:drop|desk) [^`\n]* --data [^`\n]*)`", GUIDE))
)


def section(title: str) -> str:
    """One section of the guide."""
    return GUIDE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def parse(line: str) -> None:
    """Have click read a command as typed, and run nothing. Raises UsageError."""
    program, *words = shlex.split(line)
    command: click.Command = PROGRAMS[program]
    with click.Context(command) as context:
        while isinstance(command, click.Group):
            name, found, words = command.resolve_command(context, words)
            assert found is not None, name
            command = found
        command.make_context(command.name, words, parent=context)


def test_the_guide_has_the_commands_that_this_looks_at() -> None:
    """Of both hosts; were they spelt otherwise, nothing would be tested below."""
    assert len(TYPED) > 20
    assert {line.split()[0] for line in TYPED} == PROGRAMS.keys()


@pytest.mark.parametrize("line", TYPED)
def test_a_command_can_be_typed_as_it_stands(line: str) -> None:
    """With all that it requires: somebody types it at night, with a host that is lost."""
    parse(line)


def test_services_come_back_after_a_restart() -> None:
    """A unit without [Install] is not started by any target, and says nothing of it."""
    [text] = re.findall(r"^```\n(\[Unit\]\n.*?)^```", GUIDE, re.M | re.S)
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert unit["Unit"]["After"] == unit["Unit"]["Wants"] == "network-online.target"
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["User"] == "candour"
    setting_up = section("Setting up, in one sitting")
    names = set(re.findall(r"^\| source \| `(candour-\w+\.service)`", setting_up, re.M))
    [enabled] = re.findall(r"^systemctl enable --now (.*)$", setting_up, re.M)
    assert set(enabled.split()) == names
    order = ["`/etc/systemd/system/", "systemctl daemon-reload", "systemctl enable", "Restart the machine once"]
    places = [setting_up.index(words) for words in order]
    assert places == sorted(places)


def test_the_charity_is_named_before_anything_says_its_name() -> None:
    """The site and the poster would name another one; and the page's place is given, or web servers keep logs."""
    setting_up = section("Setting up, in one sitting")
    named = setting_up.index('{"charity_name": ')
    assert named < setting_up.index("candour-drop serve") < setting_up.index("candour-drop landing")
    assert re.search(r"candour-drop landing --data DIR --out \S+ --clearnet-url https://", setting_up)


def test_a_lost_reviewer_host_is_shut_out_before_another_is_let_in() -> None:
    """The pairing file is made last, or it leads to the old door, and under a name that is free."""
    lost = GUIDE.split("When a reviewer host was lost:", 1)[1].split("\n## ", 1)[0]
    order = [
        "candour-drop revoke-desk --data DIR",
        "onion new-address --data DIR door",
        "candour-drop pairing --data DIR",
        "onion set-up",
    ]
    places = [lost.index(words) for words in order]
    assert places == sorted(places)
    taken = re.findall(r"init --data DIR --intake-key \S+ --pairing (\S+)", GUIDE)
    [made] = re.findall(r"candour-drop pairing --data DIR --pairing (\S+)`", lost)
    assert made not in taken
    assert f"--courier-key FILE --pairing {made}`" in lost


def test_nothing_is_needed_that_the_guide_does_not_bring() -> None:
    """From a bare Debian: packages, a user, a folder that is private, the commands."""
    setting_up = section("Setting up, in one sitting")
    for words in (
        "apt-get install --no-install-recommends git python3 tor",
        "useradd --system",
        "install -d -m 700 -o candour -g candour /srv/candour",
        "/opt/candour/run --set-up-only",
        'export PATH="/opt/candour/.venv/bin:$PATH"',
    ):
        assert words in setting_up, words
