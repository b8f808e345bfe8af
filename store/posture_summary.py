"""What the daily look over a machine found, in numbers: written by root, who sees all of it, for Candour to read.

They are shut in, and see little of the machine themselves. The file lies beside the data folder, in one of root's, and
holds a day and counts: nothing of what is kept.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from store.findings import Told
from store.folder import replacing_file
from store.host_health import UNKNOWN, is_old

_LARGEST = 4 * 1024  # bytes
_MOST = 100_000
_UPDATES = frozenset({"updates.waiting", "updates.restart", "updates.kernel"})


@dataclass(frozen=True)
class PostureSummary:
    """How many lines were right, and so on, on a day (YYYY-MM-DD). `updates`: none, waiting or unknown."""

    day: str
    right: int
    warnings: int
    unseen: int
    faults: int
    updates: str

    def posture_word(self, today: str) -> str:
        """Return the word of store.host_health for it."""
        if is_old(self.day, today):
            return "old"
        if self.faults:
            return "faults"
        return "warnings" if self.warnings else "right"

    def updates_word(self, today: str) -> str:
        """Return the word for the updates."""
        return "old" if is_old(self.day, today) else self.updates


def summary_path(data: Path) -> Path:
    """Return where it lies for a data folder: /var/lib/candour-posture/summary.json for /var/lib/candour."""
    return data.parent / f"{data.name}-posture" / "summary.json"


def summarise(told: Iterable[Told], day: str) -> PostureSummary:
    """Count what a look over the machine found."""
    told = list(told)
    grades = Counter(each.grade for each in told)
    of_updates = {each.grade for each in told if each.finding.name in _UPDATES}
    updates = UNKNOWN if of_updates <= {"unseen"} else "waiting" if of_updates & {"warning", "fault"} else "none"
    return PostureSummary(day, grades["right"], grades["warning"], grades["unseen"], grades["fault"], updates)


def write_summary(path: Path, summary: PostureSummary) -> None:
    """Keep it whole or not at all, for every user of the machine to read."""
    with replacing_file(path) as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(json.dumps({"candour_posture": 1, **asdict(summary)}).encode("ascii"))


def keep_summary(data: Path, told: Iterable[Told]) -> None:
    """Keep what was told today of the host of a data folder."""
    write_summary(summary_path(data), summarise(told, datetime.now(UTC).date().isoformat()))


def read_summary(data: Path) -> PostureSummary | None:
    """Return what was found last on the host of a data folder; None if nobody looked, or it cannot be read."""
    try:
        with summary_path(data).open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        if not isinstance(found, dict) or found.pop("candour_posture", None) != 1:
            return None
        summary = PostureSummary(**found)
        counts = (summary.right, summary.warnings, summary.unseen, summary.faults)
        date.fromisoformat(summary.day)
    except (OSError, ValueError, TypeError):
        return None
    is_sound = all(type(count) is int and 0 <= count <= _MOST for count in counts)
    return summary if is_sound and summary.updates in ("none", "waiting", UNKNOWN) else None
