"""Sealing with real gpg for tests, and what can be seen of it: the packets that it wrote, its processes, its agents."""

import os
import subprocess
from pathlib import Path

import psutil

from keys.openpgp import close_on_exec_pipe, seal_bytes
from tests.conftest import IntakeSecret

CANARY = b"kestrel-over-the-viaduct"


def sealed_file(secret: IntakeSecret, folder: Path, plaintext: bytes) -> Path:
    """A file with `plaintext` sealed to the intake key."""
    path = folder / "sealed.gpg"
    with path.open("wb") as output:
        seal_bytes(secret.public, plaintext, output.fileno())
    return path


def children() -> set[int]:
    """The processes that this one has started and not yet buried."""
    return {child.pid for child in psutil.Process().children()}


def packets(secret: IntakeSecret, sealed: Path) -> str:
    """What gpg finds in a sealed file, as it tells on the reviewer host."""
    passphrase = close_on_exec_pipe(secret.passphrase.encode() + b"\n")
    try:
        found = subprocess.run(
            [
                *("gpg", "--homedir", str(secret.home), "--batch", "--no-tty", "--pinentry-mode", "loopback"),
                *("--passphrase-fd", str(passphrase), "-vv", "--list-packets", str(sealed)),
            ],
            capture_output=True,
            check=True,
            pass_fds=(passphrase,),
        )
    finally:
        os.close(passphrase)
    return (found.stdout + found.stderr).decode()


def agents_of(home: Path) -> list[str]:
    """The command lines of agents that run for this home."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue  # it ended while we looked
        if b"gpg-agent" in line and str(home).encode() in line:
            found.append(line.decode())
    return found
