"""Serving: it cannot be held by half a request, by silence, or by whoever never closes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tiny_server import CHECKOUT, PATIENCE_SECONDS, PROGRAM, Tiny, free_port, held, read_all, serving, tiny

__all__ = ["tiny"]


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
