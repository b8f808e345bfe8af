"""The desk as its unit starts it: systemd holds the port of loopback and hands it over, and Tor comes by a file."""

import http.client
import os
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from serving.listening import places_for_gunicorn
from tests.desk_office import new_office
from tests.test_deploy_syscalls import CANDOUR_DESK
from tests.test_quiet_servers import Unix, status

_PATIENCE_SECONDS = 30
# sd_listen_fds(3): descriptor 3, for the process whose number is LISTEN_PID.
_AS_SYSTEMD = 'exec 3<&"$0"; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=x; exec "$@"'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A desk that serves on a port that it was handed and on a socket beside it: the port, and the path."""
    folder = tmp_path_factory.mktemp("desk")
    path = folder / "desk.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with (
        new_office(folder / "desk") as office,
        closing(socket.create_server(("127.0.0.1", 0))) as held,
    ):
        command = [
            str(CANDOUR_DESK),
            "serve",
            "--data",
            str(office.folder),
            "--bind",
            "fd://3",
            "--bind",
            f"unix:{path}",
        ]
        process = subprocess.Popen(
            ["bash", "-c", _AS_SYSTEMD, str(held.fileno()), *command],
            pass_fds=(held.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            ends = time.monotonic() + _PATIENCE_SECONDS
            while not _answers(path):
                assert process.poll() is None, "it stopped"
                assert time.monotonic() < ends
                time.sleep(0.05)
            yield held.getsockname()[1], path
        finally:
            process.terminate()
            said = process.communicate(timeout=_PATIENCE_SECONDS)[0]
    assert said == b"", said.decode("utf-8", "replace")


def _answers(path: Path) -> bool:
    with closing(Unix(path)) as connection:
        try:
            connection.connect()
        except OSError:
            return False
        return True


def test_it_answers_at_the_port_that_systemd_holds(desk: tuple[int, Path]) -> None:
    """To the reviewer's browser on this machine."""
    with closing(http.client.HTTPConnection("127.0.0.1", desk[0], timeout=_PATIENCE_SECONDS)) as connection:
        connection.request("GET", "/sign-in")
        assert connection.getresponse().status == 200


def test_it_answers_at_the_socket_beside(desk: tuple[int, Path]) -> None:
    """In the place of one that a killed desk left; for its user alone."""
    assert status(desk[1], "GET", "/sign-in") == 200
    assert stat.S_IMODE(desk[1].stat().st_mode) == 0o700


def test_without_an_inherited_socket_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gunicorn binds by itself; what systemd says is for nobody's ears but ours."""
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert places_for_gunicorn(["unix:/run/x", "127.0.0.1:1"]) == ["unix:/run/x", "127.0.0.1:1"]
    assert "LISTEN_FDS" not in os.environ


def test_what_is_no_socket_stays(tmp_path: Path) -> None:
    """Somebody's file at that place."""
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(OSError, match="in use"):
        places_for_gunicorn(["fd://3", f"unix:{tmp_path}/mine"])
    assert (tmp_path / "mine").read_text() == "mine"
