"""Metrics of a host as text (Prometheus' exposition format, 0.0.4), for its administrator: words and days of the host.

Rules:
- Nothing is counted that follows letters, visits, replies or sizes, and no time is told: who reads these for a year
  learns when a host was ill, and nothing of who wrote. The disk's class alone follows what is stored, in steps of
  gigabytes.
- Always the same lines in the same order.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from store.folder import replacing_file
from store.host_health import days_between
from store.posture_summary import PostureSummary

NEVER = -1
_DISK = {"full": 0, "low": 1, "roomy": 2}


@dataclass(frozen=True)
class Measure:
    """One metric: its name without "candour_", what it is, and a value for each of its labels ("" for none)."""

    name: str
    means: str
    label: str
    values: Mapping[str, int]


def text_of(measures: Iterable[Measure]) -> str:
    """Return them as text."""
    lines = []
    for each in measures:
        name = f"candour_{each.name}"
        lines += [f"# HELP {name} {each.means}", f"# TYPE {name} gauge"]
        lines += [
            f'{name}{{{each.label}="{said}"}} {value}' if each.label else f"{name} {value}"
            for said, value in each.values.items()
        ]
    return "\n".join(lines) + "\n"


def write_metrics(path: Path, text: str) -> None:
    """Write them whole or not at all, for every user of the machine to read: a collector is another user."""
    with replacing_file(path) as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text.encode("utf-8"))


def info(version: str) -> Measure:
    """Which version is installed."""
    return Measure("info", "The version installed.", "version", {version: 1})


def up(programs: Mapping[str, bool]) -> Measure:
    """Which of the programs is there."""
    return Measure(
        "up", "Whether a program is there.", "program", {name: int(is_up) for name, is_up in programs.items()}
    )


def disk(word: str) -> Measure:
    """The class of the disk's room."""
    return Measure("disk_class", "2: roomy, 1: below 2 GiB, 0: below 256 MiB.", "", {"": _DISK[word]})


def key_days(days: Mapping[str, int | None]) -> Measure:
    """How long keys can still be used; one that lasts for ever has no line."""
    kept = {name: left for name, left in days.items() if left is not None}
    return Measure("key_days", "Whole days until a key ends; below 0: it is over.", "key", kept)


def age(name: str, means: str, day: str, today: str) -> Measure:
    """How many days ago something was; -1 if it never was."""
    return Measure(name, f"{means} -1: never.", "", {"": days_between(day, today) if day else NEVER})


def state(name: str, means: str, word: str, words: Iterable[str]) -> Measure:
    """Which of some words holds: 1 for it, 0 for each other."""
    return Measure(name, means, "state", {each: int(each == word) for each in words})


def posture(summary: PostureSummary | None, today: str) -> tuple[Measure, Measure]:
    """What the last look over the machine found, and how long ago it was."""
    found = {} if summary is None else {
        "right": summary.right, "warning": summary.warnings, "unseen": summary.unseen, "fault": summary.faults,
    }  # fmt: skip
    return (
        Measure("posture_lines", "Lines of the last look over the machine.", "grade", found),
        age("posture_days", "Days since that look.", summary.day if summary else "", today),
    )


def restarts(counts: Mapping[str, int]) -> Measure:
    """How often systemd started each service again."""
    return Measure("restarts", "How often a service was started again since the machine was.", "unit", counts)
