"""The whole road over loopback and over Tor, in one run: `python -m bench.onion_road [--megabytes 500] [--broken]`.

Starts a private Tor network (tests/onion) and both hosts in it as their guide has it; and both hosts on loopback. On
each it walks the same road: the first page, a letter alone, one file of N MB whose progress is watched, its collection
over one road; four files of N/4 MB, collected over four roads; a reply there and back. What arrives is compared by its
SHA-256. Courier, site, Tors and source share this machine; nothing is asserted of times. With `--broken` every circuit
at the source host is closed at half of the upload of one file, and again at half of its collection.
"""

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.both_roads import BothHosts, Memories, on_loopback, over_tor
from bench.source_client import SentFile
from bench.upload import make_file
from bench.watched_upload import FilesForm, Watched
from journalist_interface.desk_app import create_desk
from journalist_interface.opening import open_parcel
from serving.server import CLOSE
from tests.desk_person import Person
from tests.desk_routes import form_to

MB = 1_000_000
_PIECE = 256 * 1024
_FILES = 4
_POLL_SECONDS = 0.05


@dataclass
class Walk:
    """What one walk came to: seconds of each step, the bytes that it moved if they are many, and peaks of memory."""

    seconds: dict[str, float] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    def note(self, step: str, began: float, moved: int = 0) -> None:
        """Note a step that has just ended."""
        self.seconds[step] = time.monotonic() - began
        if moved:
            self.moved[step] = moved


class Road:
    """One pair of hosts, walked once. `file` has the bytes that are sent."""

    def __init__(self, hosts: BothHosts, file: Path, memories: Memories, *, is_broken: bool) -> None:
        self._hosts = hosts
        self._file = file
        self._size = file.stat().st_size
        self._memories = memories
        self._is_broken = is_broken
        self.walk = Walk()

    def go(self) -> Walk:
        """Walk from the first page to the answer."""
        if not self._is_broken:
            self._small_steps()
        size, one = self._size, f"{self._size // MB} MB in one file"
        self._upload(one, [(0, size)])
        self._collect(f"collecting it over 1 road ({one})", 1, [(0, size)])
        if not self._is_broken:
            part = size // _FILES
            parts = [(number * part, part) for number in range(_FILES)]
            self._upload(f"{size // MB} MB in {_FILES} files", parts)
            self._collect(f"collecting them over {_FILES} roads", _FILES, parts)
        self.walk.peaks = self._memories.peaks()
        return self.walk

    def _small_steps(self) -> None:
        began = time.monotonic()
        source = self._hosts.visit("small")
        source.get("/")
        self.walk.note("the first page", began)
        began = time.monotonic()
        codename = source.take_codename()
        source.report("A letter alone.", codename=codename)
        source.close()
        self.walk.note("a letter alone, from the codename to “We have your report”", began)
        before = self._hosts.in_post()
        began = time.monotonic()
        self._courier(1)
        self.walk.note("collecting it", began)
        (submission,) = self._hosts.in_post() - before
        self._answer(submission)
        began = time.monotonic()
        self._courier(1)
        source = self._hosts.visit("answer")
        source.come_back(codename)
        if "We have read it" not in source.get("/inbox").text:
            raise RuntimeError("the answer is not there")
        source.close()
        self.walk.note("its answer: delivered, and read with the codename", began)

    def _answer(self, submission: str) -> None:
        office = self._hosts.office
        reference = open_parcel(office.desk, office.signed_in(), office.passphrase(), submission, ("amina",))
        app = create_desk(office.folder)
        amina = Person(app, office, "amina")
        form = form_to(amina.get(f"/case/{reference}"), f"/case/{reference}/reply")
        amina.client.post(f"/case/{reference}/reply", data=form.data(text="We have read it. Thank you."))
        app.extensions[CLOSE]()

    def _upload(self, step: str, parts: list[tuple[int, int]]) -> None:
        sending = FilesForm(self._hosts.visit("upload"), self._hosts.visit("upload"), "With files.")
        began = time.monotonic()
        if self._is_broken:
            self._break_upload(sending, parts)
        watched = sending.send([self._sent(*part) for part in parts])
        if watched.answer is None or "We have your report" not in watched.answer.text:
            raise RuntimeError(f"not taken: {watched.said}")
        if not _rises(watched):
            raise RuntimeError(f"the frame did not count: {watched.percents}")
        self.walk.note(step, began, self._size)
        _say(f"  {self._hosts.name}, {step}: the frame showed {len(watched.percents)} looks, {_ends(watched)}")

    def _break_upload(self, sending: FilesForm, parts: list[tuple[int, int]]) -> None:
        cut = self._hosts.cut
        is_cut = False

        def at(percent: int) -> None:
            nonlocal is_cut
            if percent >= 50 and not is_cut and cut is not None:
                is_cut = True
                cut()

        watched = sending.send([self._sent(*part) for part in parts], at)
        while "The connection broke" not in (said := sending.look()):
            time.sleep(_POLL_SECONDS)
        sentences = [line for line in said.splitlines() if line.startswith(("<p>", "<h1"))]
        _say(f"  broken after {watched.seconds:.0f} s at {watched.percents[-1]} %; the frame: {' '.join(sentences)}")
        sending.go_on()

    def _collect(self, step: str, roads: int, parts: list[tuple[int, int]]) -> None:
        before = self._hosts.in_post()
        began = time.monotonic()
        self._courier(roads, break_at=self._size // 2 if self._is_broken else 0)
        self.walk.note(step, began, self._size)
        (submission,) = self._hosts.in_post() - before
        sent = sorted(self._digest(*part) for part in parts)
        if sorted(self._hosts.digests(submission, parts[0][1])) != sent:
            raise RuntimeError("other bytes have come than were sent")
        self._hosts.erase(submission)

    def _courier(self, roads: int, break_at: int = 0) -> None:
        process = self._hosts.collecting("--roads", str(roads))
        self._memories.add("courier", process.pid)
        if break_at and self._hosts.cut is not None:
            while process.poll() is None and self._hosts.coming() < break_at:
                time.sleep(_POLL_SECONDS)
            _say(f"  broken when {self._hosts.coming() // MB} MB had come")
            self._hosts.cut()
        said, why = process.communicate()
        if process.returncode:
            raise RuntimeError(f"the collection failed: {said}{why}")

    def _sent(self, start: int, size: int) -> SentFile:
        return SentFile(f"evidence-{start}.bin", "application/octet-stream", size, _pieces(self._file, start, size))

    def _digest(self, start: int, size: int) -> str:
        digest = hashlib.sha256()
        for piece in _pieces(self._file, start, size):
            digest.update(piece)
        return digest.hexdigest()


def _pieces(path: Path, start: int, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = size
        while piece := file.read(min(_PIECE, left)):
            left -= len(piece)
            yield piece


def _rises(watched: Watched) -> bool:
    # A small file over loopback may be over before anybody looks.
    return list(watched.percents) == sorted(watched.percents)


def _ends(watched: Watched) -> str:
    return f"{watched.percents[0]} % to {watched.percents[-1]} %" if watched.percents else "none of them in the middle"


def _say(line: str) -> None:
    print(line, flush=True)


def print_table(walks: dict[str, Walk]) -> None:
    """Print seconds and MB/s of each step, and over Tor against loopback; then the memories."""
    names = list(walks)
    steps = list(walks[names[0]].seconds)
    width = max(len(step) for step in steps)
    print(
        f"\n{'step':<{width}}"
        + "".join(f"{f'{name}, s (MB/s)':>24}" for name in names)
        + (f"{'ratio':>8}" if len(names) == 2 else "")
    )
    for step in steps:
        row = f"{step:<{width}}"
        for name in names:
            seconds, moved = walks[name].seconds[step], walks[name].moved.get(step)
            row += f"{f'{seconds:.2f}' + (f' ({moved / MB / seconds:.1f})' if moved else ''):>24}"
        if len(names) == 2:
            row += f"{walks[names[1]].seconds[step] / walks[names[0]].seconds[step]:>8.1f}"
        print(row)
    for name in names:
        peaks = ", ".join(f"{what} {peak / MB:.0f} MB" for what, peak in walks[name].peaks.items())
        print(f"\nthe most that was resident, {name}: {peaks}")


def main() -> None:
    """Walk, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500, help="size of what is sent at once")
    parser.add_argument("--broken", action="store_true", help="over Tor alone, and broken at half")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    walks = {}
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as folder:
        file = Path(folder) / "evidence.bin"
        make_file(file, chosen.megabytes * MB)
        for opened in (over_tor(),) if chosen.broken else (on_loopback(Path(folder)), over_tor()):
            with ExitStack() as stack:
                hosts = stack.enter_context(opened)
                memories = stack.enter_context(Memories(hosts.processes))
                walks[hosts.name] = Road(hosts, file, memories, is_broken=chosen.broken).go()
    print_table(walks)


if __name__ == "__main__":
    main()
