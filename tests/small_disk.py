"""A really small disk (tmpfs) that can really be filled, for tests that root runs."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
PAGE = 4096
_STUFFING = "stuffing"


@contextmanager
def small_disk(where: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a disk of that size on a new folder."""
    where.mkdir()
    options = f"size={mebibytes}m,mode=0700"
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
    """Use the disk up, but for `leave` bytes, or give back what an earlier filling took beyond that."""
    stuffing = disk / _STUFFING
    stuffing.touch()
    with suppress(OSError), stuffing.open("r+b", buffering=0) as file:
        size = stuffing.stat().st_size
        wanted = size + free_bytes(disk) - leave // PAGE * PAGE
        file.truncate(max(0, min(size, wanted)))
        file.seek(0, os.SEEK_END)
        while (left := wanted - file.tell()) > 0:
            file.write(bytes(min(left, 1 << 20)))


def empty(disk: Path) -> None:
    """Give back what `fill` used."""
    (disk / _STUFFING).unlink()
