"""The installer on a real Debian, 12 and 13, from nothing: each host is installed, and what it runs is run there.

A Debian is made in a folder (debootstrap), with no init in it: units are judged as files (test_deploy_units.py), and
what they start is started by hand, as their user. A quarter of an hour in all, so of the long form alone.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.hosts.units import DATA, PROGRAMS, UNITS, USER
from tests.booted import RELEASES, copy_debian, erase_debian, in_reach, installer, make_debian
from tests.conftest import IntakeSecret
from tests.tor_site import line_of

pytestmark = pytest.mark.long
_PATIENCE_SECONDS = 60


@pytest.fixture(scope="module", params=RELEASES)
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian with git and python3, and systemd to judge units, that has the network of this machine."""
    root = tmp_path_factory.mktemp(request.param) / "root"
    make_debian(request.param, root)
    yield root
    erase_debian(root)


@pytest.fixture
def debian(fresh: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it for one test."""
    root = tmp_path / "root"
    copy_debian(fresh, root)
    with in_reach(root):
        yield root
    erase_debian(root)


def there(root: Path, *command: str) -> list[str]:
    """The command that runs a command there as Candour's user."""
    return ["chroot", str(root), "runuser", "-u", USER, "--", *command]


@pytest.mark.parametrize("plan", UNITS)
def test_a_host_is_installed_again_and_taken_off(plan: str, debian: Path) -> None:
    """A dry run changes nothing; a second run finds all done; its own systemd takes the units; data stays or goes."""
    assert "would be done" in installer("install", plan, debian, "--dry-run")
    assert not (debian / "opt/candour").exists()
    installer("install", plan, debian)
    assert "Nothing was changed." in installer("install", plan, debian)
    for unit in UNITS[plan]:
        path = f"/etc/systemd/system/{unit.name}.service"
        done = subprocess.run(
            ["chroot", str(debian), "systemd-analyze", "verify", path], capture_output=True, text=True, check=False
        )
        assert unit.name not in done.stderr, done.stderr
    help_of = subprocess.run(
        ["chroot", str(debian), f"/usr/local/sbin/candour-{plan}", "--help"], capture_output=True, text=True, check=True
    )
    assert "Usage:" in help_of.stdout
    (debian / DATA.lstrip("/") / "kept").write_text("kept")
    installer("uninstall", plan, debian, "--keep-data")
    assert not (debian / "opt/candour").exists()
    assert (debian / DATA.lstrip("/") / "kept").read_text() == "kept"
    installer("uninstall", plan, debian, "--destroy-data")
    assert not (debian / DATA.lstrip("/")).exists()


def test_the_source_host_works_there(debian: Path, intake_secret: IntakeSecret) -> None:
    """Made, given its addresses by that Debian's Tor, checked; its site answers at the socket as the unit starts it."""
    installer("install", "drop", debian)
    data = debian / DATA.lstrip("/")
    shutil.copy(intake_secret.public, debian / "tmp/intake-key.asc")
    (debian / "tmp/intake-key.asc").chmod(0o644)
    drop = f"{PROGRAMS}/candour-drop"
    key, pairing = "/tmp/intake-key.asc", f"{DATA}/pairing.json"
    for command in (
        ("init", "--data", DATA, "--intake-key", key, "--pairing", pairing),
        ("onion", "set-up", "--data", DATA, "--pairing", pairing),
    ):
        subprocess.run(there(debian, drop, *command), check=True)
    address = (data / "tor/site/hostname").read_text("ascii").strip()
    (site,) = [unit for unit in UNITS["drop"] if unit.name == "candour-site"]
    process = subprocess.Popen(there(debian, *f"{PROGRAMS}/{site.command}".split()))
    try:
        assert b"HTTP/1.1 200 " in asked(data / "sockets/site.sock", address)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)
    assert {path.stat().st_uid for path in data.rglob("*")} == {data.stat().st_uid} != {os.getuid()}


def asked(path: Path, address: str) -> bytes:
    """What the site answers on its first page, as Tor would bring a visitor there."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(path))
            except OSError:
                assert time.monotonic() < deadline, "nobody answers"
                time.sleep(0.1)
                continue
            connection.sendall(line_of(1) + f"GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65_536), b""))
