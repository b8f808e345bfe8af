"""What is due of a case, and when: judged from the days in its card alone, without I/O.

Rules (each a setting, `Rules`):
- A letter is acknowledged within three working days of coming to this host, and a further one answered within as many.
  What is neither is overdue from the next day on: the fourth.
- Feedback, what came of the report, within three months of the acknowledgement, as directive (EU) 2019/1937 asks in its
  articles 9 and 11; from the end of the second month it is due soon.
- A source who does not want to come back can be told nothing: such a case is read within three working days.
- Waiting for the source stops no clock: it is said beside the deadline, and one that passes meanwhile is overdue.
- A source who withdrew is told within as many days what is kept, and why; that takes the place of an acknowledgement.
- A day to look again is due soon when it has come, and overdue when it has passed.
- A closed case has nothing due.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from journalist_interface.casework.days import Nation, add_months, add_working_days
from journalist_interface.casework.work import Work


@dataclass(frozen=True, slots=True)
class Rules:
    """How long each thing may take: working days, months; and whose bank holidays count."""

    acknowledge_days: int = 3
    feedback_months: int = 3
    remind_months: int = 2
    nation: Nation = Nation.ENGLAND_AND_WALES


class Duty(StrEnum):
    """What is due."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    FEEDBACK = "feedback"
    SAY_KEPT = "say-kept"
    LOOK_AGAIN = "look-again"


class Urgency(IntEnum):
    """How near a deadline is, the most urgent last."""

    NOTHING = 0  # nothing is due
    LATER = 1
    SOON = 2
    OVERDUE = 3


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due on a day (YYYY-MM-DD), which is the last one that is in time."""

    day: str
    duty: Duty
    urgency: Urgency


def dues_of(work: Work, *, is_one_way: bool, rules: Rules, today: str) -> tuple[Due, ...]:
    """Return what is due of a case, the earliest first."""
    duty = _duty(work, is_one_way=is_one_way)
    answer_from, feedback_from = clocks_of(work, is_one_way=is_one_way)
    return _dues(answer_from, duty, feedback_from, "" if work.closed else work.look_again, rules, today)


def dues_together(each_of: Iterable[tuple[Due, ...]]) -> tuple[Due, ...]:
    """Return what is due of several cases that are one, the earliest first, and what is due of two on one day once."""
    return tuple(sorted({due for dues in each_of for due in dues}, key=lambda due: (due.day, due.duty)))


def clocks_of(work: Work, *, is_one_way: bool) -> tuple[str, str]:
    """Return from which day an answer is due, and from which feedback is; empty where no such clock runs."""
    if work.closed or not work.received:
        return "", ""
    return work.unanswered, "" if work.feedback or is_one_way else work.acknowledged or work.received


def deadlines_of(answer_from: str, feedback_from: str, rules: Rules) -> tuple[str, ...]:
    """Return the days on which the clocks run out, the earliest first."""
    answer = (add_working_days(answer_from, rules.acknowledge_days, rules.nation),) if answer_from else ()
    feedback = (add_months(feedback_from, rules.feedback_months),) if feedback_from else ()
    return tuple(sorted((*answer, *feedback)))


def urgency_of(dues: tuple[Due, ...]) -> Urgency:
    """Return the greatest urgency among what is due."""
    return max((due.urgency for due in dues), default=Urgency.NOTHING)


def _duty(work: Work, *, is_one_way: bool) -> Duty:
    if work.is_withdrawn:
        return Duty.SAY_KEPT
    return Duty.ANSWER if work.acknowledged or is_one_way else Duty.ACKNOWLEDGE


@lru_cache(maxsize=100_000)  # thousands of cases share few days
def _dues(unanswered: str, duty: Duty, begun: str, look_again: str, rules: Rules, today: str) -> tuple[Due, ...]:
    found = []
    if look_again:
        found.append(Due(look_again, Duty.LOOK_AGAIN, _urgency(today, look_again, look_again)))
    if unanswered:
        by = add_working_days(unanswered, rules.acknowledge_days, rules.nation)
        soon = add_working_days(unanswered, max(1, rules.acknowledge_days - 1), rules.nation)
        found.append(Due(by, duty, _urgency(today, soon, by)))
    if begun:
        by, soon = add_months(begun, rules.feedback_months), add_months(begun, rules.remind_months)
        found.append(Due(by, Duty.FEEDBACK, _urgency(today, soon, by)))
    return tuple(sorted(found, key=lambda due: (due.day, due.duty)))


def _urgency(today: str, soon: str, by: str) -> Urgency:
    if today > by:
        return Urgency.OVERDUE
    return Urgency.SOON if today >= soon else Urgency.LATER
