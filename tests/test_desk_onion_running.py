"""`candour-desk onion run` beside a desk, with real Tor, without any network: each coming and going starts Tor again.

What that does to circuits is shown elsewhere, in a network of its own.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface.account_changes import suspend_account
from journalist_interface.desk_onion import switch_off, switch_on
from journalist_interface.tor_paths import desk_service, tor_of
from onion.control import open_control
from onion.errors import OnionError
from store.desk.roles import Role
from tests.desk_entrance import give_key
from tests.desk_office import Office, new_office

SECONDS = 60  # until it is a failure; it takes two
RUN = "from journalist_interface.starting import main; main()"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an administrator and a reviewer."""
    with new_office(tmp_path / "desk", {"ada": (Role.ADMINISTRATOR,), "ben": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def running(office: Office) -> Iterator[Office]:
    """The same, and the process that looks after its Tor, in a network namespace where there is nothing."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", RUN]
    process = subprocess.Popen([*command, "onion", "run", "--data", str(office.folder)])
    yield office
    process.terminate()
    assert process.wait(SECONDS) == 0


def asked(office: Office, question: str) -> str:
    """What Tor answers, or nothing while it is not there."""
    tor = tor_of(office.folder)
    try:
        with open_control(tor.control_socket, tor.cookie) as control:
            return "\n".join(control.ask(question))
    except OnionError:
        return ""


def wait_until(holds: Callable[[], object]) -> None:
    """Look until it holds. Fails after a minute."""
    ends = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def pid(office: Office) -> str:
    """Which Tor it is, once it answers."""
    wait_until(lambda: asked(office, "GETINFO process/pid"))
    return asked(office, "GETINFO process/pid")


def started_again(office: Office, before: str) -> bool:
    """Whether another Tor answers."""
    now = asked(office, "GETINFO process/pid")
    return now not in ("", before)


def test_the_running_tor_follows(running: Office) -> None:
    """A service that is switched on while Tor runs, a key, a suspension, and off again: each is another Tor."""
    office = running
    first = pid(office)
    assert "tor/desk" not in asked(office, "GETCONF HiddenServiceDir")
    address = switch_on(office.folder)
    wait_until(lambda: str(desk_service(office.folder)) in asked(office, "GETCONF HiddenServiceDir"))
    assert started_again(office, first)
    for act in (
        lambda: give_key(office, "ben"),
        lambda: suspend_account(office.desk, office.signed_in("ada"), "ben"),
    ):
        before = pid(office)
        act()
        wait_until(lambda: started_again(office, before))  # noqa: B023  (it is over before the next)
    assert (desk_service(office.folder) / "hostname").read_text().strip() == address
    switch_off(office.desk)
    wait_until(lambda: "tor/desk" not in (asked(office, "GETCONF HiddenServiceDir") or "tor/desk"))
    assert not desk_service(office.folder).exists()
