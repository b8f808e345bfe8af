"""A real gunicorn with a tiny application of ours, as `serve` runs it, and a client that speaks in bytes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


PROGRAM = """
import ctypes, os, sys
from flask import Flask, request
from serving import worker
from serving.server import CLOSE, serve
worker.HEAD_SECONDS = 1
def opened():
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return "\\n".join(os.readlink(link) for link in links if os.path.islink(link))
def environment():
    return "\\n".join(f"{name}={value}" for name, value in os.environ.items())
def make_app():
    app = Flask("tiny")
    app.add_url_rule("/", "home", lambda: "hello")
    app.add_url_rule("/echo", "echo", lambda: request.get_data(), methods=["POST"])
    app.add_url_rule("/environment", "environment", environment)
    app.add_url_rule("/opened", "opened", opened)
    app.add_url_rule("/dumpable", "dumpable", lambda: str(ctypes.CDLL(None).prctl(3)))  # PR_GET_DUMPABLE
    app.add_url_rule("/let-in", "let_in", lambda: str(ctypes.CDLL(None).prctl(4, 1)))  # PR_SET_DUMPABLE
    app.add_url_rule("/stream", "stream", lambda: (piece for piece in ("one", "two")))
    app.extensions[CLOSE] = lambda: open(sys.argv[2], "w").write("closed")
    return app
serve(make_app, sys.argv[1], threads=8)
"""


BLAND = b"Something your browser sent was damaged. Nothing was kept.\n"
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Tiny:
    """A served tiny application."""

    process: "subprocess.Popen[bytes]"
    address: tuple[str, int] | str
    temporary: Path

    def connect(self) -> socket.socket:
        """A connection to it."""
        connection = socket.socket(socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET)
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, request: bytes) -> bytes:
        """Everything it answers to one request until it closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def lines(self, path: str) -> list[str]:
        """The lines of one of its pages."""
        answer = self.ask(f"GET {path} HTTP/1.0\r\n\r\n".encode("ascii"))
        return answer.split(b"\r\n\r\n", 1)[1].decode("utf-8").splitlines()

    def processes(self) -> list[int]:
        """Its processes: the one that was started and its worker."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, task.read_text().split())]


def read_all(connection: socket.socket) -> bytes:
    """What arrives until the other side closes."""
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


@contextmanager
def serving(
    folder: Path,
    bind: str,
    address: tuple[str, int] | str,
    descriptors: tuple[int, ...] = (),
    command: tuple[str, ...] = (),
    program: str = PROGRAM,
) -> Iterator[Tiny]:
    """Serve the tiny application, by way of `command`; when it is ended, it must have said nothing at all."""
    temporary = folder / "tmp"
    temporary.mkdir()
    # Whoever makes or removes a file in it gives the folder a new time.
    os.utime(temporary, (0, 0))
    process = subprocess.Popen(
        [*command, sys.executable, "-c", program, bind, str(folder / "closed")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(temporary)},
        pass_fds=descriptors,
    )
    tiny = Tiny(process, address, temporary)
    try:
        wait_until_it_answers(tiny)
        yield tiny
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert said == b""
    assert process.returncode == 0
    assert (folder / "closed").read_text() == "closed"


def wait_until_it_answers(tiny: Tiny) -> None:
    """Wait for the first answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert tiny.process.poll() is None, tiny.process.communicate()[0]
        try:
            assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the tiny application does not answer")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    """The tiny application on a loopback port."""
    port = free_port()
    with serving(tmp_path_factory.mktemp("tiny"), f"127.0.0.1:{port}", ("127.0.0.1", port)) as running:
        yield running


def head(answer: bytes) -> dict[str, str]:
    """The headers of an answer, with lower-case names."""
    lines = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


@contextmanager
def held(tiny: Tiny, count: int, beginning: bytes) -> Iterator[None]:
    """So many connections that have said this much, and stay open."""
    with ExitStack() as stack:
        for _connection in range(count):
            connection = stack.enter_context(tiny.connect())
            connection.sendall(beginning)
        yield
