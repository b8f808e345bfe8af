"""The source host as a process that lets itself be looked at: `candour-drop serve` or `door`, but for three things.

A debugger is let in, so that an ordinary user may read the worker's memory; and what the site does every few seconds it
does several times a second, so that a test need not wait.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.source_site import serving_process, wait_until_it_answers

_PROGRAM = """
import sys
from serving import memory
memory.begin_again_before_loading("serve", "door")
from source_interface import site_host
memory.refuse_debuggers = lambda: None
memory.COLLECT_SECONDS = site_host._HOUSEKEEPING_SECONDS = 0.1
from source_interface.commands import main
main()
"""
_PATIENCE_SECONDS = 30
_PIECE = 1 << 24


@dataclass(frozen=True)
class ObservedSite:
    """A running site and its two processes."""

    url: str
    arbiter: int

    def worker(self) -> int:
        """The process that serves."""
        return children(self.arbiter)[0]

    def remembers(self, needles: dict[str, bytes]) -> list[str]:
        """The names of the needles that stand in the worker's memory."""
        found: set[str] = set()
        for stretch in writable_memory(self.worker()):
            found.update(name for name, needle in needles.items() if needle in stretch)
        return sorted(found)


@contextmanager
def observed_site(folder: Path, *, under: Sequence[str] = ()) -> Iterator[ObservedSite]:
    """Serve the source host in `folder`; `under` stands before the command."""
    with serving_process([*under, sys.executable, "-c", _PROGRAM, "serve"], folder) as (url, process):
        wait_until_it_answers(url, process)
        yield ObservedSite(url, process.pid)


@contextmanager
def observed_door(folder: Path, *, under: Sequence[str] = ()) -> Iterator[str]:
    """Serve the door of the source host in `folder` and give its address; it is there as soon as it is asked."""
    with serving_process([*under, sys.executable, "-c", _PROGRAM, "door"], folder) as (url, _process):
        yield url


def children(pid: int) -> list[int]:
    """The processes that this one started and has not buried."""
    return [child.pid for child in psutil.Process(pid).children()]


def writable_memory(pid: int) -> Iterator[bytes]:
    """Every stretch of memory that a process has written to or may write to: heap, stacks, mappings."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(number, 16) for number in where.split("-"))
                yield b"".join(_pieces(memory.fileno(), start, end))


def _pieces(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        try:
            piece = os.pread(descriptor, min(end - start, _PIECE), start)
        except OSError:
            # Given back meanwhile.
            return
        start += len(piece)
        yield piece


def eventually(look: Callable[[], object], wanted: object) -> None:
    """Look until it is as wanted; fail with what is seen last."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert seen == wanted, f"{seen!r}, not {wanted!r}"
