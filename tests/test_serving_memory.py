"""Serving: what is in its memory stays there: no file, no core, no debugger, nothing left in what was freed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from serving.memory import locking_is_unlimited
from tests.tiny_server import CHECKOUT, Tiny, free_port, serving, tiny

__all__ = ["tiny"]


def test_nothing_is_written_to_the_temporary_folder(tiny: Tiny) -> None:
    """Large bodies and bad requests make no file in the temporary folder: not even its own time has changed."""
    body = b"x" * 2_000_000
    request = b"POST /echo HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert tiny.ask(request + body).endswith(body)
    assert list(tiny.temporary.iterdir()) == []
    assert tiny.temporary.stat().st_mtime == 0
    # It says so itself: nobody else may look. What the first process had open its worker was given.
    opened = tiny.lines("/opened")
    assert any(path.startswith("socket:") for path in opened)
    on_a_disk = [path for path in opened if path.startswith("/") and not path.startswith(("/dev/", "/proc/"))]
    assert on_a_disk == []


def test_no_core_is_ever_dumped(tiny: Tiny) -> None:
    """No process of the server may leave its memory on the disk when it dies."""
    processes = tiny.processes()
    assert len(processes) == 2
    for pid in processes:
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_no_debugger_is_let_in(tiny: Tiny) -> None:
    """Neither another program of the same user nor a core that is piped to one may have what is in memory."""
    assert tiny.ask(b"GET /dumpable HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n0")
    for pid in tiny.processes():
        assert int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0


def test_freed_memory_is_overwritten_by_every_server(tiny: Tiny) -> None:
    """The process has begun again under the environment that says so, and has kept its number."""
    assert tiny.process.poll() is None
    environment = tiny.lines("/environment")
    assert "PYTHONMALLOC=malloc" in environment
    assert any(re.match(r"GLIBC_TUNABLES=.*perturb=[1-9]", setting) for setting in environment)


def locked_kilobytes(pid: int) -> int:
    """How much of a process's memory is locked."""
    found = re.search(r"^VmLck:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_memory_is_locked_where_that_is_permitted(tiny: Tiny) -> None:
    """The worker's, which has been forked: a lock does not pass on by itself. Root may, others by their limit."""
    permitted = subprocess.run(
        [sys.executable, "-c", "from serving.memory import may_lock_memory; print(may_lock_memory())"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert (locked_kilobytes(tiny.processes()[1]) > 0) == (permitted.stdout.strip() == "True")


NO_LIMIT = -1
EVERYBODY = "         0          0 4294967295\n"
RIGHT = "Name:\tx\nCapEff:\t0000000000004000\n"
NO_RIGHT = "Name:\tx\nCapEff:\t0000000000000000\n"
LOCKING = {
    "no limit": (NO_LIMIT, NO_RIGHT, EVERYBODY, True),
    "no limit, in a namespace": (NO_LIMIT, NO_RIGHT, "0 100000 65536\n", True),
    "a limit, and the right to pass it": (8388608, RIGHT, EVERYBODY, True),
    "a limit": (8388608, NO_RIGHT, EVERYBODY, False),
    "a large limit": (1 << 40, NO_RIGHT, EVERYBODY, False),
    "a right that is none, in a namespace": (8388608, RIGHT, "0 100000 65536\n", False),
    "a kernel that says nothing": (8388608, "", "", False),
}


@pytest.mark.parametrize(("limit", "status", "uid_map", "unlimited"), LOCKING.values(), ids=LOCKING)
def test_memory_is_locked_only_without_a_limit(limit: int, status: str, uid_map: str, unlimited: bool) -> None:
    """Under a limit what is allocated later would fail."""
    assert locking_is_unlimited(limit, status, uid_map) is unlimited


def test_under_a_limit_nothing_is_locked_and_all_else_works(tmp_path: Path) -> None:
    """A limit that memory would outgrow must not make an allocation fail later."""
    limit = ("prlimit", "--memlock=8388608:8388608")  # bytes, the usual limit
    # Root, who may pass any limit, is made an ordinary user for it.
    unprivileged = ("setpriv", "--bounding-set=-all") if os.geteuid() == 0 else ()
    port = free_port()
    with serving(tmp_path, f"127.0.0.1:{port}", ("127.0.0.1", port), command=(*limit, *unprivileged)) as tiny:
        assert locked_kilobytes(tiny.processes()[1]) == 0
