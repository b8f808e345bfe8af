"""A stop that was asked for is no error, also when Tor, which is asked as well, is quicker. Real Tor, no network."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from journalist_interface.tor_paths import tor_of
from onion.control import open_control
from onion.errors import OnionError, TorEnded, TorSilent
from onion.layout import TorFolder
from onion.running import _Asked
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import plan_of, set_up_onions
from store.desk.roles import Role
from tests.desk_office import new_office

SECONDS = 60  # until it is a failure; it takes two
RUN = "from {package}.commands import main; main()"
# A watcher that has not got as far as Tor's control socket.
WATCHED = """
import sys, time; from pathlib import Path; from onion.layout import TorFolder; from onion.process import started
with started(TorFolder(Path(sys.argv[1])), None):
    time.sleep(600)
"""


def wait_until(holds: Callable[[], object]) -> None:
    """Look until it holds. Fails after a minute."""
    ends = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def answers(tor: TorFolder) -> bool:
    """Whether a Tor is at work there, and looked at."""
    try:
        with open_control(tor.control_socket, tor.cookie):
            return tor.health.exists()
    except OnionError:
        return False


def tor_below(pid: int) -> list[psutil.Process]:
    """The Tor that a process has started, if it runs yet."""
    return [child for child in psutil.Process(pid).children(recursive=True) if child.name() == "tor"]


def stopped_after_its_tor(package: str, folder: Path, tor: TorFolder, number: signal.Signals) -> tuple[int, str]:
    """Run a host's Tor, end Tor first and then ask for the stop; give the exit code and what was said.

    Our process is held meanwhile, so that it finds both at once: the closed socket, and the signal.
    """
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", RUN.format(package=package)]
    process = subprocess.Popen([*command, "onion", "run", "--data", str(folder)], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: answers(tor))
        [child] = tor_below(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        # Not by that signal: in its sandbox Tor hears it every other time.
        child.kill()
        wait_until(lambda: child.status() == psutil.STATUS_ZOMBIE)
        os.kill(process.pid, number)
        os.kill(process.pid, signal.SIGCONT)
        _out, said = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "systemd"])
def test_a_source_host_stops_without_a_word(drop_folder: DropFolder, number: signal.Signals) -> None:
    """Exit code 0: a unit that ends so is not started again as if it had failed."""
    set_up_onions(drop_folder.root, None, None)
    assert stopped_after_its_tor("source_interface", drop_folder.root, plan_of(drop_folder.root).folder, number) == (
        0,
        "",
    )


def test_a_reviewer_host_stops_without_a_word(tmp_path: Path) -> None:
    """The same."""
    with new_office(tmp_path / "desk", {"ada": (Role.ADMINISTRATOR,)}) as office:
        folder = office.folder
    assert stopped_after_its_tor("journalist_interface", folder, tor_of(folder), signal.SIGINT) == (0, "")


def test_a_tor_whose_watcher_is_killed_goes_with_it(drop_folder: DropFolder) -> None:
    """By the kernel's hand: also one that hears nothing at that moment, and before anybody has commanded it."""
    set_up_onions(drop_folder.root, None, None)
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", WATCHED]
    watcher = subprocess.Popen([*command, str(plan_of(drop_folder.root).folder.root)])
    try:
        wait_until(lambda: tor_below(watcher.pid))
        [tor] = tor_below(watcher.pid)
        tor.suspend()
        watcher.kill()
        watcher.wait(SECONDS)
        wait_until(lambda: not tor.is_running() or tor.status() == psutil.STATUS_ZOMBIE)
    finally:
        watcher.kill()


@pytest.mark.parametrize("what", [TorEnded, TorSilent])
def test_a_signal_that_comes_a_moment_later_counts(what: type[OnionError]) -> None:
    """Whoever sends it to each of a group reaches one process before another."""
    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with _Asked():
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            raise what("gone")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("what", [TorEnded, TorSilent])
def test_a_tor_that_ends_unasked_is_an_error(what: type[OnionError]) -> None:
    """Nobody asked, so it is said."""
    with pytest.raises(what), _Asked():
        raise what("gone")
