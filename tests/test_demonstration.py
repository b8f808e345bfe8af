"""`./run`: starts everything, keeps what it made, refuses in one line, and leaves nothing behind."""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(CHECKOUT / "deploy" / "demonstration.py")]
FREE_PORTS = ["--source-port", "0", "--desk-port", "0", "--door-port", "0"]
MARKER, LOCK = ".candour-demonstration", ".running"


def refused(*arguments: str) -> str:
    """What the demonstration says when it cannot start: one line, on standard error, with exit code 1."""
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("option", ["--source-port", "--desk-port", "--door-port"])
def test_a_taken_port_is_one_line_that_names_its_option(tmp_path: Path, option: str) -> None:
    """The port is tried before anything is made, so nothing half-made stays."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = [*FREE_PORTS, option, port]
        line = refused("--data", str(tmp_path / "data"), *ports)
    assert port in line
    assert option in line
    assert {path.name for path in (tmp_path / "data").iterdir()} == {MARKER, LOCK}


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_with_other_files_is_neither_used_nor_erased(tmp_path: Path, fresh: list[str]) -> None:
    """A mistyped --data must not cost anybody their files."""
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "left alone" in refused("--data", str(tmp_path), *FREE_PORTS, *fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_second_demonstration_on_the_same_folder_is_refused(tmp_path: Path, fresh: list[str]) -> None:
    """Two would share keys and a database, and --fresh would erase both from under the first."""
    (tmp_path / MARKER).touch()
    with (tmp_path / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "already running" in refused("--data", str(tmp_path), *FREE_PORTS, *fresh)


def test_a_start_that_was_cut_off_asks_for_a_fresh_one(tmp_path: Path) -> None:
    """Keys without the password that was made with them open nothing."""
    (tmp_path / MARKER).touch()
    (tmp_path / "desk").mkdir()
    assert "--fresh" in refused("--data", str(tmp_path), *FREE_PORTS)


def test_help_needs_nothing_installed() -> None:
    """A stranger reads it first, with the system's own Python and no package at all."""
    isolated = [sys.executable, "-S", "-I", COMMAND[1], "--help"]
    result = subprocess.run(isolated, capture_output=True, text=True, timeout=60, check=True)
    assert "--source-port" in result.stdout


def test_setting_up_alone_starts_nothing() -> None:
    """For a host that is to serve: the commands are there, no folder is made, and nothing is asked for beside it."""
    before = {path.name for path in CHECKOUT.iterdir()}
    done = subprocess.run([CHECKOUT / "run", "--set-up-only"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done
    assert "Nothing was started." in done.stdout
    assert (CHECKOUT / ".venv" / "bin" / "candour-drop").exists()
    assert {path.name for path in CHECKOUT.iterdir()} == before
    beside = subprocess.run(
        [CHECKOUT / "run", "--set-up-only", "--fresh"], capture_output=True, timeout=60, check=False
    )
    assert beside.returncode == 2


class Running:
    """A demonstration that answers, with the processes it started."""

    def __init__(self, data: Path, *options: str) -> None:
        arguments = [*COMMAND, "--data", str(data), *FREE_PORTS, *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.said = read_until(self.process.stdout, "Ctrl-C stops everything")
        assert "Ctrl-C stops everything" in self.said, self.process.communicate(timeout=30)
        self.demo = json.loads((data / "demo.json").read_text())
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        # Told apart from their numbers, which the kernel may give away again.
        self.handles = {child.pid: os.pidfd_open(child.pid) for child in self.children}

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Sends a signal; gives the exit code and what was said on standard error."""
        self.process.send_signal(number)
        _out, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


def read_until(stream: IO[str], words: str) -> str:
    """All lines up to the one that holds `words`, or to the end of the stream."""
    said = ""
    for line in stream:
        said += line
        if words in line:
            break
    return said


def left_running(demonstration: Running, data: Path) -> list[str]:
    """Processes of the demonstration that do not end within ten seconds, and any key agent for its folder."""
    alive = [str(pid) for pid, handle in demonstration.handles.items() if not select.select([handle], [], [], 10)[0]]
    for handle in demonstration.handles.values():
        os.close(handle)
    agents = [
        str(process.pid)
        for process in psutil.process_iter(["cmdline"])
        if any(str(data) in argument for argument in process.info["cmdline"] or [])
    ]
    return alive + agents


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a space in its name, as on many people's computers."""
    return tmp_path / "my data"


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Running]]:
    """Starts a demonstration on `data`; whatever the test leaves running is ended after it."""
    started: list[Running] = []

    def begin(*options: str) -> Running:
        started.append(Running(data, *options))
        return started[-1]

    yield begin
    for demonstration in started:
        if demonstration.process.poll() is None:
            demonstration.end(signal.SIGTERM)


def test_it_starts_announces_itself_and_ends_without_a_trace(data: Path, start: Callable[..., Running]) -> None:
    """Everything that DIR/demo.json promises is there; Ctrl-C and SIGTERM leave no process; data is kept."""
    first = start()
    demo = first.demo
    assert (data / "demo.json").stat().st_mode & 0o777 == 0o600
    assert demo["password"] in first.said
    [card] = (data / "custodian").iterdir()
    assert "THIS IS A DEMONSTRATION: this one card is the whole key." in card.read_text()
    assert f"is one card in {card.parent}" in first.said
    assert not (data / "desk" / "recovery-key.txt").exists()
    assert "BEGIN PGP PUBLIC KEY BLOCK" in Path(demo["intake_key"]).read_text()
    for name in ("source_url", "desk_url", "door_url"):
        host, port = demo[name].removeprefix("http://").split(":")
        socket.create_connection((host, int(port)), timeout=10).close()
    code = subprocess.run([*COMMAND, "code", "--data", str(data)], capture_output=True, text=True, timeout=60)
    assert code.stdout.strip().isdigit()
    for name in ("ben", "cora", "dora", "evan"):
        assert f"      {name} " in first.said
        other = subprocess.run(
            [*COMMAND, "code", name, "--data", str(data)], capture_output=True, text=True, timeout=60
        )
        assert len(other.stdout.strip()) == 6
    assert "demo, ben, cora, dora, evan" in refused("code", "zoe", "--data", str(data))
    assert first.end(signal.SIGINT) == (0, "")
    assert left_running(first, data) == []

    second = start()
    kept = ("username", "password", "totp_secret", "intake_key")
    assert [second.demo[name] for name in kept] == [demo[name] for name in kept]
    assert second.end(signal.SIGTERM) == (0, "")
    assert left_running(second, data) == []


def test_one_part_that_dies_takes_the_others_with_it_and_is_named(data: Path, start: Callable[..., Running]) -> None:
    """A demonstration that is half there would only confuse; --fresh then makes new keys."""
    first = start()
    door = next(child for child in first.children if "door" in child.cmdline())
    os.kill(door.pid, signal.SIGKILL)
    _out, errors = first.process.communicate(timeout=60)
    assert first.process.returncode == 1
    assert errors.splitlines()[0].startswith("Candour: door ended by itself")
    assert left_running(first, data) == []

    second = start("--fresh")
    assert second.demo["password"] != first.demo["password"]
    assert second.end(signal.SIGINT) == (0, "")
