"""What a `check` found, for machines: one object of JSON, as docs/check-json.md has it."""

import json
from collections import Counter
from collections.abc import Iterable

from store.findings import Told
from store.reasons import WHY

VERSION = 1
GRADES = ("right", "warning", "unseen", "fault", "mended")


def findings_json(program: str, told: Iterable[Told]) -> str:
    """Return the object as text of one line. `program`: which of the two commands looked."""
    told = list(told)
    counts = Counter(each.grade for each in told)
    report = {
        "version": VERSION,
        "program": program,
        "whole": not any(each.wrong for each in told),
        "counts": {grade: counts[grade] for grade in GRADES},
        "findings": [
            {
                "id": each.finding.name,
                "grade": each.grade,
                "sentence": each.finding.sentence,
                "why": each.finding.why or WHY.get(each.finding.name, ""),
                "mend": each.finding.how,
            }
            for each in told
        ],
    }
    return json.dumps(report)
