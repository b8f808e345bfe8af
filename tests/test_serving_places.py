"""A server that is handed one place by systemd listens at its others too: gunicorn passes over them without a word."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from serving.server import all_heard

SERVE = """
import sys
from flask import Flask
from serving.server import serve
serve(lambda: Flask("places"), sys.argv[1], sys.argv[2], threads=1)
"""
_PATIENCE_SECONDS = 30


def test_both_places_answer(tmp_path: Path) -> None:
    """A port that is handed over, and a socket of its own: as the desk of an installed host has them."""
    path = tmp_path / "own.sock"
    with socket.create_server(("127.0.0.1", 0)) as handed:
        binds = (f"fd://{handed.fileno()}", f"unix:{path}")
        process = subprocess.Popen([sys.executable, "-c", SERVE, *binds], pass_fds=(handed.fileno(),))
        try:
            assert asked(socket.AF_INET, handed.getsockname(), process) == b"HTTP/1.1 404"
            assert asked(socket.AF_UNIX, str(path), process) == b"HTTP/1.1 404"
            assert path.stat().st_mode & 0o077 == 0
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def test_what_a_killed_server_left_is_no_obstacle(tmp_path: Path) -> None:
    """Its socket is taken away; without a descriptor gunicorn does all that itself."""
    path = tmp_path / "own.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    _handed, made = all_heard(["fd://3", f"unix:{path}"])
    os.close(int(made.removeprefix("fd://")))
    assert all_heard([f"unix:{path}"]) == [f"unix:{path}"]


def asked(family: int, where: tuple[str, int] | str, process: "subprocess.Popen[bytes]") -> bytes:
    """The beginning of the answer."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with socket.socket(family) as connection:
            connection.settimeout(_PATIENCE_SECONDS)
            try:
                connection.connect(where)
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
                continue
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(12)
