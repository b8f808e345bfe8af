"""A really small disk (tmpfs) that can really be filled, for tests that root runs."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
_STUFFING = "stuffing"
_PIECES = (1 << 20, 4096, 1)


@contextmanager
def small_disk(where: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of that many MiB on a new folder."""
    where.mkdir()
    options = f"size={megabytes}m,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "candour-test", str(where)], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def free_bytes(disk: Path) -> int:
    """How much is left."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill(disk: Path, leave: int = 0) -> None:
    """Use the disk up, but for `leave` bytes; with none, to the last byte."""
    with (disk / _STUFFING).open("ab", buffering=0) as stuffing:
        for piece in _PIECES:
            with suppress(OSError):
                while leave == 0 or free_bytes(disk) - leave >= piece:
                    stuffing.write(bytes(piece))


def empty(disk: Path) -> None:
    """Give back what `fill` used."""
    (disk / _STUFFING).unlink()
