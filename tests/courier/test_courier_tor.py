"""The courier's road through Tor: what leaves this host, under which names, and what it is told when it fails."""

import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from journalist_interface.courier_duty import Duty
from journalist_interface.courier_patience import Patience
from journalist_interface.courier_plan import Plan
from tests.courier.ground import DeskGround, DropGround, Watching, new_source, post_reply, run
from tests.courier.stand_in_tor import ONION, StandInTor, own_socks, pair_through, through
from tests.source_site import running_door
from tests.system_calls import read_trace, under_strace

CHECKOUT = Path(__file__).resolve().parents[2]
PLAIN = Plan(least=0, at_most=0)


@pytest.mark.parametrize("where", ["the desk's own unix socket", "loopback, as Debian's Tor has it"])
def test_the_whole_road_through_tor(drop: DropGround, desk: DeskGround, url: str, where: str) -> None:
    """Everything goes to one onion service, by its name, and Tor is where the pairing says."""
    source = new_source()
    drop.submit(b"letter", b"x" * 300_000, b"y", source=source)
    post_reply(desk, source)
    tor = StandInTor(url)
    with tor.serving(own_socks(desk) if where.startswith("the desk") else None) as socks:
        pair_through(desk, socks if socks.startswith("127") else None)
        with closing(Duty(desk.folder, Watching())) as duty:
            report = duty.run()
    assert (report.stored, report.delivered, report.problems) == (1, 1, [])
    assert {carried.wanted for carried in tor.connections} == {(ONION.encode(), 80)}


def test_every_road_of_every_run_has_a_name_of_its_own(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Tor gives each name circuits of its own; a name that came twice would tie one run to another."""
    tor = StandInTor(url)
    names: list[set[tuple[bytes, bytes]]] = []
    with tor.serving(own_socks(desk)):
        pair_through(desk)
        for _run in range(2):
            drop.submit(b"letter", *[bytes(100_000)] * 8)
            with closing(Duty(desk.folder, Watching(), PLAIN)) as duty:
                assert duty.run().stored == 1
            names.append({(carried.name, carried.password) for carried in tor.connections})
            tor.connections.clear()
    first, second = names
    assert 1 < len(first) <= 4
    assert 1 < len(second) <= 4
    assert not first & second
    assert all(len(name) == len(password) == 32 for name, password in first | second)


@pytest.mark.parametrize("tor_is_there", [True, False])
def test_nothing_but_tor_is_ever_connected_to_or_asked(
    drop: DropGround, desk: DeskGround, url: str, tmp_path: Path, tor_is_there: bool
) -> None:
    """As the kernel saw it: no name server, no address, only the one socket; without Tor the run ends and says so."""
    drop.submit(b"letter", b"file")
    pair_through(desk)
    trace = tmp_path / "trace"
    code = "from journalist_interface.courier_commands import collect; collect()"
    command = [sys.executable, "-c", code, "--data", str(desk.folder), "--least", "0"]

    def collect() -> "subprocess.CompletedProcess[str]":
        calls = ("connect", "sendto", "sendmsg", "sendmmsg")
        return subprocess.run(
            [*under_strace(trace, calls), *command], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )

    if tor_is_there:
        with StandInTor(url).serving(own_socks(desk)):
            done = collect()
    else:
        done = collect()
    assert done.returncode == (0 if tor_is_there else 1), done.stderr
    if not tor_is_there:
        assert "Tor does not run on this host" in done.stderr
    connects = [call for call in read_trace(trace) if call.name == "connect"]
    assert connects
    assert all("AF_UNIX" in call.arguments and str(own_socks(desk)) in call.arguments for call in connects)
    assert not [call for call in read_trace(trace) if call.name.startswith("send") and "AF_INET" in call.arguments]
    assert drop.count("submissions") == (0 if tor_is_there else 1)


SAID = {
    "no key for it": (0xF4, "holds no key for it"),
    "its key is not admitted any more": (0xF5, "does not admit this host's key"),
    "no descriptor": (0xF0, "is offline"),
    "a descriptor that is none": (0xF1, "is offline"),
    "host unreachable, without Tor's own words": (0x04, "is offline"),
    "nobody at the introduction points": (0xF2, "does not answer"),
    "no rendezvous": (0xF3, "does not answer"),
    "no introduction in time": (0xF7, "does not answer"),
    "no time left, without Tor's own words": (0x06, "does not answer"),
    "a mistyped address": (0xF6, "Pair again"),
    "an onion service without a door": (0x05, "Start candour-drop door"),
    "a rule of this host's Tor": (0x02, "SocksPort"),
    "no network here": (0x03, "reaches no network"),
    "no reason given": (0x01, "client authorisation"),
    "a reason nobody knows": (0x63, "0x63"),
}


@pytest.mark.parametrize("why", SAID)
def test_what_tor_says_becomes_a_sentence_that_says_what_to_do(
    drop: DropGround, desk: DeskGround, url: str, why: str
) -> None:
    """And nothing is lost: the reply waits here, the letter there."""
    reply, sentence = SAID[why]
    source = new_source()
    drop.submit(b"letter", source=source)
    post_reply(desk, source)
    with StandInTor(url, reply=reply).serving() as socks:
        report = run(desk, through(socks))
    [problem] = report.problems
    assert sentence in problem
    assert problem.endswith("Nothing is lost: the next run tries again.")
    assert ONION not in problem
    assert (drop.count("submissions"), desk.count("outbox")) == (1, 1)


def test_a_road_that_breaks_goes_on_where_it_stopped_and_the_others_go_on(
    drop: DropGround, desk: DeskGround, url: str
) -> None:
    """One circuit dies in the middle of a file; that file alone is asked for again, from there."""
    drop.submit(b"letter", *[bytes(2_000_000)] * 4)
    tor = StandInTor(url, cut_after=1_000_000)
    with tor.serving() as socks:
        report = run(desk, through(socks))
    assert (report.stored, report.problems) == (1, [])
    assert tor.cut_after == 0
    files = desk.files()
    assert sorted(len(each) for each in files.values()) == [6, 2_000_000, 2_000_000, 2_000_000, 2_000_000]
    # Had a file begun anew, two million bytes more would have come.
    down = sum(size for carried in tor.connections for way, size in carried.runs if way == "down")
    assert down < 9_500_000


def test_a_connection_that_has_rested_is_not_used_again(real_drop: DropGround) -> None:
    """The door closes those that rest; a question that crossed its farewell would be lost."""
    with running_door(real_drop.folder) as url:
        for patience, connections in ((Patience(), 1), (Patience(fresh=0), 3)):
            tor = StandInTor(url)
            with tor.serving() as socks, closing(through(socks, patience)) as door:
                for _each in range(3):
                    door.room()
            assert len(tor.connections) == connections


def test_sigint_while_tor_builds_a_circuit_ends_the_run(desk: DeskGround) -> None:
    """Two minutes of Tor's patience are not those of whoever presses Ctrl-C."""
    pair_through(desk)
    own_socks(desk).parent.mkdir(mode=0o700)
    reached = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(own_socks(desk)))
        listening.listen()
        code = "from journalist_interface.courier_commands import collect; collect()"
        with subprocess.Popen(
            [sys.executable, "-c", code, "--data", str(desk.folder)], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True
        ) as process:
            client, _nobody = listening.accept()
            with client:
                assert client.recv(4)
                reached.set()
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=5) == 1
                assert process.stderr is not None
                assert "Nothing is lost." in process.stderr.read()
