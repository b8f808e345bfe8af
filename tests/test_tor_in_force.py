"""Nobody is told that a key is shut out before it is: real Tor, without any network, and whoever looks after it.

What a network adds (the services are published, the open connection of the revoked is closed) is shown in tests/onion.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onion import clients
from onion.checking import check_tor
from onion.client_key import ClientKey, authorised
from onion.control import open_control
from onion.errors import OnionError
from onion.health import Health, write_health
from onion.in_force import Force, look, tell_let_in, tell_shut_out, wait
from onion.own_files import alone, is_at_work
from onion.running import Plan
from source_interface.commands import main
from source_interface.door_keys import DOOR
from source_interface.tor_plan import let_in, plan_of
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks

SECONDS = 60  # until it is a failure; it takes two
RUN = "from source_interface.commands import main; main()"
WELL = Health(seen_at=1, progress=100, published={"site": True, "door": True})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Path:
    """A source host with onion services, whose door lets in `old` and `new`; their keys lie beside it."""
    beside = tmp_path_factory.mktemp("made")
    given = ["--intake-key", str(intake_secret.public), "--pairing", str(beside / "pairing.json")]
    assert CliRunner().invoke(main, ["init", "--data", str(beside / "drop"), *given]).exit_code == 0
    assert run(beside / "drop", "set-up").exit_code == 0
    for name in ("old", "new"):
        (beside / f"{name}.auth").write_text(authorised(ClientKey.draw().public))
        let_in(beside / "drop", name, beside / f"{name}.auth")
    return beside


@pytest.fixture
def host(tmp_path: Path, made: Path) -> Path:
    """Such a host, for one test."""
    # A Tor that was stopped may leave its control socket lying there.
    shutil.copytree(made, tmp_path, ignore=but_sockets_and_locks, dirs_exist_ok=True)
    return tmp_path / "drop"


@pytest.fixture
def watcher(host: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The process that looks after its Tor, in a network namespace where there is nothing, once Tor answers."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", RUN, "onion", "run", "--data", str(host)]
    process = subprocess.Popen(command)
    wait_until(lambda: look(plan_of(host).folder, plan_of(host).mark()) is Force.TAKEN)
    yield process
    process.kill()
    process.wait()
    # It takes its Tor with it; the next test may have the same sockets.
    wait_until(lambda: not is_at_work(plan_of(host).folder))


def run(root: Path, *arguments: str) -> Result:
    """Run an onion command on the host."""
    return CliRunner().invoke(main, ["onion", *arguments, "--data", str(root)])


def wait_until(holds: Callable[[], object]) -> None:
    """Look until it holds. Fails after a minute."""
    ends = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def tor_pid(plan: Plan) -> int:
    """Which Tor answers."""
    with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
        return int(control.info("process/pid"))


def lives(pid: int) -> bool:
    """Whether there is such a process still."""
    return Path(f"/proc/{pid}").exists()


def faults(root: Path) -> str:
    """What `check` finds wrong with Tor."""
    return "\n".join(said for said, sound in check_tor(plan_of(root), int(time.time())) if not sound)


def test_without_tor_a_change_waits_for_it_and_says_so(host: Path) -> None:
    """At once: nobody waits half a minute for what does not run."""
    done = run(host, "revoke", "old")
    assert (done.exit_code, done.output) == (
        0,
        "The key of “old” is taken away.\n"
        "Tor is not running on this host: nobody comes in, and the key opens nothing later.\n",
    )
    done = run(host, "allow", "third", str(host.parent / "old.auth"))
    assert (done.exit_code, done.output) == (
        0,
        "“third” is let in at the door.\n"
        "Tor is not running on this host: this will be in force when “onion run” starts it.\n",
    )


@pytest.mark.usefixtures("watcher")
def test_revoking_ends_when_the_tor_that_let_the_key_in_has_ended(host: Path) -> None:
    """Another Tor answers then, which was started without the key."""
    before = tor_pid(plan_of(host))
    done = run(host, "revoke", "old")
    assert not lives(before)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, tell_shut_out(Force.TAKEN))
    assert "In force now" in done.output
    assert tor_pid(plan_of(host)) != before
    assert "before a change" not in faults(host)


def test_while_the_old_tor_lives_nobody_says_that_a_key_is_shut_out(
    host: Path, watcher: "subprocess.Popen[bytes]"
) -> None:
    """Whoever looks after Tor is stopped: revoking, letting in and `check` tell of that, until it goes on."""
    plan = plan_of(host)
    before = tor_pid(plan)
    (stopped,) = children(watcher.pid) or [watcher.pid]
    os.kill(stopped, signal.SIGSTOP)
    clients.revoke(plan.folder.service(DOOR), "old")
    assert wait(plan.folder, plan.mark, Force.TAKEN, seconds=2) is Force.NOT_TAKEN
    assert lives(before)
    assert "who was shut out may still come in" in faults(host)
    os.kill(stopped, signal.SIGCONT)
    assert wait(plan.folder, plan.mark, Force.TAKEN, seconds=SECONDS) is Force.TAKEN
    assert not lives(before)


def children(pid: int) -> list[int]:
    """The processes of ours that `unshare` started: none, if it became ours itself."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for each in map(int, found) if "unshare" in Path(f"/proc/{pid}/comm").read_text()]


@pytest.mark.usefixtures("watcher")
def test_somebody_let_in_and_out_again_while_tor_starts_is_out(host: Path) -> None:
    """The list is as it was before; what Tor read may not be: it has to start again all the same."""
    plan, line = plan_of(host), authorised(ClientKey.draw().public)
    before, mark = tor_pid(plan), plan.mark()
    clients.allow(plan.folder.service(DOOR), "guest", line)
    clients.revoke(plan.folder.service(DOOR), "guest")
    assert plan.mark() != mark
    assert wait(plan.folder, plan.mark, Force.TAKEN, seconds=SECONDS) is Force.TAKEN
    assert not lives(before)


def test_a_tor_whose_keeper_was_killed_is_running_until_it_has_ended(
    host: Path, watcher: "subprocess.Popen[bytes]"
) -> None:
    """“Tor is not running” is never said over one that is about to end."""
    plan = plan_of(host)
    pid = tor_pid(plan)
    for each in (*children(watcher.pid), watcher.pid):
        os.kill(each, signal.SIGKILL)
    watcher.wait()
    while is_at_work(plan.folder):
        time.sleep(0.001)
    # Its files are closed by the kernel, which does that when nothing of it runs any more.
    with pytest.raises(OnionError):
        tor_pid(plan)
    wait_until(lambda: not lives(pid))


def test_the_same_key_let_in_again_starts_nothing(host: Path) -> None:
    """Whoever types a command twice does not break everybody's connection off."""
    before = plan_of(host).mark()
    assert run(host, "allow", "old", str(host.parent / "old.auth")).exit_code == 0
    assert plan_of(host).mark() == before


# What the watch wrote, and whether its mark is that of the files as they are; what may be said.
SEEN = {
    "published, with these files": (WELL, True, Force.PUBLISHED),
    "published, with other files": (WELL, False, Force.NOT_TAKEN),
    "one service unpublished": (replace(WELL, published={"site": True, "door": False}), True, Force.TAKEN),
    "not connected": (replace(WELL, progress=80), True, Force.TAKEN),
    "nothing yet": (None, True, Force.NOT_TAKEN),
}


@pytest.mark.parametrize("what", SEEN)
def test_how_far_tor_is_is_read_from_what_the_watch_wrote(host: Path, what: str) -> None:
    """And from nothing if nobody is at work: a watch that was killed leaves its last words behind."""
    seen, is_ours, force = SEEN[what]
    plan = plan_of(host)
    if seen is not None:
        write_health(plan.folder.health, replace(seen, taken=plan.mark() if is_ours else "another"))
    with alone(plan.folder):
        assert look(plan.folder, plan.mark()) is force
    assert look(plan.folder, plan.mark()) is Force.NOT_RUNNING


def test_only_what_is_in_force_is_told_as_in_force() -> None:
    """A key is shut out as soon as Tor has started without it; somebody is let in when the service is found."""
    assert [force for force in Force if tell_shut_out(force).startswith("In force now")] == [
        Force.TAKEN,
        Force.PUBLISHED,
    ]
    assert [force for force in Force if tell_let_in(force).startswith("In force now")] == [Force.PUBLISHED]
