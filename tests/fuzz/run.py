"""Runs targets under libFuzzer and says what came of it: `python -m tests.fuzz.run --executions 10000000`.

Each target runs in a process of its own on a scratch folder, from seeds made by code. An input that breaks a target
ends that target's run; it is printed in hexadecimal, to become a row of `tests/fuzz/regressions.py` with what mends it.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SHARED_MEMORY = Path("/dev/shm")
# Far above what any target needs with this many inputs, far below what an unbounded buffer would come to.
MOST_MEMORY_MB = 1_024
MOST_SECONDS_AN_INPUT = 25
_PROGRESS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)")
_EXECUTED = re.compile(r"stat::number_of_executed_units: (\d+)")


@dataclass(frozen=True)
class Outcome:
    """What came of one target. `find` is empty, or the input that broke it and what was said of it."""

    target: str
    executions: int
    seconds: float
    branches: int
    features: int
    kept: int
    find: str


def run_target(target: Target, executions: int, seed: int) -> Outcome:
    """Give a target so many inputs, or fewer if one breaks it. A `seed` of 0 is another one each time."""
    base = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    scratch = Path(tempfile.mkdtemp(prefix="candour-fuzz-", dir=base))
    try:
        corpus, finds = scratch / "corpus", scratch / "finds"
        for folder in (corpus, finds, scratch / "ground"):
            folder.mkdir(mode=0o700)
        for number, one in enumerate(target.seeds()):
            (corpus / f"seed-{number}").write_bytes(one)
        began = time.monotonic()
        said = _libfuzzer(target, scratch, executions, seed)
        return _outcome(target, said, time.monotonic() - began, sorted(finds.iterdir()))
    finally:
        shutil.rmtree(scratch)


def _libfuzzer(target: Target, scratch: Path, executions: int, seed: int) -> str:
    command = [sys.executable, "-m", "tests.fuzz.child", target.name, str(scratch / "ground"), str(scratch / "corpus")]
    options = {
        "runs": executions,
        "seed": seed,
        "max_len": target.longest,
        "timeout": MOST_SECONDS_AN_INPUT,
        "rss_limit_mb": MOST_MEMORY_MB,
        "artifact_prefix": f"{scratch / 'finds'}/",
        "print_final_stats": 1,
    }
    command += [f"-{name}={value}" for name, value in options.items()]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if not _PROGRESS.search(said):
        raise RuntimeError(f"{target.name} did not begin:\n{said[-4000:]}")
    return said


def _outcome(target: Target, said: str, seconds: float, finds: list[Path]) -> Outcome:
    executed, branches, features, kept = (int(number) for number in _PROGRESS.findall(said)[-1])
    if counted := _EXECUTED.search(said):
        executed = int(counted[1])
    find = ""
    if finds:
        told = [line for line in said[said.find("===") :].splitlines() if line and not line.startswith("INFO:")]
        find = (
            "\n".join(line for line in told[:40] if not line.startswith("#"))
            + f"\nThe input: {finds[0].read_bytes().hex()}"
        )
    return Outcome(target.name, executed, seconds, branches, features, kept, find)


def table(outcomes: Iterable[Outcome]) -> str:
    """Return the outcomes as the table of docs/testing.md."""
    rows = [
        f"| {TARGETS[one.target].about} | {one.executions:,} | {one.executions / max(one.seconds, 0.001):,.0f} "
        f"| {one.branches:,} | {one.features:,} | {one.kept:,} | {'one, below' if one.find else 'none'} |"
        for one in outcomes
    ]
    head = "| target | executions | per s | branches reached | features | inputs kept | finds |"
    return "\n".join([head, "|---" * 7 + "|", *rows])


def run(plan: Mapping[str, int], *, seed: int = 0, at_once: int = 2) -> list[Outcome]:
    """Run targets, so many executions each. A `seed` of 0 is another one each time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda name: run_target(TARGETS[name], plan[name], seed), plan))


def long_plan(executions: int) -> dict[str, int]:
    """Return how many of all these executions each target gets."""
    whole = sum(target.long for target in TARGETS.values())
    return {name: -(-executions * target.long // whole) for name, target in TARGETS.items()}


def main() -> int:
    """Run from the command line; exit with 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--target", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--executions", type=int, default=10_000_000, help="in all (default: ten million)")
    parser.add_argument("--seed", type=int, default=0, help="repeat a run (default: another one each time)")
    parser.add_argument("--at-once", type=int, default=2, help="targets running at once (default: 2)")
    asked = parser.parse_args()
    plan = long_plan(asked.executions) if asked.target == "all" else {asked.target: asked.executions}
    outcomes = run(plan, seed=asked.seed, at_once=asked.at_once)
    print(table(outcomes))
    for one in outcomes:
        if one.find:
            print(f"\n{one.target}: {one.find}")
    return int(any(one.find for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
