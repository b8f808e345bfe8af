"""Fail closed: a source host with anything amiss does not start, says why on one line, and listens nowhere."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.keys_fixtures import make_keys

COMMAND = Path(sys.executable).parent / "candour-drop"
PATIENCE_SECONDS = 30
KEYS = (
    "secret",
    "revoked",
    "expired",
    "no encryption subkey",
    "expired encryption subkey",
    "RSA of 2,048 bits",
    "garbage",
)


@dataclass(frozen=True)
class Fault:
    """Something amiss, and what the administrator must read of it."""

    make: Callable[[DropFolder], object]
    sentence: str


def move_away(folder: DropFolder) -> None:
    """Leave no folder at all."""
    folder.root.rename(folder.root.with_name("elsewhere"))


def a_newer_version(folder: DropFolder) -> None:
    """Mark the database as a newer version's."""
    with sqlite3.connect(folder.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def settings(text: str) -> Callable[[DropFolder], object]:
    """Write the settings."""
    return lambda folder: folder.settings.write_text(text, "utf-8")


FAULTS = {
    "no folder": Fault(move_away, "does not exist. Run init first."),
    "a folder others can read": Fault(lambda folder: folder.root.chmod(0o755), "Mend it with: chmod 700"),
    "a folder its group can enter": Fault(lambda folder: folder.root.chmod(0o710), "Mend it with: chmod 700"),
    "a blob folder others can enter": Fault(lambda folder: (folder.blobs / "sealed").chmod(0o755), "chmod 700"),
    "no pepper": Fault(lambda folder: folder.pepper.unlink(), "The pepper, without which no codename can be found, is"),
    "a pepper cut short": Fault(
        lambda folder: os.truncate(folder.pepper, 31), "is damaged. Restore it from the backup."
    ),
    "an empty pepper": Fault(lambda folder: os.truncate(folder.pepper, 0), "is damaged. Restore it from the backup."),
    "a pepper others can read": Fault(lambda folder: folder.pepper.chmod(0o644), "Mend it with: chmod 600"),
    "no intake key": Fault(lambda folder: folder.intake_key.unlink(), "The intake key is missing"),
    "a setting that is unknown": Fault(settings('{"colour": "red"}'), "there is no setting “colour”"),
    "a setting out of bounds": Fault(settings('{"files": 0}'), "files must be a whole number from 1 to 100"),
    "forms that could take every thread": Fault(
        settings('{"threads": 280}'), "threads must be at least 308: all forms and derivations at once"
    ),
    "settings that are no JSON": Fault(settings("files = 3"), "is not JSON"),
    "a database of a newer version": Fault(
        a_newer_version, "A later version of Candour brought this host's data up to date (revision 9999)"
    ),
    "no database": Fault(lambda folder: folder.database.unlink(), "is missing. Restore it from the backup."),
    "a database that is none": Fault(
        lambda folder: folder.database.write_bytes(b"no database" * 100), "the database is damaged"
    ),
}
SENTENCES = {
    "secret": "holds a SECRET key",
    "revoked": "The intake key is revoked.",
    "expired": "The intake key has expired.",
    "no encryption subkey": "has no part that can encrypt",
    "expired encryption subkey": "The encryption part of the intake key has expired.",
    "RSA of 2,048 bits": "too weak. Use Curve25519",
    "garbage": "is not an OpenPGP key",
}


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A real key file of each broken kind."""
    return make_keys(tmp_path_factory.mktemp("keys"), KEYS)


def assert_it_does_not_start(folder: DropFolder, sentence: str) -> None:
    """Start the site for real: it must end with 1, one line on stderr, nothing on stdout, and listen nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    done = subprocess.run(
        [str(COMMAND), "serve", "--data", str(folder.root), "--bind", f"127.0.0.1:{port}"],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert sentence in said
    assert "Traceback" not in said
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert done.stdout == b""
    with socket.socket() as connection:
        assert connection.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_the_site_does_not_start_with(drop_folder: DropFolder, fault: Fault) -> None:
    """A source host with this amiss does not start, and one sentence says what to do."""
    fault.make(drop_folder)
    assert_it_does_not_start(drop_folder, fault.sentence)


@pytest.mark.parametrize("name", KEYS)
def test_the_site_does_not_start_with_an_intake_key_that_is(
    drop_folder: DropFolder, key_files: dict[str, Path], name: str
) -> None:
    """A source host whose intake key nobody should seal to does not start; each fault has a sentence of its own."""
    drop_folder.intake_key.write_bytes(key_files[name].read_bytes())
    assert_it_does_not_start(drop_folder, SENTENCES[name])


def test_the_door_does_not_start_either(drop_folder: DropFolder) -> None:
    """The door refuses just as the site does."""
    drop_folder.pepper.unlink()
    done = subprocess.run(
        [str(COMMAND), "door", "--data", str(drop_folder.root), "--bind", "127.0.0.1:1"],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)


@pytest.mark.parametrize("bind", ["0.0.0.0:0", "192.0.2.1:80", "127.0.0.1:70000", "localhost:80"])
def test_the_site_listens_on_loopback_alone(drop_folder: DropFolder, bind: str) -> None:
    """A place that others can reach, or that is none, is refused in one sentence."""
    done = subprocess.run(
        [str(COMMAND), "serve", "--data", str(drop_folder.root), "--bind", bind],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert "is not a place to listen on" in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_place_that_is_taken_is_told(drop_folder: DropFolder) -> None:
    """A port that another program holds, or a socket in a folder that is not there, is told at once on one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for bind in (f"127.0.0.1:{taken.getsockname()[1]}", "unix:/nonexistent/site.sock"):
            done = subprocess.run(
                [str(COMMAND), "serve", "--data", str(drop_folder.root), "--bind", bind],
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
            assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
            assert f"Nothing can listen on {bind}" in done.stderr.decode()


def test_a_refused_start_changes_nothing(drop_folder: DropFolder, intake_secret: IntakeSecret) -> None:
    """After a refused start every file of the folder is byte for byte what it was."""
    drop_folder.intake_key.write_text("garbage", "ascii")
    before = {path: path.read_bytes() for path in drop_folder.root.rglob("*") if path.is_file()}
    assert_it_does_not_start(drop_folder, SENTENCES["garbage"])
    assert {path: path.read_bytes() for path in drop_folder.root.rglob("*") if path.is_file()} == before
    assert intake_secret.public.read_bytes() not in before.values()
