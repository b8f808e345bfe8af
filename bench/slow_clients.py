"""A fast source among slow ones: `python -m bench.slow_clients [--seconds N] [--slow N]`.

A fast source walks the whole road (read, report with a small file, come back, write again, leave) over and over:
alone, then beside 200 uploads that trickle at 2 KB a second, 200 half heads, and 200 connections that say nothing. The
slow ones are one process on the same machine. Quote the ratios of one run; nothing is asserted. Memory is that of the
site and its gpg processes, what they share counted once (PSS).
"""

import argparse
import multiprocessing
import selectors
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.drop_site import DropSite, open_site
from bench.serving_memory import proportional_bytes
from bench.slow_upload import SlowUpload
from bench.source_client import SentFile, SourceClient

MB = 1_000_000
TRICKLE = 2_000  # bytes a second
_BEGINNING = 72_000  # bytes: more than the site reads at once, so that a gpg is waiting for the rest
_CONTENT = bytes(20 * MB)
_HALF_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
_SMALL_FILE = bytes(100_000)


def walk(url: str) -> None:
    """Walk the whole road of a source, once."""
    client = SourceClient(url)
    client.get("/")
    codename = client.take_codename()
    sent = client.report("words " * 200, codename=codename, files=[SentFile.of("small.bin", _SMALL_FILE)])
    client.close()
    again = SourceClient(url)
    wrote = again.write_again(again.come_back(codename), "more words")
    left = again.post("/leave", {"csrf_token": again.get("/inbox").hidden("csrf_token")})
    again.close()
    if (sent.status, wrote.status, left.status) != (200, 303, 303):
        raise RuntimeError(f"the road is blocked: {sent.status}, {wrote.status}, {left.status}")


def walk_for(url: str, seconds: float) -> list[float]:
    """Walk over and over for so long; return how long each walk took."""
    walks = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = time.monotonic()
        walk(url)
        walks.append(time.monotonic() - before)
    return walks


def trickle(url: str, count: int, begun: Event, over: Event) -> None:
    """Keep `count` uploads open, each at the trickle's pace, until it is over."""
    uploads = [SlowUpload(url, _CONTENT) for _upload in range(count)]
    for upload in uploads:
        upload.send(_BEGINNING)
    begun.set()
    turn, next_time = 0, time.monotonic()
    while not over.is_set():
        # Strangers do not send in step: their bytes are spread over the second.
        uploads[turn % count].send(TRICKLE)
        turn, next_time = turn + 1, next_time + 1 / count
        over.wait(max(0.0, next_time - time.monotonic()))
    for upload in uploads:
        upload.connection.close()


def hold(url: str, count: int, begun: Event, over: Event, beginning: bytes) -> None:
    """Keep `count` connections open that say this and no more; whichever the site cuts is opened again."""
    address = urlsplit(url)
    with selectors.DefaultSelector() as held:

        def open_another() -> None:
            connection = socket.create_connection((address.hostname, address.port), timeout=600)
            connection.sendall(beginning)
            held.register(connection, selectors.EVENT_READ)

        for _connection in range(count):
            open_another()
        begun.set()
        while not over.is_set():
            for key, _events in held.select(0.2):
                held.unregister(key.fileobj)
                with suppress(AttributeError):
                    key.fileobj.close()  # type: ignore[union-attr]  # what was registered is a socket
                open_another()


def beside(site: DropSite, seconds: float, slow: Callable[[Event, Event], None]) -> tuple[list[float], int]:
    """Walk for so long beside what `slow` does in a process of its own; return the walks, and the site's memory."""
    context = multiprocessing.get_context("fork")
    begun, over = context.Event(), context.Event()
    process = context.Process(target=slow, args=(begun, over))
    process.start()
    try:
        while not begun.wait(1):
            if process.exitcode is not None:
                raise RuntimeError("the slow ones have failed")
        walks = walk_for(site.url, seconds)
        memory = proportional_bytes(psutil.Process(site.pid))
        if process.exitcode is not None:
            raise RuntimeError("the slow ones were cut")
    finally:
        over.set()
        process.join()
    return walks, memory


def percentile(latencies: list[float], share: float) -> float:
    """Return the latency that this share of them do not exceed, in milliseconds."""
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each row is measured")
    parser.add_argument("--slow", type=int, default=200, help="how many slow ones")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch, open_site(Path(scratch)) as site:
        url, count = site.url, chosen.slow
        walk(url)
        rows: dict[str, Callable[[Event, Event], None]] = {
            "alone": lambda begun, over: hold(url, 0, begun, over, b""),
            f"{count} uploads at 2 KB/s": lambda begun, over: trickle(url, count, begun, over),
            f"{count} half heads": lambda begun, over: hold(url, count, begun, over, _HALF_HEAD),
            f"{count} silent connections": lambda begun, over: hold(url, count, begun, over, b""),
            "alone again": lambda begun, over: hold(url, 0, begun, over, b""),
        }
        print(f"{'a fast source beside':<26} {'roads':>6} {'p50 ms':>7} {'p95 ms':>7} {'p95 ratio':>9} {'MB':>6}")
        alone = 0.0
        for label, slow in rows.items():
            walks, memory = beside(site, chosen.seconds, slow)
            p50, p95 = statistics.median(walks) * 1000, percentile(walks, 0.95)
            alone = alone or p95
            figures = f"{len(walks):>6} {p50:>7.0f} {p95:>7.0f} {p95 / alone:>9.2f} {memory / MB:>6.0f}"
            print(f"{label:<26} {figures}", flush=True)


if __name__ == "__main__":
    main()
