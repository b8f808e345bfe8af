"""What is done to the clock, from what servers say: little is made good by and by, much is left to a person."""

import pytest

from deploy.clock.judging import Act, Answer, ClockRefused, ClockUnknown, judge

NOW = 1_800_000_000.0


def said(*offsets: float, took: float = 0.2) -> list[Answer]:
    """Answers of servers by which our clock must go forward by so many seconds."""
    return [Answer(round(NOW + each), NOW + 0.5 - took / 2, NOW + 0.5 + took / 2) for each in offsets]


DONE = {
    "right": (said(0, 0, 0, 0, 0), Act.LEAVE),
    "right to the second": (said(1, 0, 1, 0, 1), Act.LEAVE),
    "a little behind": (said(5, 5, 5, 6, 5), Act.SLEW),
    "a little ahead: time does not go backwards": (said(-30, -30, -31), Act.SLEW),
    "minutes behind": (said(600, 600, 600, 601), Act.STEP),
    "minutes ahead": (said(-600, -600, -600), Act.STEP),
    "one server lies": (said(0, 0, 0, 0, 86_400), Act.LEAVE),
    "two servers of five lie": (said(0, 0, 0, 3000, 3000), Act.LEAVE),
    "two do not answer": (said(0, 0, 0), Act.LEAVE),
}
UNKNOWN = {
    "nobody answers": [],
    "two answer": said(0, 0),
    "they do not agree": said(0, 100, 200, 300, 400),
    "three lie each in another way": said(0, 0, 100, 200, 300),
    "answers that took too long": said(0, 0, 0, 0, 0, took=30),
    "our clock went backwards meanwhile": said(0, 0, 0, 0, 0, took=-1),
}
REFUSED = {
    "hours behind": said(7200, 7200, 7200),
    "hours ahead": said(-7200, -7200, -7200, -7200),
    "years behind": said(1e8, 1e8, 1e8),
}


@pytest.mark.parametrize("what", DONE)
def test_what_is_done(what: str) -> None:
    """By the median, and by so much."""
    answers, wanted = DONE[what]
    act, seconds = judge(answers)
    assert act is wanted
    assert abs(seconds - sorted(each.offset for each in answers)[len(answers) // 2]) <= 1


@pytest.mark.parametrize("what", UNKNOWN)
def test_when_nobody_knows_nothing_is_done(what: str) -> None:
    """It is tried again later."""
    with pytest.raises(ClockUnknown):
        judge(UNKNOWN[what])


@pytest.mark.parametrize("what", REFUSED)
def test_hours_are_left_to_a_person(what: str) -> None:
    """With what they are to type."""
    with pytest.raises(ClockRefused, match=r"look at a watch you trust.*date --utc --set"):
        judge(REFUSED[what])
