"""What is counted: acts, each under one measure. No I/O.

Measures are chosen so that none is the sum of others, and no total is published: from what is known of one nothing
follows for another (docs/adr/0053). A letter may be about several topics; a case may be passed on, or closed, again.
"""

from collections.abc import Iterable
from enum import StrEnum

from journalist_interface.casework.days import add_months, add_working_days
from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.work import Outcome, Work
from journalist_interface.labels import outcome_label, topic_label
from keys.statuses import Status
from serving.language import gettext as _


class Group(StrEnum):
    """What belongs together on the page."""

    CASES = "cases"
    TOPICS = "topics"
    STATUSES = "statuses"
    OUTCOMES = "outcomes"
    DEADLINES = "deadlines"


NEW_CASE = "new-case"
QUESTION = "question"
PASSED_ON_IN_TIME, PASSED_ON_LATE = "passed-on-in-time", "passed-on-late"
ANSWER_IN_TIME, ANSWER_LATE = "answer-in-time", "answer-late"
_TOPIC, _CLOSED, _NO_OUTCOME = "topic-", "closed-", "none"
# In the order of the site's form.
_TOPICS = ("money", "advantage", "sexual", "partner", "hate", "other")
MEASURES: dict[str, Group] = {
    NEW_CASE: Group.CASES,
    **{_TOPIC + topic: Group.TOPICS for topic in _TOPICS},
    QUESTION: Group.STATUSES,
    PASSED_ON_IN_TIME: Group.STATUSES,
    PASSED_ON_LATE: Group.STATUSES,
    **{_CLOSED + (outcome.value or _NO_OUTCOME): Group.OUTCOMES for outcome in Outcome},
    ANSWER_IN_TIME: Group.DEADLINES,
    ANSWER_LATE: Group.DEADLINES,
}


def of_opening(topics: Iterable[str], *, is_new: bool) -> tuple[str, ...]:
    """Return what is counted when a letter was opened."""
    found = tuple(_TOPIC + topic for topic in _TOPICS if topic in set(topics))
    return (NEW_CASE, *found) if is_new else found


def of_answer(before: Work, rules: Rules, today: str) -> tuple[str, ...]:
    """Return what is counted when a reviewer answered; nothing if no letter waited for it."""
    if not before.unanswered:
        return ()
    by = add_working_days(before.unanswered, rules.acknowledge_days, rules.nation)
    return (ANSWER_IN_TIME if today <= by else ANSWER_LATE,)


def of_status(status: Status, after: Work, rules: Rules, today: str) -> tuple[str, ...]:
    """Return what is counted when a status was set; `after` is the work as it became by that."""
    if status is Status.QUESTION:
        return (QUESTION,)
    if status is Status.CLOSED:
        return (_CLOSED + (after.outcome.value or _NO_OUTCOME),)
    if status is Status.PASSED_ON:
        begun = after.acknowledged or after.received
        in_time = not begun or today <= add_months(begun, rules.feedback_months)
        return (PASSED_ON_IN_TIME if in_time else PASSED_ON_LATE,)
    return ()


def group_label(group: Group) -> str:
    """Return what a group is called."""
    return {
        Group.CASES: _("Reports"),
        Group.TOPICS: _("What letters were about"),
        Group.STATUSES: _("What was done"),
        Group.OUTCOMES: _("What came of closed cases"),
        Group.DEADLINES: _("Deadlines"),
    }[group]


def measure_label(measure: str) -> str:
    """Return what a measure counts, in words."""
    if measure.startswith(_TOPIC):
        return topic_label(measure.removeprefix(_TOPIC))
    if measure.startswith(_CLOSED):
        outcome = measure.removeprefix(_CLOSED)
        return _("Closed: {outcome}").format(
            outcome=_("no outcome noted") if outcome == _NO_OUTCOME else outcome_label(outcome)
        )
    return {
        NEW_CASE: _("New cases"),
        QUESTION: _("Questions to a source"),
        PASSED_ON_IN_TIME: _("Passed on, within the deadline"),
        PASSED_ON_LATE: _("Passed on, after the deadline"),
        ANSWER_IN_TIME: _("Letters answered within the deadline"),
        ANSWER_LATE: _("Letters answered after the deadline"),
    }.get(measure, measure)
