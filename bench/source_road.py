"""The source's road, per second: `python -m bench.source_road [--seconds N] [--sources N]`.

Starts the site as `candour-drop serve` does, on a scratch folder, and drives it over HTTP with 1 and with 8 sources at
once, each a process of its own, on the same machine: the clients' work is in the figures. No time is asserted; quote
the ratios of one run, for machines are noisy.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.drop_site import DropSite, give_reply, open_site, stock_sources
from bench.serving_memory import send_at_once
from bench.source_client import SentFile, SourceClient

MB = 1_000_000
ONE_KB = "He told us to change the statement. " * 28


@dataclass(frozen=True)
class Figure:
    """What one kind of work came to."""

    work: str
    at_once: int
    done: int
    seconds: float
    latencies: tuple[float, ...]

    def row(self) -> str:
        """Return a line of the table."""
        ordered = sorted(self.latencies)
        p50 = statistics.median(ordered) * 1000
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000
        return f"{self.work:<44} {self.at_once:>3} {self.done / self.seconds:>8.1f} {p50:>9.0f} {p95:>9.0f}"


def first_submission(url: str) -> None:
    """Everything from the front page to the page after sending, on a connection of its own."""
    client = SourceClient(url)
    client.get("/")
    codename = client.take_codename()
    answer = client.report(ONE_KB, codename=codename)
    client.close()
    if answer.status != 200:
        raise RuntimeError(f"report: {answer.status}")


def come_back(url: str, codename: str) -> None:
    """Return with a codename and read the reply."""
    client = SourceClient(url)
    page = client.come_back(codename)
    client.close()
    if "Thank you for writing" not in page.text:
        raise RuntimeError(f"return: {page.status}, and no reply")


def further_message(client: SourceClient) -> None:
    """Open the inbox and send a further message, in an open session."""
    if client.write_again(client.get("/inbox"), ONE_KB).status != 303:
        raise RuntimeError("further message refused")


def measure(work: str, at_once: int, seconds: float, make: Callable[[int], Callable[[], None]]) -> Figure:
    """Run `make(i)()` over and over in `at_once` processes for `seconds`."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    start = context.Barrier(at_once + 1)

    def loop(index: int) -> None:
        act = make(index)
        act()
        start.wait()
        end = time.monotonic() + seconds
        found = []
        while time.monotonic() < end:
            before = time.monotonic()
            act()
            found.append(time.monotonic() - before)
        results.put(found)

    processes = [context.Process(target=loop, args=(index,)) for index in range(at_once)]
    for process in processes:
        process.start()
    start.wait()
    before = time.monotonic()
    latencies = [latency for _process in processes for latency in results.get()]
    elapsed = time.monotonic() - before
    for process in processes:
        process.join()
    return Figure(work, at_once, len(latencies), elapsed, tuple(latencies))


def measure_road(site: DropSite, at_once: int, seconds: float) -> list[Figure]:
    """Measure the three kinds of work with so many sources at once."""
    codenames = []
    for _source in range(at_once):
        client = SourceClient(site.url)
        codenames.append(client.take_codename())
        client.report("hello", codename=codenames[-1])
        client.close()
    for codename in codenames:
        give_reply(site, codename)

    def returning(index: int) -> Callable[[], None]:
        return lambda: come_back(site.url, codenames[index])

    def writing(index: int) -> Callable[[], None]:
        client = SourceClient(site.url)
        client.come_back(codenames[index])
        return lambda: further_message(client)

    return [
        measure(
            "first submission of 1 KB, / to thank you", at_once, seconds, lambda _i: lambda: first_submission(site.url)
        ),
        measure("return with the codename, read one reply", at_once, seconds, returning),
        measure("further message of 1 KB in an open session", at_once, seconds, writing),
    ]


def attachment(site: DropSite, at_once: int, size: int) -> str:
    """Send one attachment of `size` bytes from each of `at_once` sources; return a line of the table."""
    piece = bytes(256 * 1024)

    def send() -> None:
        client = SourceClient(site.url)
        file = SentFile("a.bin", "x/y", size, (piece for _ in range(size // len(piece))))
        if client.report("with a file", codename=None, files=[file]).status != 200:
            raise RuntimeError("attachment refused")

    elapsed, memory = send_at_once(psutil.Process(site.pid), send, at_once)
    work = f"attachment of {size // MB} MB"
    figures = f"{at_once * size / MB / elapsed:>8.0f} {memory.before / MB:>9.0f} {memory.grown / MB:>9.0f}"
    return f"{work:<44} {at_once:>3} {figures}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each figure is measured")
    parser.add_argument("--sources", type=int, default=0, help="sources already held when measuring begins")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch, open_site(Path(scratch)) as site:
        stock_sources(site, chosen.sources)
        print(f"{'work':<44} {'c':>3} {'per s':>8} {'p50 ms':>9} {'p95 ms':>9}")
        for at_once in (1, 8):
            for figure in measure_road(site, at_once, chosen.seconds):
                print(figure.row(), flush=True)
        print(f"\n{'work':<44} {'c':>3} {'MB/s':>8} {'idle MB':>9} {'peak + MB':>9}   (memory: site and its gpg)")
        size = 100 * 1024 * 1024 // (256 * 1024) * (256 * 1024)
        for at_once in (1, 8):
            print(attachment(site, at_once, size), flush=True)


if __name__ == "__main__":
    main()
