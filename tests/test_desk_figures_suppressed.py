"""Small numbers stay unknown: judged by going through every desk there could be, not by trusting the rule."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.work import Outcome, Work
from journalist_interface.figures.measures import MEASURES, measure_label, of_answer, of_opening, of_status
from journalist_interface.figures.suppressing import BASE, LEAST_SHOWN, Pool, close_month, month_after, rounded
from keys.letter import TOPICS
from keys.statuses import Status
from store.desk.figures import Figure

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
counts = st.lists(st.integers(0, 40), min_size=1, max_size=4)


def published(series: tuple[int, ...] | list[int]) -> tuple[Figure, ...]:
    """What is published of one measure that was counted in these months."""
    pool, found = Pool(MONTHS[0], 0), []
    for month, number in zip(MONTHS, series, strict=False):
        figure, pool = close_month("new-case", pool, month, number)
        found += [figure] if figure else []
    return tuple(found)


@pytest.fixture(scope="module")
def worlds() -> dict[tuple[Figure, ...], list[tuple[int, ...]]]:
    """Every three months of up to twenty acts each, by what is published of them: 9,261 desks."""
    found = defaultdict(list)
    for series in product(range(21), repeat=3):
        found[published(series)].append(series)
    return found


def test_no_month_is_known_to_within_less_than_five(worlds: dict[tuple[Figure, ...], list[tuple[int, ...]]]) -> None:
    """Whatever is published: each month can still be five different numbers, if not more."""
    tried = 0
    for told, possible in worlds.items():
        if any(figure.shown >= 20 for figure in told):
            continue  # it could be more than is tried here
        for month in range(3):
            numbers = {series[month] for series in possible}
            assert len(numbers) >= 5, (told, month, numbers)
            tried += 1
    assert tried > 30


def test_what_waits_can_be_anything_that_is_small(worlds: dict[tuple[Figure, ...], list[tuple[int, ...]]]) -> None:
    """From nought to seven: that there was one, or none, cannot be told."""
    for told, possible in worlds.items():
        begun = MONTHS.index(told[-1].last_month) + 1 if told else 0
        if begun < 3:
            assert {sum(series[begun:]) for series in possible} == set(range(LEAST_SHOWN)), told


def test_nothing_small_is_published(worlds: dict[tuple[Figure, ...], list[tuple[int, ...]]]) -> None:
    """Each figure is a multiple of five, of at least ten, and within two of the truth."""
    for told, possible in worlds.items():
        for figure in told:
            first, last = MONTHS.index(figure.first_month), MONTHS.index(figure.last_month)
            assert figure.shown % BASE == 0
            for series in possible:
                truth = sum(series[first : last + 1])
                assert truth >= LEAST_SHOWN
                assert abs(truth - figure.shown) <= 2


@given(counts, st.integers(0, 3))
def test_each_publication_begins_with_the_one_before(series: list[int], end: int) -> None:
    """Two that were taken at different times tell nothing that the later one does not."""
    whole, before = published(series), published(series[:end])
    assert whole[: len(before)] == before


@given(counts)
def test_months_are_neither_lost_nor_told_twice(series: list[int]) -> None:
    """Figures follow each other without a gap from the first month on."""
    following = MONTHS[0]
    for figure in published(series):
        assert figure.first_month == following
        following = month_after(figure.last_month)


@given(st.integers(0, 10_000))
def test_rounding_is_to_the_nearest(number: int) -> None:
    """Never more than two away, and never in a direction that tells."""
    assert abs(rounded(number) - number) <= 2
    assert rounded(number) % BASE == 0


def test_an_act_has_one_measure_unless_it_is_about_topics() -> None:
    """So that none is the sum of others: no total of the page gives another away."""
    rules, work = Rules(), Work(received="2026-11-02", acknowledged="2026-11-02", unanswered="2026-11-02")
    for status in Status:
        for outcome in Outcome:
            closed = Work(received="2026-11-02", outcome=outcome)
            assert len(of_status(status, closed, rules, "2026-12-01")) <= 1
    assert of_answer(work, rules, "2026-11-05") == ("answer-in-time",)
    assert of_answer(work, rules, "2026-11-06") == ("answer-late",)
    assert of_answer(Work(), rules, "2026-11-06") == ()
    assert of_status(Status.PASSED_ON, work, rules, "2027-02-02") == ("passed-on-in-time",)
    assert of_status(Status.PASSED_ON, work, rules, "2027-02-03") == ("passed-on-late",)
    assert of_status(Status.CLOSED, work, rules, "2027-02-03") == ("closed-none",)
    assert of_opening(("money", "hate", "no topic of ours"), is_new=True) == ("new-case", "topic-money", "topic-hate")
    assert of_opening(("money",), is_new=False) == ("topic-money",)
    assert {f"topic-{topic}" for topic in TOPICS} <= MEASURES.keys()
    assert not {measure_label(name) for name in MEASURES} & MEASURES.keys()
