"""The memory of a serving process and of all it started, looked at again and again from outside."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def resident_bytes(server: psutil.Process) -> int:
    """Return the resident bytes of the process and of everything it started, gpg included."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            # Between fork and exec a child seems to have all its parent's memory, and has none of its own.
            if process.parent() == server or process == server or process.name() == "gpg":
                total += process.memory_info().rss
    return total


def proportional_bytes(server: psutil.Process) -> int:
    """Return the bytes that the process and all it started take together: what they share is counted once (PSS)."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total


class PeakMemory:
    """The most that was resident at any look since this was made."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self.before = resident_bytes(server)
        self.peak = self.before

    @property
    def grown(self) -> int:
        """Bytes between the first look and the highest."""
        return self.peak - self.before

    def look(self) -> None:
        """Look once more."""
        self.peak = max(self.peak, resident_bytes(self._server))


def send_at_once(server: psutil.Process, send: Callable[[], None], count: int) -> tuple[float, PeakMemory]:
    """Call `send` in `count` processes at once; return the seconds until the last was done, and the server's memory."""
    processes = [multiprocessing.get_context("fork").Process(target=send) for _source in range(count)]
    memory = PeakMemory(server)
    before = time.monotonic()
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        memory.look()
        time.sleep(0.01)
    elapsed = time.monotonic() - before
    if any(process.exitcode for process in processes):
        raise RuntimeError("something that was sent was refused")
    return elapsed, memory
