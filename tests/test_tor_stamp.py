"""What makes the watch start Tor again, and what must not: a file that nobody can read ends Tor for nobody."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onion import clients
from onion.checking import check_tor
from onion.client_key import ClientKey, authorised
from onion.control import open_control
from onion.errors import OnionError
from onion.own_files import is_at_work
from onion.running import Plan
from onion.stamp import is_another
from source_interface.commands import main
from source_interface.door_keys import DOOR
from source_interface.tor_plan import SITE, plan_of
from tests.conftest import IntakeSecret

SECONDS = 60  # until it is a failure; it takes two
RUN = "from source_interface.commands import main; main()"


@pytest.fixture
def plan(tmp_path: Path, intake_secret: IntakeSecret) -> Plan:
    """A source host with its onion services, whose door lets one in, and an entrance."""
    root, given = tmp_path / "drop", ["--intake-key", str(intake_secret.public)]
    for command in (["init", *given, "--pairing", str(tmp_path / "pairing.json")], ["onion", "set-up"]):
        assert CliRunner().invoke(main, [*command, "--data", str(root)]).exit_code == 0
    made = plan_of(root)
    clients.allow(made.folder.service(DOOR), "reviewer-host", authorised(ClientKey.draw().public))
    (made.folder.entrances / "other.auth_private").write_text("an entrance\n")
    return made


def in_place_of(path: Path, make: Callable[[Path], object]) -> Path:
    """Put something else where a file is."""
    path.unlink(missing_ok=True)
    make(path)
    return path


def keys(plan: Plan) -> Path:
    """Where the keys of the door's clients lie."""
    return plan.folder.service(DOOR) / "authorized_clients"


def junk(path: Path) -> None:
    """A file of bytes that are no text."""
    path.write_bytes(b"\xff\xfe\x00")


def loop(path: Path) -> None:
    """A link that leads to itself."""
    path.symlink_to(path.name)


# What somebody put there, and whether Tor is to start again for it.
ODD: dict[str, tuple[Callable[[Plan], Path], bool]] = {
    "a folder among the keys": (lambda plan: in_place_of(keys(plan) / "x.auth", Path.mkdir), True),
    "a loop of links among the keys": (lambda plan: in_place_of(keys(plan) / "x.auth", loop), True),
    "bytes for a key": (lambda plan: in_place_of(keys(plan) / "x.auth", junk), True),
    "a folder for the key of somebody who is let in": (
        lambda plan: in_place_of(keys(plan) / "reviewer-host.auth", Path.mkdir),
        True,
    ),
    "a folder for an entrance": (lambda plan: in_place_of(plan.folder.entrances / "x.auth_private", Path.mkdir), True),
    "bytes for an entrance": (lambda plan: in_place_of(plan.folder.entrances / "other.auth_private", junk), True),
    "bytes for the address": (lambda plan: in_place_of(plan.folder.service(SITE) / "hostname", junk), False),
    "letters beyond ASCII in the address": (
        lambda plan: in_place_of(plan.folder.service(SITE) / "hostname", lambda path: path.write_text("é" * 62)),
        False,
    ),
    "a folder for the address": (lambda plan: in_place_of(plan.folder.service(DOOR) / "hostname", Path.mkdir), False),
    "bytes for the torrc": (lambda plan: in_place_of(plan.folder.torrc, junk), False),
}


@pytest.mark.parametrize("what", ODD)
def test_what_cannot_be_read_is_stamped_as_such_and_named(plan: Plan, what: str) -> None:
    """Nothing is raised; `check` says which file it is; Tor starts again only if it can start with it."""
    put, is_other = ODD[what]
    before = plan.stamp()
    path = put(plan)
    assert is_another(before, plan.stamp()) == is_other
    wrong = [sentence for sentence, sound in check_tor(plan, int(time.time())) if not sound]
    assert any(str(path) in sentence for sentence in wrong), wrong


# A name that is listed and cannot be opened: as one that vanished in between.
VANISHED: dict[str, Callable[[Plan], Path]] = {
    "a key": lambda plan: keys(plan) / "gone.auth",
    "an entrance": lambda plan: plan.folder.entrances / "gone.auth_private",
}


@pytest.mark.parametrize("what", VANISHED)
def test_what_vanishes_while_it_is_looked_at_hides_nothing_else(plan: Plan, what: str) -> None:
    """All that is still there is in the stamp."""
    VANISHED[what](plan).symlink_to("nowhere")
    with_it = {each[1:] for each in plan.stamp()}
    VANISHED[what](plan).unlink()
    without = {each[1:] for each in plan.stamp() if each[1] != ""}
    assert without <= with_it
    assert {"reviewer-host.auth", "other.auth_private"} <= {name for name, _content in with_it}


def test_who_was_let_in_with_a_key_that_tor_passes_over_is_not_called_let_in(plan: Plan) -> None:
    """`check` names those who can really come."""
    (keys(plan) / "x.auth").mkdir()
    said = [sentence for sentence, _sound in check_tor(plan, int(time.time()))]
    assert "Let in at “door”: reviewer-host." in said


@pytest.fixture
def watcher(plan: Plan) -> "Iterator[subprocess.Popen[bytes]]":
    """The process that looks after this host's Tor, in a network namespace where there is nothing. It says nothing."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", RUN]
    asked = [*command, "onion", "run", "--data", str(plan.folder.root.parent)]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    yield process
    process.terminate()
    # A service's words go into a journal, with the time to the microsecond.
    assert process.communicate(timeout=SECONDS)[0] == b""
    wait_until(lambda: not is_at_work(plan.folder))


def wait_until(holds: Callable[[], object]) -> None:
    """Look until it holds. Fails after a minute."""
    ends = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def tor_pid(plan: Plan) -> str:
    """Which Tor answers; nothing while none does."""
    try:
        with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
            return control.info("process/pid")
    except OnionError:
        return ""


def wait_for_another(plan: Plan, before: str) -> str:
    """Return which Tor answers once it is another."""
    wait_until(lambda: tor_pid(plan) not in ("", before))
    return tor_pid(plan)


def test_tor_goes_on_whatever_lies_among_its_files(plan: Plan, watcher: "subprocess.Popen[bytes]") -> None:
    """A folder among the keys, then bytes for the address: real Tor starts with the one and mends the other."""
    address = plan.addresses()[SITE]
    before = wait_for_another(plan, "")
    (keys(plan) / "x.auth").mkdir()
    before = wait_for_another(plan, before)
    junk(plan.folder.root / "bytes")
    os.replace(plan.folder.root / "bytes", plan.folder.service(SITE) / "hostname")
    (keys(plan) / "x.auth").rmdir()
    wait_for_another(plan, before)
    wait_until(lambda: plan.addresses().get(SITE) == address)
    assert watcher.poll() is None


def test_tor_starts_again_when_somebody_wrote_another_torrc(plan: Plan, watcher: "subprocess.Popen[bytes]") -> None:
    """As set-up of a newer version does; it is the one that this version writes with which Tor starts."""
    right = plan.folder.torrc.read_text()
    before = wait_for_another(plan, "")
    plan.folder.torrc.write_text(
        right.replace("HiddenServicePoWDefensesEnabled 1", "HiddenServicePoWDefensesEnabled 0")
    )
    wait_for_another(plan, before)
    assert plan.folder.torrc.read_text() == right
    assert watcher.poll() is None
