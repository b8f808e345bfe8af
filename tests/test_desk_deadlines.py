"""What is due, and when: the rules, without I/O; bank holidays as gov.uk has them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.casework.days import Nation, add_months, add_working_days, is_working_day
from journalist_interface.casework.deadlines import Due, Duty, Rules, Urgency, dues_of, urgency_of
from journalist_interface.casework.steps import came_again, replied, status_set
from journalist_interface.casework.work import Work
from keys.statuses import Status

ENGLAND, SCOTLAND, ULSTER = Nation.ENGLAND_AND_WALES, Nation.SCOTLAND, Nation.NORTHERN_IRELAND
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "count", "nation", "due"),
    [
        ("2026-11-23", 3, ENGLAND, "2026-11-26"),  # Monday to Thursday
        ("2026-11-26", 3, ENGLAND, "2026-12-01"),  # over a weekend
        ("2026-11-28", 3, ENGLAND, "2026-12-02"),  # a Saturday
        ("2026-12-23", 3, ENGLAND, "2026-12-30"),  # Christmas; Boxing Day's substitute on Monday
        ("2026-12-31", 1, ENGLAND, "2027-01-04"),
        ("2026-12-31", 1, SCOTLAND, "2027-01-05"),  # the second of January, in its substitute
        ("2026-04-02", 1, ENGLAND, "2026-04-07"),  # Good Friday and Easter Monday
        ("2026-04-02", 2, SCOTLAND, "2026-04-07"),  # Easter Monday is a working day there
        ("2026-11-27", 1, SCOTLAND, "2026-12-01"),  # St Andrew's day
        ("2026-07-10", 1, ULSTER, "2026-07-14"),
        ("2026-07-10", 1, ENGLAND, "2026-07-13"),
    ],
)
def test_working_days(day: str, count: int, nation: Nation, due: str) -> None:
    """Weekends and the bank holidays of each jurisdiction do not count."""
    assert add_working_days(day, count, nation) == due


@given(days, st.integers(1, 20), st.sampled_from(Nation))
def test_a_deadline_is_a_working_day_and_never_early(day: date, count: int, nation: Nation) -> None:
    """And between there are just as many working days."""
    due = date.fromisoformat(add_working_days(day.isoformat(), count, nation))
    assert is_working_day(due, nation)
    between = [day + timedelta(days=n) for n in range(1, (due - day).days + 1)]
    assert sum(is_working_day(each, nation) for each in between) == count


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-10-15", 3, "2027-01-15"),
        ("2026-12-01", 12, "2027-12-01"),
    ],
)
def test_months(day: str, months: int, due: str) -> None:
    """The same day of the month, or its last."""
    assert add_months(day, months) == due


NEW = Work(received="2026-11-23", unanswered="2026-11-23", acknowledged="2026-11-24")


def found(work: Work, today: str, *, is_one_way: bool = False) -> list[tuple[str, str, Urgency]]:
    """What is due on a day."""
    return [
        (each.day, each.duty.value, each.urgency)
        for each in dues_of(work, is_one_way=is_one_way, rules=Rules(), today=today)
    ]


@pytest.mark.parametrize(
    ("today", "urgency"),
    [
        ("2026-11-24", Urgency.LATER),
        ("2026-11-25", Urgency.SOON),
        ("2026-11-26", Urgency.SOON),
        ("2026-11-27", Urgency.OVERDUE),  # the fourth day
    ],
)
def test_a_letter_is_answered_within_three_working_days(today: str, urgency: Urgency) -> None:
    """Soon on the last two; overdue from the fourth."""
    assert ("2026-11-26", "answer", urgency) in found(NEW, today)


@pytest.mark.parametrize(
    ("today", "urgency"),
    [
        ("2027-01-23", Urgency.LATER),
        ("2027-01-24", Urgency.SOON),
        ("2027-02-24", Urgency.SOON),
        ("2027-02-25", Urgency.OVERDUE),
    ],
)
def test_feedback_within_three_months_of_the_acknowledgement(today: str, urgency: Urgency) -> None:
    """Soon from the end of the second."""
    assert found(replace(NEW, unanswered=""), today) == [("2027-02-24", "feedback", urgency)]


def test_a_source_who_was_told_nothing_yet_is_to_be_acknowledged() -> None:
    """Feedback then counts from the day on which the letter came."""
    assert found(replace(NEW, acknowledged=""), "2026-11-23") == [
        ("2026-11-26", "acknowledge", Urgency.LATER),
        ("2027-02-23", "feedback", Urgency.LATER),
    ]


def test_who_does_not_come_back_is_owed_that_somebody_reads() -> None:
    """No feedback can reach them."""
    one_way = replace(NEW, acknowledged="")
    assert found(one_way, "2026-12-24", is_one_way=True) == [("2026-11-26", "answer", Urgency.OVERDUE)]


def test_waiting_for_the_source_stops_no_clock() -> None:
    """What was asked, and is not answered, becomes overdue."""
    work = replied(NEW, "2026-11-25", asks=True)
    assert work.waiting == "2026-11-25"
    assert found(work, "2027-03-01") == [("2027-02-24", "feedback", Urgency.OVERDUE)]


def test_a_reply_a_letter_and_an_end() -> None:
    """Through the life of a case."""
    answered = replied(NEW, "2026-11-24", asks=False)
    assert [duty for _day, duty, _urgency in found(answered, "2026-11-24")] == ["feedback"]
    again = came_again(replied(NEW, "2026-11-24", asks=True), "2026-12-01")
    assert again.waiting == ""
    assert ("2026-12-04", "answer", Urgency.LATER) in found(again, "2026-12-01")
    # A second letter before the first was answered: the first counts.
    assert came_again(again, "2026-12-03").unanswered == "2026-12-01"
    passed_on = status_set(again, Status.PASSED_ON, "2026-12-02")
    assert [duty for _day, duty, _urgency in found(passed_on, "2026-12-02")] == ["answer"]
    closed = status_set(passed_on, Status.CLOSED, "2026-12-04")
    assert found(closed, "2027-12-04") == []
    reopened = came_again(closed, "2027-01-11")
    assert reopened.closed == ""
    assert found(reopened, "2027-01-11") == [("2027-01-14", "answer", Urgency.LATER)]


@given(days, days, st.booleans())
def test_nothing_grows_less_urgent_by_waiting(received: date, today: date, is_one_way: bool) -> None:
    """A day later everything is as urgent, or more."""
    work = Work(received=received.isoformat(), unanswered=received.isoformat())

    def on(day: date) -> tuple[Due, ...]:
        return dues_of(work, is_one_way=is_one_way, rules=Rules(), today=day.isoformat())

    assert urgency_of(on(today)) <= urgency_of(on(today + timedelta(days=1)))
    assert {each.duty for each in on(today)} <= set(Duty)
