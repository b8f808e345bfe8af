"""One large file, from the socket to the sealed blob: `python -m bench.upload [--megabytes N]`.

Compares the site's throughput with that of `gpg --encrypt` on the same file with the same options, by the ratio within
one run; and the memory of the serving processes (the site and its gpg) at 1 MB and at the full size. The client that
sends runs on the same machine: its work is in the figures. Nothing is asserted.
"""

import argparse
import hashlib
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

import psutil

from bench.drop_site import DropSite, open_site
from bench.serving_memory import send_at_once
from bench.source_client import SentFile, SourceClient
from keys.openpgp import gpg_program, seal_arguments

MB = 1_000_000
_PIECE = 1024 * 1024


def make_file(path: Path, size: int) -> None:
    """Fill a file with bytes that nothing can compress."""
    with open("/dev/urandom", "rb") as source, path.open("wb") as file:
        for _piece in range(size // MB):
            file.write(source.read(MB))


def by_hand(site: DropSite, path: Path, scratch: Path) -> tuple[float, float]:
    """Return how long gpg takes for the file from the shell, with the options that the site gives it.

    And how long with what the site owes besides: fsync, and SHA-256 of the clear and of the sealed bytes.
    """
    options = ["--batch", "--no-tty", "--no-options", "--no-random-seed-file"]
    command = [gpg_program(), *options, *seal_arguments(site.folder.intake_key)]
    sealed = scratch / "by-hand.gpg"
    before = time.monotonic()
    with path.open("rb") as clear, sealed.open("w+b") as out:
        subprocess.run(command, stdin=clear, stdout=out, stderr=subprocess.DEVNULL, check=True)
        encrypted = time.monotonic() - before
        os.fsync(out.fileno())
        for file in (clear, out):
            file.seek(0)
            hashlib.file_digest(file, "sha256")
    elapsed = time.monotonic() - before
    sealed.unlink()
    return encrypted, elapsed


def upload(site: DropSite, path: Path) -> None:
    """Send the file in a report, one way."""
    client = SourceClient(site.url)
    with path.open("rb") as file:
        sent = SentFile("evidence.bin", "application/octet-stream", path.stat().st_size, _pieces(file))
        answer = client.report("with a file", codename=None, files=[sent])
    client.close()
    if answer.status != 200:
        raise RuntimeError(f"the upload was refused: {answer.status}")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def erase_blobs(site: DropSite) -> None:
    """Make room on the disk for the next measurement."""
    for blob in (site.folder.root / "blobs" / "sealed").iterdir():
        blob.unlink()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=490, help="size of the large file")
    parser.add_argument("--times", type=int, default=7, help="how often the comparison is made")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as folder, open_site(Path(folder)) as site:
        scratch, server = Path(folder), psutil.Process(site.pid)
        size = chosen.megabytes * MB
        large, small = scratch / "large.bin", scratch / "small.bin"
        make_file(large, size)
        make_file(small, MB)
        upload(site, small)
        label = f"{chosen.megabytes} MB"
        print(f"{'file':<26} {'site MB/s':>10} {'gpg MB/s':>10} {'ratio':>7} {'gpg, fsync, SHA-256':>20} {'ratio':>7}")
        ratios, fair_ratios = [], []
        for _time in range(chosen.times):
            encrypted, kept = by_hand(site, large, scratch)
            through, _memory = send_at_once(server, partial(upload, site, large), 1)
            erase_blobs(site)
            ratios.append(encrypted / through)
            fair_ratios.append(kept / through)
            rates = f"{size / MB / through:>10.0f} {size / MB / encrypted:>10.0f} {ratios[-1]:>7.2f}"
            print(f"{label:<26} {rates} {size / MB / kept:>20.0f} {fair_ratios[-1]:>7.2f}", flush=True)
        medians = f"{statistics.median(ratios):>29.2f} {statistics.median(fair_ratios):>28.2f}"
        print(f"{'median':<26} {medians}")
        print(f"\n{'memory, site and its gpg':<26} {'before MB':>10} {'peak + MB':>10} {'MB/s':>7}")
        for name, path, count in (("1 MB", small, 1), (label, large, 1), (f"{label}, 8 at once", large, 8)):
            elapsed, memory = send_at_once(server, partial(upload, site, path), count)
            erase_blobs(site)
            rate = count * path.stat().st_size / MB / elapsed
            print(f"{name:<26} {memory.before / MB:>10.0f} {memory.grown / MB:>10.1f} {rate:>7.0f}", flush=True)


if __name__ == "__main__":
    main()
