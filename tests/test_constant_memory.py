"""Memory does not grow with what is uploaded: the kernel's own record of the peaks of the site and of its gpg."""

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder
from tests.source_site import running_site_process

MB = 1_000_000
PIECE = bytes(MB)
MOST_GROWTH = 16 * MB  # far below either size of file
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_of(pid: int) -> int:
    """The most that was ever resident of a process and its children, in bytes, as the kernel remembers it."""
    peaks = []
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            if found := _PEAK.search(Path(f"/proc/{process.pid}/status").read_text()):
                peaks.append(int(found[1]) * 1024)
    return max(peaks, default=0)  # a process that has just ended has no peak


def send_file(url: str, megabytes: int) -> int:
    """Report with a file of this size; return the status."""
    client = SourceClient(url)

    def pieces() -> Iterator[bytes]:
        for _piece in range(megabytes):
            yield PIECE

    file = SentFile("large.bin", "application/octet-stream", megabytes * MB, pieces())
    answer = client.report("with a large file", codename=None, files=[file])
    client.close()
    return answer.status


def gpg_peak_during(url: str, megabytes: int, pid: int) -> int:
    """Send a file, and return the highest peak of any gpg that was seen meanwhile."""
    seen = 0
    done = threading.Event()
    statuses: list[int] = []

    def send() -> None:
        statuses.append(send_file(url, megabytes))
        done.set()

    sender = threading.Thread(target=send)
    sender.start()
    while not done.wait(0.02):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                if child.name() == "gpg":
                    seen = max(seen, peak_of(child.pid))
    sender.join()
    assert statuses == [200]
    return seen


def test_a_large_upload_takes_no_more_memory_than_a_small_one(
    drop_folder: DropFolder, pytestconfig: pytest.Config
) -> None:
    """200 MB (500 with `--long`) raise the site's peak and gpg's hardly above what 1 MB took."""
    megabytes = 500 if pytestconfig.getoption("--long") else 200
    with running_site_process(drop_folder.root) as site:
        for _time in range(3):
            assert send_file(site.url, 1) == 200
        before = peak_of(site.pid)
        gpg = gpg_peak_during(site.url, megabytes, site.pid)
        assert peak_of(site.pid) - before < MOST_GROWTH
        assert 0 < gpg < MOST_GROWTH
