"""For how long cases are kept: the periods that a supervisor chooses, and how near a case is to its end by them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.casework.days import add_months
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.retention import Fate, Periods, fate_of
from journalist_interface.casework.work import Outcome, Work
from store.desk.audit import Act
from store.desk.roles import Role
from store.desk.settings import Setting, keep_setting
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.ended_case import SHORT, acts


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; sue is a supervisor."""
    with new_office(tmp_path / "desk", {"sue": (Role.SUPERVISOR,)}) as made:
        yield made


CLOSED = Work(closed="2026-01-31", outcome=Outcome.NOT_OURS, keep_until="2026-07-31")


@pytest.mark.parametrize(
    ("work", "day", "fate"),
    [
        (Work(), "2026-01-01", Fate.OPEN),
        (CLOSED, "2026-06-30", Fate.KEPT),
        (CLOSED, "2026-07-01", Fate.SOON),  # thirty days before
        (CLOSED, "2026-07-31", Fate.SOON),  # the last day on which it is kept
        (CLOSED, "2026-08-01", Fate.DUE),
        (Work(closed="2026-01-31"), "2036-01-31", Fate.UNDATED),
        (Work(closed="2026-01-31", keep_until="2026-07-31", held=True), "2036-08-01", Fate.HELD),
        (Work(held=True), "2026-01-01", Fate.HELD),
    ],
)
def test_how_near_a_case_is_to_its_end(work: Work, day: str, fate: Fate) -> None:
    """By its day; and held is held."""
    assert fate_of(work, 30, day) is fate


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from([each for each in Outcome if each]))
def test_a_case_is_kept_for_the_months_of_its_outcome(day: date, outcome: Outcome) -> None:
    """And due the day after, not before."""
    until = SHORT.keep_until(day.isoformat(), outcome)
    assert until == add_months(day.isoformat(), SHORT.months(outcome))
    work = Work(closed=day.isoformat(), outcome=outcome, keep_until=until)
    assert fate_of(work, 1, until) is Fate.SOON
    assert fate_of(work, 1, (date.fromisoformat(until) + timedelta(days=1)).isoformat()) is Fate.DUE


TYPED = {
    "passed_on": "60",
    "no_evidence": "24",
    "not_ours": "1",
    "withdrawn": "2",
    "misuse": "3",
    "warn_days": "10",
    "two_needed": "no",
}


def test_a_supervisor_chooses_the_periods(app: Flask, office: Office) -> None:
    """Recorded, with what held before; what is as it was is not recorded again."""
    sue = Person(app, office, "sue")
    for _time in range(2):
        assert sue.post("/retention", **TYPED)[:2] == (303, "/retention?done=1")
    with office.desk.database.reading() as connection:
        assert read_periods(connection) == SHORT
    [(_act, _case, note)] = acts(office, Act.SETTINGS)
    assert note == (
        "retention: passed-on 72, no-evidence 36, not-ours 6, withdrawn 3, misuse 12 months, 30 days ahead, two needed"
        " -> passed-on 60, no-evidence 24, not-ours 1, withdrawn 2, misuse 3 months, 10 days ahead, one enough"
    )
    assert '<option value="no" selected>' in sue.get("/retention")


@pytest.mark.parametrize("wrong", [{"passed_on": "0"}, {"misuse": "241"}, {"warn_days": "x"}, {"two_needed": ""}])
def test_what_is_no_period_changes_nothing(app: Flask, office: Office, wrong: dict[str, str]) -> None:
    """Said in a sentence, with what was typed."""
    status, _to, page = Person(app, office, "sue").post("/retention", **{**TYPED, **wrong})
    assert status == 422
    assert "Nothing was changed." in page
    assert 'value="24"' in page
    assert acts(office, Act.SETTINGS) == []


@pytest.mark.parametrize("kept", [b"", b"{}", b'{"passed_on":0}', b"no JSON"])
def test_altered_periods_close_no_page_and_weaken_nothing(app: Flask, office: Office, kept: bytes) -> None:
    """The usual hold, two are needed, and the supervisor hears."""
    with office.desk.database.writing() as connection:
        keep_setting(connection, Setting.RETENTION, kept)
        assert read_periods(connection) == Periods()
    assert Periods().consent
    assert "was altered in the database" in Person(app, office, "sue").get("/retention")
