"""What is typed while an upgrade goes on: refused, for going back would undo it unseen; what cannot wait is kept."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from deploy.hosts import data_copy, revoked_meanwhile, silenced_meanwhile, upgrade_refusals, upgrading
from deploy.hosts.host import Host, InstallError
from deploy.hosts.units import DATA, UNITS
from deploy.hosts.upgrade_acts import Choices
from deploy.hosts.upgrade_state import NOTE, Note, begin, open_for_looking
from journalist_interface import not_newer
from journalist_interface.commands import main as desk
from onion import clients
from onion.client_key import ClientKey, authorised
from source_interface import commands_shared, revoking_again, silenced
from source_interface.commands import main as drop
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import is_closed, read_lost_desk
from store.upgrade_going_on import COPIES
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.cut_host import CutHost, make

SINCE = "2026-11-25"


class RealCommand(CutHost):
    """A machine that is a folder, with a real data folder, and the commands as they are."""

    fails = False

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run what the installed program would."""
        verb = next((word for word in command if word in ("check", "revoke-desk", "silence")), None)
        if verb is None:
            return super().try_run(*command)
        words = [str(self.path(DATA)) if word == DATA else word for word in command[command.index(verb) :]]
        done = CliRunner().invoke(drop, words)
        return subprocess.CompletedProcess(command, 1 if self.fails else done.exit_code, done.stdout, done.stderr)

    @property
    def folder(self) -> DropFolder:
        """Its data folder."""
        return DropFolder(self.path(DATA))

    def is_shut_out(self) -> bool:
        """Tell whether the stolen desk can do nothing here, and the site takes nothing."""
        return (
            read_in_force(self.folder.tokens).is_void
            and not clients.names(self.folder.tor / "door")
            and is_closed(self.folder.desk_lost, key_in_force(self.folder))
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Path:
    """A source host's data folder, with a key to its door."""
    place = tmp_path_factory.mktemp("made")
    make_drop(place / "drop", intake_secret.public, place / "pairing.json")
    (place / "drop" / "tor").mkdir(mode=0o700)
    service = place / "drop" / "tor" / "door"
    clients.shut(service)
    clients.allow(service, "desk", authorised(ClientKey.draw().public))
    return place / "drop"


@pytest.fixture
def host(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealCommand:
    """In the middle of an upgrade: stopped, copied, looked at. No service ran, so none is waited for."""
    # The machine's own files, firewall and users: there is no machine.
    monkeypatch.setattr(upgrading, "around", lambda _plan: [])
    machine = make(tmp_path / "root", "new")
    shutil.rmtree(machine.path(DATA))
    shutil.copytree(made, machine.path(DATA), ignore=but_sockets_and_locks)
    host = RealCommand(machine.root, machine.source, "drop", owner=os.geteuid())
    begin(host, Note("drop", ()))
    data_copy.keep(host.path(DATA))
    open_for_looking(host)
    return host


def silent(_line: str) -> None:
    """Nobody reads it."""


ENDS: dict[str, Callable[[Host, Note, Callable[[str], None]], None]] = {
    "it goes back": upgrading.go_back,
    "it is well": upgrading.finish,
}


@pytest.mark.parametrize("how", ENDS)
def test_a_desk_that_was_shut_out_meanwhile_stays_shut_out(how: str, host: RealCommand) -> None:
    """The copy has the thief's token, their key and an open site: all of it is done again before anybody is let in."""
    typed = ["revoke-desk", "--data", str(host.path(DATA))]
    assert CliRunner().invoke(drop, [*typed, "--since", SINCE, "--close"]).exit_code == 0
    said = CliRunner().invoke(drop, typed)
    assert "If it goes back it does all this again before anybody is let in." in said.stdout
    host.fails = True
    with pytest.raises(InstallError, match="could not be shut out again"):
        ENDS[how](host, Note("drop", ()), silent)
    # Nobody is let in, and the same line goes on.
    assert host.path(NOTE).exists()
    host.fails = False
    ENDS[how](host, Note("drop", ()), silent)
    assert host.is_shut_out()
    lost = read_lost_desk(host.folder.desk_lost)
    assert lost is not None
    assert lost.since == SINCE
    assert list(host.path(DATA).glob("before-upgrade*")) == []
    assert not (host.path(DATA) / revoked_meanwhile.NOTE).exists()


def test_a_host_that_was_silenced_meanwhile_is_silent_once_it_has_gone_back(host: RealCommand) -> None:
    """Going back had read the pepper in the copy before it went from there. A desk shut out is no hindrance."""
    data, copy = host.path(DATA), host.path(DATA) / data_copy.COPY
    pepper = host.folder.pepper.read_bytes()
    assert CliRunner().invoke(drop, ["revoke-desk", "--data", str(data)]).exit_code == 0
    assert CliRunner().invoke(drop, ["silence", "--yes", "--data", str(data)]).exit_code == 0
    (copy / "pepper").write_bytes(pepper)
    host.fails = True
    with pytest.raises(InstallError, match="could not be silenced again"):
        upgrading.go_back(host, Note("drop", ()), silent)
    assert host.path(NOTE).exists()
    host.fails = False
    upgrading.go_back(host, Note("drop", ()), silent)
    assert silenced.is_silenced(data)
    assert [path.name for path in data.rglob("*") if path.is_file() and pepper in path.read_bytes()] == []
    assert not (data / revoked_meanwhile.NOTE).exists()


def test_what_was_shut_out_in_an_upgrade_that_is_over_does_not_come_back_in_the_next(
    host: RealCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note that was left behind would shut the new desk out. Without an upgrade none is written."""

    def fail() -> None:
        raise InstallError("no backup was made")

    data = host.path(DATA)
    revoking_again.note_again(data, revoking_again.Again(SINCE, close=True, remove=True))
    assert (data / revoked_meanwhile.NOTE).exists()
    monkeypatch.setattr(upgrading, "acts_before", lambda _host, _choices: [])
    monkeypatch.setattr(upgrading, "acts_inside", lambda _host, _choices: [("It fails.", fail)])
    for unit in UNITS["drop"]:
        host.path(f"/run/active/{unit.name}").unlink(missing_ok=True)
    with pytest.raises(InstallError, match="and was undone"):
        upgrading.upgrade(host, silent, Choices())
    assert not host.is_shut_out()
    revoking_again.note_again(data, revoking_again.Again(SINCE, close=True, remove=True))
    assert not (data / revoked_meanwhile.NOTE).exists()


def test_a_host_whose_desk_is_shut_out_can_be_upgraded(host: RealCommand) -> None:
    """Nothing that is kept is broken, and a security upgrade must not wait for a new desk; nor for a damaged token."""
    before = upgrade_refusals.faults(host)
    assert CliRunner().invoke(drop, ["revoke-desk", "--data", str(host.path(DATA)), "--close"]).exit_code == 0
    assert upgrade_refusals.faults(host) == before == set()


def test_a_damaged_note_of_it_lets_nobody_in(host: RealCommand) -> None:
    """It says what to do."""
    (host.path(DATA) / revoked_meanwhile.NOTE).write_text(json.dumps({"since": "--help", "close": True, "remove": 1}))
    with pytest.raises(InstallError, match="type “candour-drop revoke-desk” again"):
        upgrading.go_back(host, Note("drop", ()), silent)
    assert host.path(NOTE).exists()


def test_both_programs_call_it_by_one_name() -> None:
    """The installer's part is no part of the program, and has its own copy of each name."""
    assert COPIES == (data_copy.COPY, data_copy._HALF)
    assert revoked_meanwhile.NOTE == revoking_again.NAME
    assert silenced_meanwhile.MARK == silenced.MARK


def commands(group: click.Command, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is given a data folder, by its words."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, (*above, name))
    elif any("--data" in each.opts for each in group.params):
        yield above, group


def touching(command: click.Command, data: Path) -> list[str]:
    """The options without which nothing is done; what they say is looked at later."""
    words = ["--data", str(data)]
    for each in command.params:
        if each.required and isinstance(each, click.Option) and each.name != "data":
            words += [each.opts[0], "x"]
    return words


PROGRAMS: dict[str, tuple[click.Command, frozenset[str], set[str]]] = {
    "drop": (
        drop,
        commands_shared.HARMLESS,
        {"pairing", "intake-key replace", "pepper rotate", "pepper finish", "after-revoking reopen"},
    ),
    "desk": (desk, not_newer.HARMLESS, {"pair", "collect", "intake-key renew", "audit new-key", "audit checkpoint"}),
}


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("plan", PROGRAMS)
def test_every_command_that_could_be_undone_is_refused(plan: str, name: str, tmp_path: Path) -> None:
    """Before it looks at anything else, with a sentence; also while the copy is half made, or half erased."""
    program, harmless, changing = PROGRAMS[plan]
    (tmp_path / name).mkdir()
    refused, found = set[str](), set[str]()
    for words, command in commands(program):
        found.add(" ".join(words))
        if " ".join(words) in harmless:
            continue
        done = CliRunner().invoke(program, [*words, *touching(command, tmp_path)])
        assert (done.exit_code, "An upgrade of this host is going on" in done.output) == (1, True), (words, done.output)
        refused.add(" ".join(words))
    assert harmless <= found
    assert changing <= refused
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
