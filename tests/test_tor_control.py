"""Tor's control socket: what a real Tor answers, and what is said when something else is there, or nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onion.control import Control, open_control
from onion.errors import TorRefused, TorSilent
from onion.layout import TorFolder
from onion.process import controlled, started
from onion.running import Plan

PATIENCE = 0.5


@pytest.fixture(scope="module")
def tor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """A real Tor without any network."""
    plan = Plan(TorFolder(tmp_path_factory.mktemp("t")), (), for_the_courier=True)
    plan.write()
    with started(plan.folder, None, ["--DisableNetwork", "1"]) as process, controlled(plan.folder, process) as control:
        yield control


def test_tor_answers_questions(tor: Control) -> None:
    """A value, a block of lines, several lines."""
    assert tor.info("version").startswith("0.4.")
    assert "SocksPort unix:" in tor.info("config-text")
    assert len(tor.ask("GETINFO version dormant")) == 3


def test_tor_refuses_with_its_number(tor: Control) -> None:
    """And goes on answering."""
    with pytest.raises(TorRefused) as refused:
        tor.info("no/such/thing")
    assert refused.value.status == 552
    assert tor.info("version")


def test_a_command_is_one_line(tor: Control) -> None:
    """Nothing that was put into one can begin another."""
    with pytest.raises(ValueError, match="one line"):
        tor.ask("GETINFO version\r\nSIGNAL HALT")


def test_without_events_there_are_none(tor: Control) -> None:
    """Waiting for one ends when it was said to."""
    tor.ask("SETEVENTS STATUS_GENERAL")
    assert tor.next_event(0.05) is None


@contextmanager
def something_else(folder: Path, answer: bytes) -> Iterator[Path]:
    """A socket at which something answers so, whatever it is asked, and closes."""

    def serve() -> None:
        connection, _who = listening.accept()
        with connection:
            if connection.recv(4096) and answer:
                connection.sendall(answer)
            else:
                over.wait(10)

    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "control.sock"))
        listening.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield folder / "control.sock"
        over.set()
        thread.join()


STRANGE = {
    "silence": b"",
    "a web server": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "half a line": b"250 O",
    "a block that never ends": b"250+x=\r\nmore\r\n",
    "another encoding": b"\xff\xfe\r\n",
    "an answer of a number too long": b"99999 OK\r\n",
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_is_not_tor_is_told(tmp_path: Path, what: str) -> None:
    """One sentence, soon, and no traceback."""
    (tmp_path / "cookie").write_bytes(bytes(32))
    with (
        something_else(tmp_path, STRANGE[what]) as path,
        pytest.raises(TorSilent),
        open_control(path, tmp_path / "cookie", PATIENCE),
    ):
        pass


def test_no_socket_and_no_cookie_are_told(tmp_path: Path) -> None:
    """Each names what is missing."""
    with pytest.raises(TorSilent, match="nothing answers"), open_control(tmp_path / "none", tmp_path / "cookie"):
        pass
    (tmp_path / "cookie").write_bytes(b"short")
    with (
        something_else(tmp_path, b"") as path,
        pytest.raises(TorSilent, match="not Tor's cookie"),
        open_control(path, tmp_path / "cookie"),
    ):
        pass
