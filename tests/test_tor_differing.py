"""What a Tor runs with is not what stands in the file: `check` asks the Tor itself, and says in what it differs.

Real Tor, without any network: started from another torrc, which is then put right on the disk, as set-up of a newer
version does while the old `onion run` goes on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from onion.checking import check_tor, own_network
from onion.control import open_control
from onion.layout import TorFolder
from onion.process import controlled, started
from onion.running import Plan
from onion.torrc import Service

RIGHT = "Tor runs with the configuration that Candour wrote."
AUTHORITY = (
    "DirAuthority mine orport=20000 no-v2 v3ident=14C131DFC5C6F93646BE72FA1401C02A8DF2E8B4 "
    "127.0.0.1:20001 847B1F850344D7876491A54892F904934E4EB85D"
)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The source host's plan, written."""
    services = (
        Service("site", tmp_path / "site.sock", open_to_all=True),
        Service("door", tmp_path / "door.sock", open_to_all=False),
    )
    made = Plan(TorFolder(tmp_path / "tor"), services, for_the_courier=False, beside=tmp_path / "beside")
    (tmp_path / "beside").write_text("NumCPUs 1\n")
    made.write()
    return made


@contextmanager
def running(plan: Plan, change: Callable[[str], str]) -> Iterator[None]:
    """Tor started from another torrc; on the disk stands the right one again."""
    right = plan.folder.torrc.read_text()
    plan.folder.torrc.write_text(change(right))
    with (
        started(plan.folder, plan.beside, ["--DisableNetwork", "1"]) as process,
        controlled(plan.folder, process),
    ):
        plan.write()
        assert plan.folder.torrc.read_text() == right
        yield


def said(plan: Plan) -> dict[str, bool]:
    """What `check` says."""
    return dict(check_tor(plan, int(time.time())))


def instead(old: str, new: str) -> Callable[[str], str]:
    """A torrc with one line another, which must be there."""

    def change(text: str) -> str:
        assert f"\n{old}\n" in text
        return text.replace(f"\n{old}\n", f"\n{new}\n")

    return change


def more(lines: str) -> Callable[[str], str]:
    """A torrc with lines at its end."""
    return lambda text: f"{text}{lines}\n"


def state_in(text: str) -> str:
    """Tor's own folder, as a torrc has it."""
    return text.split("DataDirectory ")[1].split()[0]


# What Tor runs with, and what is said of it.
OTHERWISE: dict[str, tuple[Callable[[str], str], str]] = {
    "SOCKS for the whole world": (instead("SocksPort 0", "SocksPort 0.0.0.0:19955"), "SocksPort=0.0.0.0:19955"),
    "SOCKS on a port of this machine": (instead("SocksPort 0", "SocksPort 19955"), "SocksPort=19955"),
    "SOCKS on a socket that nobody asked for": (
        lambda text: instead("SocksPort 0", f"SocksPort unix:{state_in(text)}/s.sock")(text),
        "Tor runs with SocksPort",
    ),
    "no proof of work": (
        instead("HiddenServicePoWDefensesEnabled 1", "HiddenServicePoWDefensesEnabled 0"),
        "Tor runs “site” without proof of work",
    ),
    "no word of proof of work": (
        instead("HiddenServicePoWDefensesEnabled 1", "# none"),
        "Tor runs “site” without proof of work",
    ),
    "no numbers of circuits": (
        instead("HiddenServiceExportCircuitID haproxy", "HiddenServiceExportCircuitID none"),
        "Tor does not tell “site” on which circuit",
    ),
    "more streams": (instead("HiddenServiceMaxStreams 32", "HiddenServiceMaxStreams 0"), "HiddenServiceMaxStreams"),
    "a service that leads to this machine's SSH": (
        lambda text: f"{text}HiddenServiceDir {state_in(text)}/ssh\nHiddenServicePort 22 127.0.0.1:22\n",
        "/ssh, which leads to 22 127.0.0.1:22",
    ),
    "the door gone": (
        lambda text: text.rpartition("\nHiddenServiceDir")[0],
        "without the onion service “door”",
    ),
    "the site leading elsewhere": (
        lambda text: text.replace("/site.sock", "/other.sock"),
        "the onion service “site” otherwise than it should (HiddenServicePort)",
    ),
    "no sandbox": (instead("Sandbox 1", "Sandbox 0"), "Tor runs outside its own sandbox"),
    "a count of circuits on the disk": (
        instead("LearnCircuitBuildTimeout 0", "LearnCircuitBuildTimeout 1"),
        "with Learn",
    ),
    "a log": (more("Log info file /dev/null"), "Tor runs with Log"),
    "a heartbeat": (instead("HeartbeatPeriod 0", "HeartbeatPeriod 30 minutes"), "Tor runs with HeartbeatPeriod"),
    "another network": (more(AUTHORITY), "out of the public network (DirAuthority)"),
    "a test network": (more(f"TestingTorNetwork 1\n{AUTHORITY}"), "out of the public network (TestingTorNetwork)"),
}


@pytest.mark.parametrize("how", OTHERWISE)
def test_what_tor_runs_with_is_told_though_the_file_is_right(plan: Plan, how: str) -> None:
    """A fault with its name; the file is as it should be, and that alone is said of the file."""
    change, words = OTHERWISE[how]
    with running(plan, change):
        found = said(plan)
    assert found["Tor's configuration is as Candour wrote it."]
    assert RIGHT not in found
    assert any(words in sentence for sentence, sound in found.items() if not sound), found


def test_a_tor_that_runs_as_it_should_is_told_so(plan: Plan) -> None:
    """No sentence of this kind is a fault then, and it is in the public network."""
    with running(plan, str):
        found = said(plan)
        assert own_network(plan) is None
    assert found[RIGHT]
    assert found["Tor listens on no port of this machine."]
    wrong = [sentence for sentence, sound in found.items() if not sound]
    assert all("Nobody watches" in sentence or "before a change" in sentence for sentence in wrong), wrong


def test_a_network_of_ones_own_is_a_warning_if_the_file_beside_says_so(plan: Plan) -> None:
    """It is the administrator's own doing, and yet nobody comes with Tor Browser: so it is said, as no fault."""
    assert plan.beside is not None
    plan.beside.write_text(f"TestingTorNetwork 1\n{AUTHORITY}\n")
    with running(plan, str):
        found, warning = said(plan), own_network(plan)
    assert warning is not None
    assert "(TestingTorNetwork, DirAuthority)" in warning
    assert found[RIGHT]


def test_what_was_said_at_the_control_socket_is_told(plan: Plan) -> None:
    """No file says so at all."""
    # With onion services Tor's own sandbox refuses every change.
    plan = replace(plan, services=())
    plan.write()
    with running(plan, str):
        with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
            control.ask("SETCONF SafeLogging=0")
        found = said(plan)
    assert any("Tor runs with SafeLogging “0”" in sentence for sentence, sound in found.items() if not sound)
