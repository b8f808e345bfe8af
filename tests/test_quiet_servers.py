"""What runs for months writes nothing in its normal work: a journal would stamp each line to the microsecond.

The site says nothing in any test that visits it (tests/tor_site.py, tests/onion/two_hosts.py), the courier nothing of
what came (tests/courier/test_courier_quiet.py), whoever watches Tor nothing (tests/test_tor_stamp.py). Here the desk
and the door.
"""

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from source_interface.drop_folder import DropFolder
from tests.desk_office import new_office
from tests.source_site import CANDOUR_DROP

SECONDS = 60  # until it is a failure


class Unix(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket. Raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))


@contextmanager
def quiet(command: list[str], path: Path) -> Iterator[None]:
    """A server on a unix socket, which must have said nothing at its end."""
    process = subprocess.Popen([*command, "--bind", f"unix:{path}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        ends = time.monotonic() + SECONDS
        while not _answers(path):
            assert process.poll() is None, "it stopped"
            assert time.monotonic() < ends
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        said = process.communicate(timeout=SECONDS)[0]
    assert said == b"", said.decode("utf-8", "replace")


def _answers(path: Path) -> bool:
    connection = Unix(path)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def status(path: Path, method: str, asked: str, body: bytes | None = None, **headers: str) -> int:
    """What a server answers with."""
    connection = Unix(path)
    connection.request(method, asked, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def garbage(path: Path) -> None:
    """Somebody who speaks no HTTP, and goes."""
    connection = Unix(path)
    connection.connect()
    connection.sock.sendall(b"\x16\x03\x01\x00\xff\r\n\r\n")
    connection.sock.recv(65_536)
    connection.close()


def test_the_desk_says_nothing_of_who_comes(tmp_path: Path) -> None:
    """A page, one that is not there, somebody who is refused, and no HTTP at all."""
    path = tmp_path / "desk.sock"
    with new_office(tmp_path / "desk") as office:
        command = [str(CANDOUR_DROP.with_name("candour-desk")), "serve", "--data", str(office.folder)]
        with quiet(command, path):
            assert status(path, "GET", "/sign-in") == 200
            assert status(path, "GET", "/nowhere") in (302, 303, 404)
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            assert status(path, "POST", "/sign-in", b"username=amina&password=wrong&code=000000", **form) >= 400
            garbage(path)


def test_the_door_says_nothing_of_who_comes(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Strangers, and no HTTP at all."""
    path = tmp_path / "door.sock"
    with quiet([str(CANDOUR_DROP), "door", "--data", str(drop_folder.root)], path):
        assert status(path, "GET", "/v1/waiting") == 401
        assert status(path, "GET", "/v1/waiting", Authorization=f"Bearer {'A' * 43}") == 401
        assert status(path, "POST", "/nowhere", b"x") in (401, 404, 405)
        garbage(path)
