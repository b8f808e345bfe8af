"""How an upgrade ends when something comes between that is no power cut: a closed terminal, a step that fails."""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.hosts import program, upgrade_state
from deploy.hosts.host import InstallError
from deploy.hosts.machine import hardened
from deploy.hosts.main import parse, run
from deploy.hosts.plans import around
from deploy.hosts.program import BEFORE, NEW, PROGRAM
from deploy.hosts.units import BACKUPS, UNITS, UPGRADE_BACKUPS
from deploy.hosts.upgrade_acts import Choices, files_now, note_now
from deploy.hosts.upgrade_state import FOLDER, NOTE, Note, read_note
from deploy.hosts.upgrading import OpenedWithFaults, put_right, upgrade
from tests.cut_host import BEFORE_IT, DAYS, CutHost, make, serve, state
from tests.cut_upgrade import boot_unit, restart

ALWAYS = {unit.name for unit in UNITS["drop"] if not unit.nightly}
DONE_BADLY = 1


@pytest.fixture
def answering(tmp_path: Path) -> CutHost:
    """A source host at work, whose site and door answer in this process."""
    host = make(tmp_path / "root", "new")
    serve(host)
    return host


class Eventful(CutHost):
    """A machine on which something happens when a command is run."""

    def when(self, beginning: tuple[str, ...], happens: Callable[[], object]) -> None:
        """Have it happen, once, when a command with this beginning is run."""
        vars(self)["events"] = [(beginning, happens)]

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """What the machine would do, and what happens beside."""
        for event in list(vars(self).get("events", ())):
            if command[: len(event[0])] == event[0]:
                vars(self)["events"].remove(event)
                event[1]()
        return super().try_run(*command)


def eventful(host: CutHost) -> Eventful:
    """The same machine."""
    return Eventful(host.root, host.source, host.plan, owner=host.owner)


def closed_terminal(_line: str) -> None:
    """What print does when nobody is there any more."""
    raise OSError(errno.EIO, "Input/output error")


def out_of_memory() -> None:
    """An error that no act foresees."""
    raise MemoryError("no room to think")


def hung_up() -> None:
    """The terminal goes."""
    os.kill(os.getpid(), signal.SIGHUP)


FAILS: dict[str, Callable[[], object]] = {"an error that nobody foresaw": out_of_memory, "the terminal goes": hung_up}


@pytest.mark.parametrize("name", FAILS)
def test_whatever_fails_is_undone_though_nobody_hears(name: str, answering: CutHost) -> None:
    """The services are stopped then: they must come back, also where the terminal is closed."""
    host, before = eventful(answering), state(answering)
    host.when(("systemctl", "start", "candour-site.service"), FAILS[name])
    with pytest.raises(InstallError, match="was undone"):
        upgrade(host, closed_terminal, Choices())
    assert (state(host), host.active()) == (before, set(BEFORE_IT))
    assert not host.path(NOTE).exists()


def test_a_closed_terminal_does_not_stop_the_end(answering: CutHost) -> None:
    """Once the new version was found well nothing but the power ends the opening."""
    host = eventful(answering)
    # Of all there is only the end that starts Tor.
    host.when(("systemctl", "start", "--no-block", "candour-door.service"), hung_up)
    upgrade(host, closed_terminal, Choices())
    assert (host.active(), host.path(NOTE).exists()) == (ALWAYS, False)


class WithoutTimer(CutHost):
    """A machine whose timer cannot be switched on."""

    def _systemctl(self, verb: str, name: str) -> int:
        return 1 if (verb, name) == ("enable", "candour-posture.timer") else super()._systemctl(verb, name)


def test_a_step_beside_the_services_keeps_nobody_out(answering: CutHost) -> None:
    """A timer that cannot be enabled: everything is open, the rest around it is done, and it is said what failed."""
    host = WithoutTimer(answering.root, answering.source, answering.plan, owner=answering.owner)
    with pytest.raises(OpenedWithFaults, match=r"(?s)everybody is let in.*candour-posture.*deploy/install drop"):
        upgrade(host, print, Choices())
    assert (host.active(), host.path(NOTE).exists(), host.path(FOLDER).exists()) == (ALWAYS, False, False)
    failed = [step.title for step in around("drop") if not step.is_done(host)]
    assert failed == ["The timer candour-posture starts with the machine"]


def test_a_backup_beside_the_data_does_not_count(answering: CutHost) -> None:
    """That the disk for backups is missing is told as before; on that disk, if it is there, it counts."""
    with redirect_stdout(StringIO()):
        assert run(answering, parse(["upgrade", "drop"])) == 0
    assert answering.path(f"{UPGRADE_BACKUPS}/candour-drop.backup").exists()
    assert answering.path(DAYS).read_text() == "long ago"


def test_nor_does_it_if_the_power_goes_as_soon_as_it_is_made(answering: CutHost) -> None:
    """Before the copy of the data, which would bring back what was known of backups."""
    upgrade_state.begin(answering, note_now(answering, Choices()))
    answering.path(DAYS).write_text("just now")
    put_right(answering, print)
    assert answering.path(DAYS).read_text() == "long ago"


def test_on_the_disk_for_backups_it_counts(answering: CutHost) -> None:
    """That is where it goes if nobody says another place."""
    with TemporaryDirectory(dir="/dev/shm") as disk:
        assert Path(disk).stat().st_dev != answering.root.stat().st_dev
        answering.path(BACKUPS).rmdir()
        answering.path(BACKUPS).symlink_to(disk)
        with redirect_stdout(StringIO()):
            assert run(answering, parse(["upgrade", "drop"])) == 0
        assert os.listdir(disk) == ["candour-drop.backup"]
    assert not list(answering.path(UPGRADE_BACKUPS).iterdir())
    assert answering.path(DAYS).read_text() == "just now"


def test_it_is_forgotten_after_a_week(tmp_path: Path) -> None:
    """By systemd's own hand, whatever looked at it meanwhile; a report that a source took back lies in it."""
    host = make(tmp_path / "root", "new")
    (step,) = [step for step in hardened() if step.path == "/etc/tmpfiles.d/candour.conf"]
    step.do(host)
    folder = host.path(UPGRADE_BACKUPS)
    for name, days in (("old", 8), ("new", 6)):
        (folder / name).write_text(name)
        os.utime(folder / name, (time.time(), time.time() - days * 86_400))
    command = ["systemd-tmpfiles", "--clean", f"--root={host.root}", str(host.path(step.path))]
    subprocess.run(command, check=True)
    assert os.listdir(folder) == ["new"]


def half_swapped(host: CutHost) -> None:
    """The old program is out of its place, and the new one not in it."""
    host.path(PROGRAM).rename(host.path(BEFORE))


def half_swapped_back(host: CutHost) -> None:
    """The new program is erased, and the old one not in its place yet."""
    program.swap(host)
    host.remove(PROGRAM)


@pytest.mark.parametrize("cut", [half_swapped, half_swapped_back])
@pytest.mark.parametrize("by", ["the machine's start", "hand"])
def test_a_cut_between_two_names_is_put_right(cut: Callable[[CutHost], None], by: str, answering: CutHost) -> None:
    """There is no program in its place then: by the unit at the next start, and by the next deploy/upgrade."""
    host, before = answering, state(answering)
    host.path(NEW).mkdir()
    upgrade_state.begin(host, Note("drop", BEFORE_IT, files_now(host)))
    cut(host)
    restart(host)
    assert host.active() == set()
    if by == "hand":
        with redirect_stdout(StringIO()) as said:
            assert run(host, parse(["upgrade", "drop"])) == DONE_BADLY
        assert "The version from before works" in said.getvalue()
    else:
        boot_unit(host)
    assert (state(host), host.active(), read_note(host)) == (before, set(BEFORE_IT), None)


def test_without_a_program_or_a_note_there_is_nothing_to_upgrade(answering: CutHost) -> None:
    """It says what makes a host."""
    answering.remove(PROGRAM)
    with redirect_stderr(StringIO()) as said:
        assert run(answering, parse(["upgrade", "drop"])) == DONE_BADLY
    assert "deploy/install drop makes one" in said.getvalue()


class Disk(CutHost):
    """A machine that notes, each time everything is brought to the disk, what is known of the upgrade by then."""

    def sync(self) -> None:
        """Note it."""
        note, unit = read_note(self), self.path("/etc/systemd/system/candour-upgrade.service").exists()
        at_work = self.read(f"{PROGRAM}/README.md")
        vars(self).setdefault("seen", []).append((note and note.good, unit, at_work))


def test_the_way_back_and_the_new_program_are_on_the_disk_in_time(answering: CutHost) -> None:
    """What undoes is there before the note is; the new program before the way back is given up."""
    host = Disk(answering.root, answering.source, answering.plan, owner=answering.owner)
    upgrade(host, print, Choices())
    assert vars(host)["seen"] == [(None, True, "old"), (False, True, "new"), (True, True, "new")]
