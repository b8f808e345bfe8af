"""Serving: a real gunicorn that tells nothing of itself or of anybody, and cannot be held by half a request."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.headers import COMMON_HEADERS, content_security_policy
from serving.memory import locking_is_unlimited
from serving.server import BindRefused, check_bind, heartbeat_folder, serve

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


def test_an_answer_names_no_server_and_no_time(tiny: Tiny) -> None:
    """An answer holds its length, its type, padding and nothing by which one host is told from another."""
    answer = tiny.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    wanted = {"connection", "content-type", "content-length", "x-padding"}
    assert head(answer).keys() == wanted
    assert head(tiny.ask(b"GET /nowhere HTTP/1.0\r\n\r\n")).keys() == wanted


def test_an_answer_of_unknown_length_is_chunked(tiny: Tiny) -> None:
    """A streamed answer arrives whole."""
    answer = tiny.ask(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head(answer)["transfer-encoding"] == "chunked"
    assert answer.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_connection_serves_several_requests(tiny: Tiny) -> None:
    """A connection that is kept open answers again and again, one request after another."""
    with tiny.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):
                answer += connection.recv(4096)
            assert head(answer)["connection"] == "keep-alive"


BAD_REQUESTS = {
    "not HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a request without a version": b"GET /\r\n\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\n\r\n",
    "a method that is none": b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "a header with a space before its colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length that is none": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length and chunks": (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an unknown transfer encoding": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cows\r\n\r\n",
    "a request line too long": b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header too long": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * 9_000 + b"\r\n\r\n",
    "a head of endless length": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * 40_000,
    "too many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 60 + b"\r\n",
}


@pytest.mark.parametrize("request_bytes", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_bad_request_gets_the_bland_page(tiny: Tiny, request_bytes: bytes) -> None:
    """What is no proper HTTP is answered with one short page that names no program, version, address or reason.

    It has the headers of any other.
    """
    answer = tiny.ask(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b"\r\n\r\n" + BLAND)
    assert int(head(answer)["content-length"]) == len(BLAND)
    common = {name.lower() for name in COMMON_HEADERS}
    assert set(head(answer)) == common | {"connection", "content-type", "content-length", "x-padding"}
    assert not re.search(rb"(?i)gunicorn|python|flask|werkzeug|127\.0\.0\.1|<html", answer)


@contextmanager
def held(tiny: Tiny, count: int, beginning: bytes) -> Iterator[None]:
    """So many connections that have said this much, and stay open."""
    with ExitStack() as stack:
        for _connection in range(count):
            connection = stack.enter_context(tiny.connect())
            connection.sendall(beginning)
        yield


HALF_HEADS = {
    "half a request line": b"GET / HT",
    "a head without its end": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
}


@pytest.mark.parametrize("half", HALF_HEADS.values(), ids=HALF_HEADS.keys())
def test_half_a_head_is_cut(tiny: Tiny, half: bytes) -> None:
    """Who sends half a head and no more is cut off when its time is over, long before the silence limit."""
    with tiny.connect() as connection:
        began = time.monotonic()
        connection.sendall(half)
        assert b"200 OK" not in read_all(connection)
        assert time.monotonic() - began < PATIENCE_SECONDS / 2


def test_a_connection_that_says_nothing_is_cut(tiny: Tiny) -> None:
    """A connection on which nothing is ever sent is closed."""
    with tiny.connect() as connection:
        assert b"200 OK" not in read_all(connection)


def test_half_heads_hold_nobody_up(tiny: Tiny) -> None:
    """A whole request that comes after more half heads than there are threads is answered."""
    with held(tiny, 16, b"GET / HTTP/1.1\r\n"):
        assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")


def test_answered_connections_that_stay_open_hold_nobody_up(tiny: Tiny) -> None:
    """Clients that do not close when they have been answered cost others nothing: gunicorn waits 2 s for each."""
    with held(tiny, 30, b"GET / HTTP/1.0\r\n\r\n"):
        assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")


def test_when_connections_run_out_the_longest_silent_one_gives_way(tmp_path: Path) -> None:
    """With open files for some fifty connections, a hundred silent ones do not stop a page, nor kill the server."""
    port = free_port()
    few_files = ("prlimit", "--nofile=200:200")
    # None of them is cut for its silence meanwhile.
    patient = PROGRAM.replace("HEAD_SECONDS = 1", "HEAD_SECONDS = 600")
    with serving(tmp_path, f"127.0.0.1:{port}", ("127.0.0.1", port), command=few_files, program=patient) as tiny:
        processes = tiny.processes()
        with held(tiny, 100, b""):
            assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")
            assert tiny.processes() == processes


def test_it_does_not_start_with_too_few_open_files() -> None:
    """A limit that leaves threads without sockets is refused in a sentence that says what to raise."""
    done = subprocess.run(
        ["prlimit", "--nofile=100:100", sys.executable, "-c", PROGRAM, "127.0.0.1:0", "x"],
        capture_output=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert done.returncode == 1
    assert b"TooFewFiles: This process may open 100 files; 8 threads need" in done.stderr
    assert b"LimitNOFILE" in done.stderr


def test_an_answer_to_a_body_nobody_read_promises_no_further_request(tiny: Tiny) -> None:
    """The connection will be closed, and the head says so; the answer is not lost with what was unread."""
    body = bytes(500_000)
    answer = tiny.ask(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith(b"HTTP/1.1 404")
    assert head(answer)["connection"] == "close"


def test_requests_sent_ahead_are_answered_one_after_another(tiny: Tiny) -> None:
    """Three requests in one piece, the second with a body, get their three answers in order."""
    requests = (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    answer = tiny.ask(requests)
    assert re.findall(rb"\r\n\r\n(hello|abc)", answer) == [b"hello", b"abc", b"hello"]


def test_who_asks_before_sending_a_long_body_is_told_to_go_on(tiny: Tiny) -> None:
    """A client that waits for leave gets it where a thread is there to read what it sends."""
    with tiny.connect() as connection:
        asked = b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 60000\r\n\r\n"
        connection.sendall(asked)
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"x" * 60_000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_who_asks_before_sending_a_short_body_holds_no_thread(tiny: Tiny) -> None:
    """More such clients than threads, and a page is answered; and so are they, once they send (RFC 9110, 10.1.1)."""
    asked = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    held = [tiny.connect() for _ in range(16)]
    try:
        for connection in held:
            connection.sendall(asked)
        assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")
        held[0].sendall(b"ok")
        assert read_all(held[0]).endswith(b"ok")
    finally:
        for connection in held:
            connection.close()


def test_a_slow_body_is_not_cut(tiny: Tiny) -> None:
    """The limit is on the head alone: a body may take its time."""
    with tiny.connect() as slow:
        slow.sendall(b"POST /echo HTTP/1.0\r\nContent-Length: 4\r\n\r\nab")
        # Until a connection that came later has been cut, this one has been open for longer than the head's limit.
        with tiny.connect() as later:
            later.sendall(b"GET /")
            read_all(later)
        slow.sendall(b"cd")
        assert read_all(slow).endswith(b"abcd")


def test_nothing_is_written_to_the_temporary_folder(tiny: Tiny) -> None:
    """Large bodies and bad requests make no file in the temporary folder: not even its own time has changed."""
    body = b"x" * 2_000_000
    request = b"POST /echo HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert tiny.ask(request + body).endswith(body)
    assert list(tiny.temporary.iterdir()) == []
    assert tiny.temporary.stat().st_mtime == 0
    # It says so itself: nobody else may look. What the first process had open its worker was given.
    opened = tiny.lines("/opened")
    assert any(path.startswith("socket:") for path in opened)
    on_a_disk = [path for path in opened if path.startswith("/") and not path.startswith(("/dev/", "/proc/"))]
    assert on_a_disk == []


def test_no_core_is_ever_dumped(tiny: Tiny) -> None:
    """No process of the server may leave its memory on the disk when it dies."""
    processes = tiny.processes()
    assert len(processes) == 2
    for pid in processes:
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_no_debugger_is_let_in(tiny: Tiny) -> None:
    """Neither another program of the same user nor a core that is piped to one may have what is in memory."""
    assert tiny.ask(b"GET /dumpable HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n0")
    for pid in tiny.processes():
        assert int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0


def test_freed_memory_is_overwritten_by_every_server(tiny: Tiny) -> None:
    """The process has begun again under the environment that says so, and has kept its number."""
    assert tiny.process.poll() is None
    environment = tiny.lines("/environment")
    assert "PYTHONMALLOC=malloc" in environment
    assert any(re.match(r"GLIBC_TUNABLES=.*perturb=[1-9]", setting) for setting in environment)


def locked_kilobytes(pid: int) -> int:
    """How much of a process's memory is locked."""
    found = re.search(r"^VmLck:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_memory_is_locked_where_that_is_permitted(tiny: Tiny) -> None:
    """The worker's, which has been forked: a lock does not pass on by itself. Root may, others by their limit."""
    permitted = subprocess.run(
        [sys.executable, "-c", "from serving.memory import may_lock_memory; print(may_lock_memory())"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert (locked_kilobytes(tiny.processes()[1]) > 0) == (permitted.stdout.strip() == "True")


NO_LIMIT = -1
EVERYBODY = "         0          0 4294967295\n"
RIGHT = "Name:\tx\nCapEff:\t0000000000004000\n"
NO_RIGHT = "Name:\tx\nCapEff:\t0000000000000000\n"
LOCKING = {
    "no limit": (NO_LIMIT, NO_RIGHT, EVERYBODY, True),
    "no limit, in a namespace": (NO_LIMIT, NO_RIGHT, "0 100000 65536\n", True),
    "a limit, and the right to pass it": (8388608, RIGHT, EVERYBODY, True),
    "a limit": (8388608, NO_RIGHT, EVERYBODY, False),
    "a large limit": (1 << 40, NO_RIGHT, EVERYBODY, False),
    "a right that is none, in a namespace": (8388608, RIGHT, "0 100000 65536\n", False),
    "a kernel that says nothing": (8388608, "", "", False),
}


@pytest.mark.parametrize(("limit", "status", "uid_map", "unlimited"), LOCKING.values(), ids=LOCKING)
def test_memory_is_locked_only_without_a_limit(limit: int, status: str, uid_map: str, unlimited: bool) -> None:
    """Under a limit what is allocated later would fail."""
    assert locking_is_unlimited(limit, status, uid_map) is unlimited


def test_under_a_limit_nothing_is_locked_and_all_else_works(tmp_path: Path) -> None:
    """A limit that memory would outgrow must not make an allocation fail later."""
    limit = ("prlimit", "--memlock=8388608:8388608")  # bytes, the usual limit
    # Root, who may pass any limit, is made an ordinary user for it.
    unprivileged = ("setpriv", "--bounding-set=-all") if os.geteuid() == 0 else ()
    port = free_port()
    with serving(tmp_path, f"127.0.0.1:{port}", ("127.0.0.1", port), command=(*limit, *unprivileged)) as tiny:
        assert locked_kilobytes(tiny.processes()[1]) == 0


def test_it_serves_on_a_unix_socket(tmp_path: Path) -> None:
    """A socket in the file system works, and only its user may use it."""
    path = tmp_path / "site.sock"
    with serving(tmp_path, f"unix:{path}", str(path)) as tiny:
        assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")
        assert path.stat().st_mode & 0o077 == 0
    assert not path.exists()


def test_it_serves_on_an_inherited_descriptor(tmp_path: Path) -> None:
    """A listening socket that a service manager hands over works."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = ("127.0.0.1", int(listener.getsockname()[1]))
        with serving(tmp_path, f"fd://{listener.fileno()}", address, (listener.fileno(),)) as tiny:
            assert tiny.ask(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")


BINDS = ["127.0.0.1:8080", "127.0.0.1:65535", "[::1]:8080", "unix:/run/candour/site.sock", "fd://3"]
REFUSED_BINDS = {
    "every address": "0.0.0.0:8080",
    "every address, version six": "[::]:8080",
    "an address of the network": "192.0.2.1:8080",
    "another loopback address": "127.0.0.2:8080",
    "a name": "localhost:8080",
    "a port alone": ":8080",
    "no port": "127.0.0.1",
    "a port that is none": "127.0.0.1:http",
    "a port too high": "127.0.0.1:65536",
    "a port too high, version six": "[::1]:99999",
    "a line end after it": "127.0.0.1:8080\n",
    "digits of another script": "127.0.0.1:\u0668\u0660",
    "two at once": "127.0.0.1:8080,0.0.0.0:8080",
    "a unix socket without a path": "unix:",
    "a unix socket by a path that is not whole": "unix:site.sock",
    "a descriptor that is none": "fd://x",
    "nothing": "",
}


@pytest.mark.parametrize("bind", BINDS)
def test_a_private_place_is_accepted(bind: str) -> None:
    """Loopback, a unix socket and an inherited descriptor are places to listen on."""
    assert check_bind(bind) == bind


@pytest.mark.parametrize("bind", REFUSED_BINDS.values(), ids=REFUSED_BINDS.keys())
def test_any_other_place_is_refused(bind: str) -> None:
    """Nothing else may listen, and who tries is told on one line what to use."""
    with pytest.raises(BindRefused, match=r"not a place to listen on\. Use"):
        check_bind(bind)


def test_serving_itself_refuses_too(tmp_path: Path) -> None:
    """A refused place stops `serve` before the application is made."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("make_app, sys", "lambda: print('made'), sys"), "0.0.0.0:0", "x"],
        capture_output=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert done.returncode == 1
    assert b"BindRefused" in done.stderr
    assert done.stdout == b""
    assert callable(serve)
    assert list(tmp_path.iterdir()) == []


def test_the_common_headers_allow_nothing_from_elsewhere() -> None:
    """The policy is the design's, word for word; a page may add to it, and nothing is kept or told to others."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert COMMON_HEADERS["Content-Security-Policy"] == policy
    assert content_security_policy({"frame-src": "'self'"}) == f"{policy}; frame-src 'self'"
    assert "default-src 'none'; style-src 'none';" in content_security_policy({"style-src": "'none'"})
    assert COMMON_HEADERS["Cache-Control"] == "no-store"
    assert COMMON_HEADERS["Referrer-Policy"] == "no-referrer"
    assert all("unsafe" not in value and "*" not in value for value in COMMON_HEADERS.values())


def test_where_the_heartbeat_cannot_be_written_it_is_not_written(tmp_path: Path) -> None:
    """gunicorn would end without a word: in a container, say, whose shared memory is root's alone."""
    assert heartbeat_folder(tmp_path) == str(tmp_path)
    assert heartbeat_folder(tmp_path / "none") is None
    asked = "import sys, pathlib, serving.server as s; print(s.heartbeat_folder(pathlib.Path('/proc/sys')))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "None\n"
