"""Until when a closed case is kept, and where it is on the way to its end: judged from its card alone, without I/O.

Rules:
- How long a case is kept follows from what came of it (`Periods`), counted from the day on which it was closed.
- It stands as a warning some days ahead, and is due from the day after the last one on which it is kept.
- A case that is held is never due. One that is open has no end in sight: somebody works on it.
- A case that was closed before anybody said what came of it has no day; it is told, so that it is not kept for ever.

The usual periods, and why (docs/adr/0046): no law of the United Kingdom names one for such a charity; UK GDPR article
5(1)(e) asks for no longer than is needed, and for a reason.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from journalist_interface.casework.days import add_months
from journalist_interface.casework.work import Outcome, Work


@dataclass(frozen=True, slots=True)
class Periods:
    """Months for which a case is kept, by its outcome; days of warning ahead; whether a second person must agree."""

    passed_on: int = 72  # whoever acts on it, or is sued over it, comes back within six years (Limitation Act 1980)
    no_evidence: int = 36  # the next report about the same person makes evidence of two
    not_ours: int = 6  # long enough to ask why; no reason to know it longer
    withdrawn: int = 3  # the source wants it gone: for a question, or a change of mind
    misuse: int = 12  # so that the same thing is known when it comes again
    warn_days: int = 30
    consent: bool = True

    def months(self, outcome: Outcome) -> int:
        """Return how long a case with this outcome is kept. Raises KeyError for none."""
        return {
            Outcome.PASSED_ON: self.passed_on,
            Outcome.NO_EVIDENCE: self.no_evidence,
            Outcome.NOT_OURS: self.not_ours,
            Outcome.WITHDRAWN: self.withdrawn,
            Outcome.MISUSE: self.misuse,
        }[outcome]

    def keep_until(self, closed: str, outcome: Outcome) -> str:
        """Return the last day (YYYY-MM-DD) on which a case is kept that was closed on a day with this outcome."""
        return add_months(closed, self.months(outcome))


class Fate(StrEnum):
    """How near a case is to its end."""

    OPEN = ""
    UNDATED = "undated"
    KEPT = "kept"
    SOON = "soon"
    DUE = "due"
    HELD = "held"


def fate_of(work: Work, warn_days: int, today: str) -> Fate:
    """Return how near a case is to its end."""
    if work.held:
        return Fate.HELD
    if not work.closed:
        return Fate.OPEN
    if not work.keep_until:
        return Fate.UNDATED
    if today > work.keep_until:
        return Fate.DUE
    return Fate.SOON if today >= _days_before(work.keep_until, warn_days) else Fate.KEPT


@lru_cache(maxsize=10_000)  # thousands of cases share few days
def _days_before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
