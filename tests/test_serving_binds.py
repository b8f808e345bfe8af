"""Serving: the places it listens on, and those it refuses before anything is made."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from serving.server import BindRefused, check_bind, heartbeat_folder, serve
from tests.tiny_server import CHECKOUT, PROGRAM, serving


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


def test_where_the_heartbeat_cannot_be_written_it_is_not_written(tmp_path: Path) -> None:
    """gunicorn would end without a word: in a container, say, whose shared memory is root's alone."""
    assert heartbeat_folder(tmp_path) == str(tmp_path)
    assert heartbeat_folder(tmp_path / "none") is None
    asked = "import sys, pathlib, serving.server as s; print(s.heartbeat_folder(pathlib.Path('/proc/sys')))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "None\n"
