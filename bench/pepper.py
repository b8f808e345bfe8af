"""What coming back costs before, while and after a site has two peppers: `python -m bench.pepper [--each N]`.

One running site on a scratch folder, started anew between the three, by the real commands. With slots of 1 ms, so that
the work is seen, and as set up, which is what a source waits. Ratios are to a right codename before, of the processor's
time that the site took: on a machine that others use as well, time by the clock tells little.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from bench.drop_site import DropSite, make_folder, serve_folder
from bench.source_client import SourceClient
from keys.codename import Codename
from source_interface.commands import main as candour_drop
from source_interface.drop_folder import DropFolder

_SETTINGS: Mapping[str, Mapping[str, int]] = {
    "the work alone": {"codename_slot_milliseconds": 1, "inbox_slot_milliseconds": 1},
    "as set up": {},
}


def worked_ns(pid: int) -> int:
    """Return the processor's nanoseconds that a process and its children have had, in all their threads."""
    told = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        told += int((task / "schedstat").read_text().split()[0])
        told += sum(worked_ns(int(child)) for child in (task / "children").read_text().split())
    return told


def answer_time(site: DropSite, typed: str) -> tuple[float, float]:
    """Return the milliseconds until a codename is answered: by the clock, and of the site's work."""
    client = SourceClient(site.url)
    form = client.get("/return")
    values = {"csrf_token": form.hidden("csrf_token"), "codename": typed}
    work, began = worked_ns(site.pid), time.perf_counter()
    client.post("/return", values)
    took, worked = time.perf_counter() - began, worked_ns(site.pid) - work
    client.close()
    return took * 1_000, worked / 1_000_000


def new_sources(url: str, count: int) -> list[str]:
    """Send so many reports; return their codenames."""
    codenames = []
    for _source in range(count):
        client = SourceClient(url)
        codenames.append(client.take_codename())
        client.report("hello", codename=codenames[-1])
        client.close()
    return codenames


def measure(folder: DropFolder, stage: str, each: int, kinds: dict[str, list[str]], *, new: bool = False) -> list[str]:
    """Serve the site and print the median of each kind of codename; return the codenames of sources who wrote now."""
    with serve_folder(folder) as site:
        written = new_sources(site.url, each) if new else []
        kinds = {**kinds, "wrong": [Codename.draw().reveal() for _each in range(each)]}
        if new and stage != "before":
            kinds["right, of the new pepper"] = written
        elif new:
            kinds["right"] = written
        order = [(kind, typed) for kind, codenames in kinds.items() for typed in codenames]
        random.shuffle(order)
        times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        answer_time(site, Codename.draw().reveal())
        for kind, typed in order:
            times[kind].append(answer_time(site, typed))
    for kind, taken in times.items():
        clock, _MEDIANS[stage, kind] = (statistics.median(each) for each in zip(*taken, strict=True))
        ratio = _MEDIANS[stage, kind] / _MEDIANS.get(("before", "right"), _MEDIANS[stage, kind])
        print(f"| {stage} | {kind} | {clock:.0f} | {_MEDIANS[stage, kind]:.0f} | {ratio:.2f} |", flush=True)
    return written


_MEDIANS: dict[tuple[str, str], float] = {}


def command(folder: DropFolder, *words: str) -> None:
    """Run `candour-drop pepper`."""
    done = CliRunner().invoke(candour_drop, ["pepper", *words, "--data", str(folder.root)])
    if done.exit_code:
        raise RuntimeError(done.output)


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=30, help="codenames of each kind")
    each = parser.parse_args().each
    for said, settings in _SETTINGS.items():
        print(f"\n{said}, {each} of each kind\n")
        print("| when | codename | ms by the clock | ms of work | ratio |\n|---|---|---:|---:|---:|")
        _MEDIANS.clear()
        with tempfile.TemporaryDirectory() as scratch:
            folder = make_folder(Path(scratch), settings)
            old = measure(folder, "before", each, {}, new=True)
            command(folder, "rotate")
            new = measure(folder, "while", each, {"right, of the old pepper": old}, new=True)
            command(folder, "finish", "--yes")
            measure(folder, "after", each, {"right, carried over": old, "right, of the new pepper": new})


if __name__ == "__main__":
    main()
