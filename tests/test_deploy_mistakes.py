"""What somebody types in haste, and what a run that failed leaves: the installer stops in time, and can go on."""

import os
import re
import shutil
from pathlib import Path

import pytest

from deploy.hosts.host import Host
from deploy.hosts.machine import hardened
from deploy.hosts.main import _VERBS, parse, run
from deploy.hosts.plans import plan_of
from deploy.hosts.program import (
    BEFORE,
    NEW,
    OLD,
    PROGRAM,
)
from deploy.hosts.steps import uninstall
from deploy.hosts.units import DATA, UPGRADE_BACKUPS
from deploy.hosts.upgrade_acts import Choices, note_now
from deploy.hosts.upgrade_state import NOTE, begin
from tests.cut_host import CutHost, make, state
from tests.small_disk import needs_root, small_disk

CHECKOUT = Path(__file__).resolve().parent.parent
WRONG = ("install desk", "upgrade desk", "upgrade desk --dry-run", "uninstall desk --destroy-data")


@pytest.fixture
def host(tmp_path: Path) -> CutHost:
    """A source host at work, and another version beside it."""
    return make(tmp_path / "root", "new")


@pytest.mark.parametrize("line", WRONG)
def test_one_word_wrong_does_not_take_the_source_host_away(
    line: str, host: CutHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """“desk” typed on the source host: its services would go, the program change under it, or the data be erased."""
    before, active = state(host), host.active()
    there = CutHost(host.root, host.source, "desk", owner=host.owner)
    assert run(there, parse(line.split())) == 1
    said = capsys.readouterr().err
    assert "This machine is the source host" in said
    assert "the same line with “drop”.\n" in said
    assert "What was done before" not in said
    assert (state(host), host.active()) == (before, active)


COMMAND = "#!/bin/sh\n# Written by Candour's installer\n"
_NOTE = '{"plan": "drop", "running": [], "files": {}, "good": false}'
DROP, DESK = "/usr/local/sbin/candour-drop", "/usr/local/sbin/candour-desk"
OF_DROP, OF_DESK = f"{DATA}/drop.sqlite", f"{DATA}/desk.sqlite"
# What is on the machine, what is typed, and what is said: nothing if it is begun.
MUDDLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "both commands, and this host's data": ((DROP, DESK, OF_DROP), "install drop", ""),
    "both commands, and the other's data": ((DROP, DESK, OF_DROP), "install desk", "the same line with “drop”"),
    "both commands, and the other's data to be erased": (
        (DROP, DESK, OF_DROP), "uninstall desk --destroy-data", "the same line with “drop”",
    ),
    "both commands, and no data": ((DROP, DESK), "install drop", ""),
    "the wrong word on a fresh machine": ((DESK,), "install drop", "deploy/uninstall desk --destroy-data, then"),
    "the slip is taken off": ((DESK,), "uninstall desk --destroy-data", ""),
    "the data of both": ((DROP, DESK, OF_DROP, OF_DESK), "install drop", "restore it on a machine of its own"),
    "the data of both, and another version": ((DROP, DESK, OF_DROP, OF_DESK), "upgrade desk", "take {}/drop.sqlite"),
    "the data of both, of which none is erased": (
        (DROP, DESK, OF_DROP, OF_DESK), "uninstall drop --destroy-data", "“candour-desk backup”",
    ),
    "the data of both, which stay": ((DROP, DESK, OF_DROP, OF_DESK), "uninstall drop --keep-data", ""),
    "the other host, at whose terminal somebody sits": (
        (DROP, OF_DROP), "uninstall desk --keep-data", "the same line with “drop”",
    ),
    "an upgrade cut short, and the data of both": (
        (DROP, DESK, OF_DROP, OF_DESK, NOTE), "upgrade drop --unfinished", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("muddle", MUDDLES)
def test_no_machine_is_sent_to_and_fro_between_two_refusals(
    muddle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version let both be installed on one machine: for each there is a line that is begun."""
    there, line, said = MUDDLES[muddle]
    plan, begun = line.split()[1], list[str]()
    host = Host(tmp_path, CHECKOUT, plan, owner=os.geteuid())
    for path in there:
        host.write(path, _NOTE if path == NOTE else COMMAND, 0o755)

    def begin_it(_host: Host, _chosen: object) -> int:
        begun.append(line)
        return 0

    monkeypatch.setitem(_VERBS, line.split()[0], begin_it)
    code = run(host, parse(line.split()))
    assert (code, begun) == ((1, []) if said else (0, [line]))
    assert said.format(DATA) in capsys.readouterr().err


def test_the_unfinished_upgrade_of_the_other_host_is_not_brought_to_its_end_as_this_ones(host: CutHost) -> None:
    """Its files would be put right by the other's list."""
    begin(host, note_now(host, Choices()))
    before = state(host)
    assert (
        run(CutHost(host.root, host.source, "desk", owner=host.owner), parse(["upgrade", "desk", "--unfinished"])) == 1
    )
    assert state(host) == before


def test_the_other_hosts_command_is_taken_away_where_both_were_installed(tmp_path: Path) -> None:
    """With it there, the next line typed could set the other host up here."""
    made = make(tmp_path / "root", "old")
    made.write(DESK, COMMAND, 0o755)
    assert run(made, parse(["install", "drop"])) == 0
    assert (made.path(DROP).exists(), made.path(DESK).exists()) == (True, False)


def test_what_is_destroyed_is_named_before(capsys: pytest.CaptureFixture[str]) -> None:
    """The backups of the upgrades go, too: whoever reads the help must not count on them."""
    with pytest.raises(SystemExit):
        parse(["uninstall", "drop", "--help"])
    assert f"the sealed backups in {UPGRADE_BACKUPS}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("folder", [PROGRAM, NEW, BEFORE])
@pytest.mark.parametrize("line", ["install drop", "install drop --dry-run", "upgrade drop", "upgrade drop --dry-run"])
def test_the_installed_program_does_not_erase_itself(
    line: str, folder: str, host: CutHost, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own deploy/install lies there, and `check` says to run that again: it would erase what it lays down."""
    host.write(f"{folder}/pyproject.toml", "of this version", 0o644)
    there = CutHost(host.root, host.path(folder), "drop", owner=host.owner)
    before = state(there)
    assert run(there, parse(line.split())) == 1
    said = capsys.readouterr().err
    assert "Nothing was changed. Run deploy/" in said
    assert "What was done before" not in said
    assert state(there) == before


def test_an_upgrade_that_was_cut_short_is_not_taken_off(host: CutHost, capsys: pytest.CaptureFixture[str]) -> None:
    """Its unit would bring everything back at the next start of the machine."""
    begin(host, note_now(host, Choices()))
    before = state(host)
    assert run(host, parse(["uninstall", "drop", "--destroy-data"])) == 1
    assert "Run deploy/upgrade drop first" in capsys.readouterr().err
    assert state(host) == before


def test_nothing_of_it_stays_when_the_data_is_destroyed(host: CutHost, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the versions before, nor sealed backups that nothing would erase any more."""
    for path in (f"{OLD}/x", f"{BEFORE}/x", f"{UPGRADE_BACKUPS}/x", "/var/lib/candour-clock/right"):
        host.write(path, "x", 0o600)
    assert run(host, parse(["uninstall", "drop", "--destroy-data"])) == 0
    there = [
        path for path in (OLD, BEFORE, UPGRADE_BACKUPS, DATA, "/var/lib/candour-clock") if host.path(path).exists()
    ]
    assert there == []
    assert f"{UPGRADE_BACKUPS} are erased" in capsys.readouterr().out


def test_backups_that_stay_are_told_of(host: CutHost, capsys: pytest.CaptureFixture[str]) -> None:
    """With the data that stays."""
    host.write(f"{UPGRADE_BACKUPS}/x", "x", 0o600)
    assert run(host, parse(["uninstall", "drop", "--keep-data"])) == 0
    assert host.path(f"{UPGRADE_BACKUPS}/x").exists()
    assert f"sealed backups in {UPGRADE_BACKUPS}" in capsys.readouterr().out


@needs_root
def test_a_data_folder_that_is_a_disk_of_its_own_is_emptied(tmp_path: Path) -> None:
    """The folder itself cannot go while it is mounted, and that must not be the end of it."""
    there = Host(tmp_path, CHECKOUT, "drop")
    with small_disk(tmp_path / "disk", 8) as disk:
        (disk / "a" / "b").mkdir(parents=True)
        there.empty("/disk")
        assert list(disk.iterdir()) == []


def test_the_backups_folder_is_one_whatever_it_is_called_from() -> None:
    """A program that runs elsewhere would look for it there."""
    assert parse(["upgrade", "drop", "--backups", "stick"]).backups == str(Path.cwd() / "stick")


def test_an_older_version_comes_back_by_the_guides_lines(tmp_path: Path) -> None:
    """docs/guide-upgrade.md: the new one goes, the data of now stays aside, the old one is installed; all of it by
    lines that stand there in that order.
    """
    guide = (CHECKOUT / "docs" / "guide-upgrade.md").read_text("utf-8").split("## Back to an older version", 1)[1]
    uninstall_new, move, install_old = re.findall(r"^(deploy/uninstall .*|mv .*|deploy/install .*)$", guide, re.M)
    new = make(tmp_path / "root", "old")
    kept = new.path(f"{DATA}/drop.sqlite").read_bytes()
    old = CutHost(new.root, tmp_path / "older", "drop", owner=new.owner)
    shutil.copytree(new.source, old.source)
    (old.source / "pyproject.toml").write_text("older")
    bring_old = parse(install_old.removeprefix("deploy/").split())
    assert run(old, bring_old) == 1, "over the data of now it is refused"
    assert run(new, parse(uninstall_new.removeprefix("deploy/").split())) == 0
    assert not new.path(PROGRAM).exists()
    here, aside = (new.path(path) for path in move.split()[1:])
    here.rename(aside)
    assert run(old, bring_old) == 0
    assert old.path(f"{PROGRAM}/pyproject.toml").read_text() == "older"
    assert (aside / "drop.sqlite").read_bytes() == kept
    assert not old.path(f"{DATA}/drop.sqlite").exists()


class WithoutTimer(CutHost):
    """A machine on which the last step of all cannot be done."""

    def _systemctl(self, verb: str, name: str) -> int:
        return 1 if (verb, name) == ("enable", "candour-posture.timer") else super()._systemctl(verb, name)


class Listening(CutHost):
    """A machine that notes what is started again."""

    def _systemctl(self, verb: str, name: str) -> int:
        if verb == "try-restart":
            vars(self).setdefault("again", []).append(name)
        return super()._systemctl(verb, name)


def test_services_are_started_again_for_what_a_failed_run_had_changed(tmp_path: Path) -> None:
    """The next run finds those files done: the services would go on behind the walls of before."""
    made = make(tmp_path / "root", "old")
    failing = WithoutTimer(made.root, made.source, "drop", owner=made.owner)
    assert run(failing, parse(["install", "drop"])) == 1
    made.do("systemctl", "enable", "candour-posture.timer", why="")
    there = Listening(made.root, made.source, "drop", owner=made.owner)
    assert run(there, parse(["install", "drop"])) == 0
    assert "candour-site.service" in vars(there)["again"]
    vars(there)["again"].clear()
    assert run(there, parse(["install", "drop"])) == 0
    assert vars(there)["again"] == []


def test_swap_that_could_not_be_switched_off_is_not_done(host: CutHost) -> None:
    """Memory was too full: the table of file systems is right by then, and what is typed still goes to the disk."""
    (step, *_others) = hardened()
    host.write("/etc/fstab", "# by Candour's installer: /dev/sda2 none swap sw 0 0\n", 0o644)
    head = "Filename\tType\tSize\tUsed\tPriority\n"
    host.write("/proc/swaps", f"{head}/dev/dm-1 partition 9 0 -2\n/dev/sda2 partition 9 0 -3\n", 0o444)
    assert not step.is_done(host)
    host.write("/proc/swaps", f"{head}/dev/dm-1 partition 9 0 -2\n", 0o444)
    assert step.is_done(host)


def test_a_folder_that_is_not_there_is_taken_off_without_a_word(tmp_path: Path) -> None:
    """A machine without any of it."""
    there = Host(tmp_path, CHECKOUT, "drop", owner=os.geteuid())
    uninstall(there, [step for step in plan_of(there) if step.path], print, dry=False)
    assert list(tmp_path.iterdir()) == []
