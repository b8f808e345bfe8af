"""Services that the two versions do not share, and those that did not run: an upgrade leaves none of them lying."""

import subprocess
from pathlib import Path

import pytest

from deploy.hosts.host import InstallError
from deploy.hosts.units import UNITS
from deploy.hosts.upgrade_acts import Choices, note_now
from deploy.hosts.upgrade_state import NOTE, Note, begin, end, read_note
from deploy.hosts.upgrading import upgrade
from tests.cut_host import BEFORE_IT, SYSTEMD, CutHost, make, serve, state
from tests.cut_upgrade import restart

GONE = "candour-gone"  # only the version before knows it
ALWAYS = {unit.name for unit in UNITS["drop"] if not unit.nightly}


class Watched(CutHost):
    """A machine that notes which services run while the data is copied."""

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Note it at the backup, which comes before the copy."""
        if "backup" in command:
            vars(self)["at_work"] = self.active()
        return super().try_run(*command)


def host_with(version: str, where: Path) -> Watched:
    """A source host with one service more than this version knows, at work."""
    made = make(where / "root", version)
    made.path(f"{SYSTEMD}/{GONE}.service").write_text("# Written by Candour's installer, of the version before.\n")
    made.do("systemctl", "enable", GONE, why="")
    made.start(GONE)
    serve(made)
    return Watched(made.root, made.source, made.plan, owner=made.owner)


@pytest.fixture
def good(tmp_path: Path) -> Watched:
    """To be upgraded to a version that is well."""
    return host_with("new", tmp_path)


def test_what_only_the_version_before_knows_is_stopped_and_then_taken_away(good: Watched) -> None:
    """It would write into the data while that is copied, and run for years as nobody's."""
    upgrade(good, print, Choices())
    assert vars(good)["at_work"] == set()
    assert (good.active(), good.path(f"{SYSTEMD}/{GONE}.service").exists()) == (ALWAYS, False)
    assert [path for path in good.path("/etc").rglob("*") if GONE in path.name] == []


def test_it_comes_back_with_the_version_before(tmp_path: Path) -> None:
    """Going back is to what was."""
    host = host_with("bad", tmp_path)
    before = state(host)
    with pytest.raises(InstallError, match="was undone"):
        upgrade(host, print, Choices())
    assert (state(host), host.active()) == (before, {*BEFORE_IT, GONE})


def test_it_is_held_too_while_the_note_is_there(good: Watched) -> None:
    """The machine comes up in the middle: nothing may start, whoever wrote its unit."""
    begin(good, note_now(good, Choices()))
    assert NOTE in good.read(f"{SYSTEMD}/{GONE}.service.d/upgrade.conf")
    restart(good)
    assert good.active() == set()
    end(good, "drop")
    assert not list(good.path(SYSTEMD).glob("*.d"))


@pytest.mark.parametrize("version", ["new", "bad"])
def test_what_had_failed_is_started_again(version: str, tmp_path: Path) -> None:
    """An upgrade is often made because a service fails: it must not stay off, nor stand in the way of going back."""
    made = make(tmp_path / "root", version)
    serve(made)
    made.path("/run/active/candour-site").unlink()
    made.path("/run/failed").mkdir()
    made.path("/run/failed/candour-site").touch()
    if version == "new":
        upgrade(made, print, Choices())
    else:
        with pytest.raises(InstallError, match="was undone"):
            upgrade(made, print, Choices())
    assert "candour-site" in made.active()


def test_what_somebody_stopped_stays_so(good: Watched) -> None:
    """A site that was closed on purpose is not opened by an upgrade."""
    good.path("/run/active/candour-site").unlink()
    upgrade(good, print, Choices())
    assert "candour-site" not in good.active()


def test_a_note_of_an_earlier_version_is_read(good: Watched) -> None:
    """It says nothing of what was trying."""
    good.write(NOTE, '{"plan": "drop", "running": ["candour-tor"], "files": {}, "good": false}', 0o600)
    assert read_note(good) == Note("drop", ("candour-tor",))
