"""Does it cost more when more is held? `python -m bench.held_sources [--sources 100 5000 50000]`.

For each number a site is filled with so many sources of one reply each, and with as many waiting submissions (10,000 at
most: a site takes no more than 20,000), and started. Then the works take turns, so that a noisy moment of the machine
falls on all of them. Aim: flat. Nothing is asserted.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from bench.drop_site import (
    DropSite,
    give_reply,
    make_folder,
    running,
    serve_folder,
    stock_sources,
    stock_submissions,
)
from bench.slow_clients import percentile
from bench.source_client import SourceClient
from bench.source_road import come_back, first_submission, further_message

MOST_WAITING = 10_000
_WORKS = ("report", "return, read a reply", "further message", "the door's list")
_PAGE = 100  # what the courier asks for at once


def ask_door(url: str, token: str) -> None:
    """Ask the door for the first page of what waits."""
    request = Request(f"{url}/v1/waiting?limit={_PAGE}", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=60) as answer:
        answer.read()


def source_works(site: DropSite) -> list[Callable[[], None]]:
    """Return what a source does: a report, a return, a further message; each is done when it is called."""
    client = SourceClient(site.url)
    codename = client.take_codename()
    client.report("hello", codename=codename)
    give_reply(site, codename)
    client.come_back(codename)
    return [
        partial(first_submission, site.url),
        partial(come_back, site.url, codename),
        partial(further_message, client),
    ]


def measure(works: list[Callable[[], None]], rounds: int) -> list[list[float]]:
    """Let the works take turns; return the latencies of each."""
    found: list[list[float]] = [[] for _work in works]
    for _round in range(rounds):
        for latencies, work in zip(found, works, strict=True):
            before = time.monotonic()
            work()
            latencies.append(time.monotonic() - before)
    return found


def held(scratch: Path, sources: int, rounds: int) -> tuple[float, list[list[float]]]:
    """Return the seconds a start takes with so many sources held, and the latencies of each work."""
    folder = make_folder(scratch)
    with serve_folder(folder) as site:
        stock_sources(site, sources)
        stock_submissions(site, min(sources, MOST_WAITING))
    token = json.loads((scratch / "pairing.json").read_text("ascii"))["token"]
    before = time.monotonic()
    with serve_folder(folder) as site, running("door", folder) as (door, _pid):
        start = time.monotonic() - before
        return start, measure([*source_works(site), partial(ask_door, door, token)], rounds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, nargs="+", default=[100, 5_000, 50_000])
    parser.add_argument("--rounds", type=int, default=100)
    chosen = parser.parse_args()
    heads = "".join(f"{f'{work} ms':>26}" for work in _WORKS)
    print(f"{'sources':>8} {'site and door start s':>22}{heads}   (p50, p95)")
    for sources in chosen.sources:
        with tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch:
            start, found = held(Path(scratch), sources, chosen.rounds)
        columns = [f"{statistics.median(work) * 1000:.0f}, {percentile(work, 0.95):.0f}" for work in found]
        print(f"{sources:>8} {start:>22.2f}{''.join(f'{column:>26}' for column in columns)}", flush=True)


if __name__ == "__main__":
    main()
