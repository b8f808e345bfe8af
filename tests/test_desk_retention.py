"""Until when a case is kept: by its outcome, longer with a reason, held, and warned of ahead."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_documents import MarkDocument
from journalist_interface.case_page import read_case
from journalist_interface.casework.dating import keep_longer, put_outcome
from journalist_interface.casework.days import add_months
from journalist_interface.casework.destruction import end_case
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.holding import hold, lift
from journalist_interface.casework.periods_kept import keep_periods, look_at_periods
from journalist_interface.casework.retention import Periods
from journalist_interface.casework.work import Outcome
from journalist_interface.clock import today
from journalist_interface.errors import WritingRefused
from journalist_interface.writing import write_status
from keys.hpke import SecretKey
from keys.statuses import Status
from store.blobs import new_blob_id
from store.desk.audit import Act
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import Person, letter
from tests.ended_case import SHORT, acts, close, close_and_wait, work_of

CANARY = "canary of an inquiry"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben reads; sue is a supervisor; cora is cleared for nothing."""
    people = {"ben": (Role.REVIEWER,), "sue": (Role.SUPERVISOR,), "cora": (Role.REVIEWER,)}
    with new_office(tmp_path / "desk", people) as made:
        yield made


@pytest.fixture
def source() -> SecretKey:
    """A source who comes back."""
    return SecretKey(bytes(range(96)))


@pytest.fixture
def reference(office: Office, source: SecretKey) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, source.public), cleared=("amina", "ben"))


def marks(office: Office, reference: str) -> list[str]:
    """The lines of the timeline."""
    entries = read_case(office.desk, office.signed_in(), reference).entries
    return [entry.document.text for entry in entries if isinstance(entry.document, MarkDocument)]


@pytest.mark.parametrize("outcome", [each for each in Outcome if each])
def test_closing_says_until_when(office: Office, reference: str, outcome: Outcome) -> None:
    """By the periods that hold then."""
    keep_periods(office.desk, office.signed_in("sue"), SHORT)
    close(office, reference, outcome.value)
    work = work_of(office, reference)
    assert (work.closed, work.outcome) == (today(), outcome)
    assert work.keep_until == SHORT.keep_until(today(), outcome)
    keep_periods(office.desk, office.signed_in("sue"), Periods())
    assert work_of(office, reference) == work, "the days that stand stay as they are"


@pytest.mark.parametrize("outcome", ["", "destroyed", "PASSED-ON", "passed-on\x00"])
def test_nothing_is_closed_without_an_outcome(office: Office, reference: str, outcome: str) -> None:
    """Nor told to the source."""
    with pytest.raises(WritingRefused, match="Choose what came of it"):
        close(office, reference, outcome)
    assert work_of(office, reference).closed == ""
    assert acts(office, Act.STATUS) == []


def test_the_form_asks_and_gives_back_what_was_typed(app: Flask, office: Office, reference: str) -> None:
    """The reason is not lost, and the outcome stays chosen; other statuses need none."""
    ben = Person(app, office, "ben")
    item = {"item": new_blob_id(), "seen": "99"}
    status, _to, page = ben.post(f"/case/{reference}/status", status="closed", reason="We can do no more.", **item)
    assert status == 422
    assert "Choose what came of it: how long the case is kept" in page
    assert ">\nWe can do no more.</textarea>" in page
    assert ben.post(f"/case/{reference}/status", status="passed-on", reason="", **item)[0] == 303
    item = {"item": new_blob_id(), "seen": "99"}
    _status, _to, page = ben.post(f"/case/{reference}/status", status="closed", reason="", outcome="misuse", **item)
    assert '<option value="misuse" selected>' in page
    typed = {"status": "closed", "reason": "Done.", "outcome": "passed-on", **item}
    assert ben.post(f"/case/{reference}/status", **typed)[0] == 303
    page = ben.get(f"/case/{reference}")
    assert "Closed: Passed on to who can act" in page
    assert "Passed on to who can act: kept until" in page


def test_a_further_letter_takes_the_day_away(office: Office, reference: str, source: SecretKey) -> None:
    """The case is open again; a hold stays."""
    close_and_wait(office, reference)
    hold(office.desk, office.signed_in(), reference, "A court.")
    office.open(letter(office, source.public))
    work = work_of(office, reference)
    assert (work.closed, work.outcome, work.keep_until, work.held) == ("", Outcome.NONE, "", True)


def test_so_does_opening_it_by_hand(office: Office, reference: str) -> None:
    """Another status, and it is worked on again."""
    close(office, reference)
    write_status(office.desk, office.signed_in(), reference, new_blob_id(), Status.BEING_READ.value, "")
    assert work_of(office, reference).keep_until == ""


def test_whoever_takes_a_report_back_is_proposed_to_be_let_go(app: Flask, office: Office, source: SecretKey) -> None:
    """The form proposes it, and says what may have to be kept."""
    reference = office.open(letter(office, source.public), cleared=("amina", "ben"))
    ben = Person(app, office, "ben")
    assert "take the report back" not in ben.get(f"/case/{reference}")
    office.open(letter(office, source.public, withdraws=True))
    page = ben.get(f"/case/{reference}")
    assert "The source wants to take the report back." in page
    assert '<option value="withdrawn" selected>' in page


def test_it_is_kept_longer_with_a_reason_in_the_case_alone(office: Office, reference: str) -> None:
    """The trail has that it was, and no word of why."""
    close(office, reference, "not-ours")
    later = add_months(today(), 12)
    keep_longer(office.desk, office.signed_in("ben"), reference, later, CANARY)
    keep_longer(office.desk, office.signed_in("ben"), reference, later, CANARY)
    assert work_of(office, reference).keep_until == later
    assert marks(office, reference) == [f"It is kept until {later} now. {CANARY}"]
    assert acts(office, Act.KEEP) == [("keep", reference, "")]
    for path in office.folder.glob("desk.sqlite*"):
        assert CANARY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("day", "reason", "said"),
    [
        ("2020-01-01", "x", "later day than the one"),
        ("9999-12-31", "x", "within the next 20 years"),
        ("31.12.2030", "x", "as year, month and day"),
        ("2030-13-01", "x", "as year, month and day"),
        ("20301231", "x", "as year, month and day"),
        ("", "x", "as year, month and day"),
        ("2030-12-31", " ", "Give a reason"),
        ("2030-12-31", "x" * 2_001, "2,001 characters"),
    ],
)
def test_what_is_no_later_day_changes_nothing(
    app: Flask, office: Office, reference: str, day: str, reason: str, said: str
) -> None:
    """And what was typed comes back."""
    close(office, reference)
    before = work_of(office, reference)
    status, _to, page = Person(app, office, "ben").post(f"/case/{reference}/keep", until=day, reason=reason)
    assert status == 422
    assert said in page
    assert reason.strip() in page
    assert work_of(office, reference) == before


def test_an_open_case_has_no_day(office: Office, reference: str) -> None:
    """Neither a later one nor an outcome."""
    with pytest.raises(WritingRefused, match="is open"):
        keep_longer(office.desk, office.signed_in(), reference, "2040-01-01", "x")
    with pytest.raises(WritingRefused, match="is open"):
        put_outcome(office.desk, office.signed_in(), reference, "misuse", "x")


def test_an_outcome_said_afterwards_gives_the_day(app: Flask, office: Office, reference: str) -> None:
    """A case from before that was asked stands among those without a day until somebody says it."""
    close_and_wait(office, reference, kept_until="")
    assert read_list(office.desk, office.signed_in(), Filter(status="any", fate="undated")).found == 1
    ben = Person(app, office, "ben")
    assert "nobody said what came of it" in ben.get(f"/case/{reference}")
    assert "Closed, and nobody said what came of it" in ben.get("/today")
    assert ben.post(f"/case/{reference}/outcome", outcome="misuse", reason="It was spam.")[0] == 303
    assert work_of(office, reference).keep_until == add_months(today(), Periods().misuse)
    assert "nobody said what came of it" not in ben.get("/today")
    with pytest.raises(WritingRefused, match="Choose what came of it"):
        put_outcome(office.desk, office.signed_in(), reference, "", "x")


def test_a_hold_makes_destruction_impossible(app: Flask, office: Office, reference: str) -> None:
    """By anybody, until it is lifted; the supervisors' page counts it, and the trail has no reason."""
    keep_periods(office.desk, office.signed_in("sue"), SHORT)
    close_and_wait(office, reference)
    hold(office.desk, office.signed_in("ben"), reference, CANARY)
    hold(office.desk, office.signed_in(), reference, CANARY)
    with pytest.raises(WritingRefused, match="is held"):
        end_case(office.desk, office.signed_in(), reference, "sue", "x")
    assert look_at_periods(office.desk).held == 1
    assert "1 case is held" in Person(app, office, "sue").get("/retention")
    ben = Person(app, office, "ben")
    page = ben.get(f"/case/{reference}")
    assert "Held." in page
    assert f'action="/case/{reference}/destroy"' not in page
    assert read_list(office.desk, office.signed_in(), Filter(status="any", fate="held")).found == 1
    assert "Nothing is due" in ben.get("/destruction")
    lift(office.desk, office.signed_in("ben"), reference, "The court is done.")
    assert look_at_periods(office.desk).held == 0
    assert acts(office, Act.HOLD, Act.HOLD_LIFTED) == [("hold", reference, ""), ("hold-lifted", reference, "")]
    assert marks(office, reference) == [
        f"It is held: nobody can destroy it. {CANARY}",
        "It is not held any more. The court is done.",
    ]


def test_what_was_ever_held_needs_two_whatever_the_settings_say(office: Office, reference: str) -> None:
    """Whoever lifts a hold must not be the one who destroys."""
    keep_periods(office.desk, office.signed_in("sue"), SHORT)
    close_and_wait(office, reference)
    hold(office.desk, office.signed_in(), reference, "A court.")
    lift(office.desk, office.signed_in(), reference, "Done.")
    with pytest.raises(WritingRefused, match="Choose who is asked"):
        end_case(office.desk, office.signed_in(), reference)
    assert not end_case(office.desk, office.signed_in(), reference, "sue")
    other = office.open(letter(office))
    close_and_wait(office, other)
    assert end_case(office.desk, office.signed_in(), other), "and one that never was needs nobody else"


def test_it_is_warned_of_ahead(app: Flask, office: Office, reference: str) -> None:
    """In Today, in a list of its own, on the case's page."""
    ben = Person(app, office, "ben")
    close_and_wait(office, reference, kept_until=add_months(today(), 4))
    assert "To be destroyed, now or soon" not in ben.get("/today")
    close_and_wait(office, reference, kept_until=(date.fromisoformat(today()) + timedelta(days=30)).isoformat())
    assert "To be destroyed, now or soon" in ben.get("/today")
    assert reference in ben.get("/?status=any&fate=warned&sort=end")
    assert reference not in ben.get("/?status=any&fate=due")
    assert reference in ben.get("/destruction")
    assert '<span class="mark soon">Soon</span>' in ben.get(f"/case/{reference}")
    close_and_wait(office, reference)
    assert reference in ben.get("/?status=any&fate=due")
    assert "That is over" in ben.get(f"/case/{reference}")
    assert reference not in Person(app, office, "cora").get("/destruction")


@pytest.mark.parametrize("who", ["cora", "sue"])
def test_who_cannot_read_a_case_has_no_say(office: Office, reference: str, who: str) -> None:
    """Not in its day, not in a hold, not in its end."""
    close_and_wait(office, reference)
    stranger = office.signed_in(who)
    for attempt in (
        lambda: keep_longer(office.desk, stranger, reference, "2040-01-01", "x"),
        lambda: put_outcome(office.desk, stranger, reference, "misuse", "x"),
        lambda: hold(office.desk, stranger, reference, "x"),
        lambda: lift(office.desk, stranger, reference, "x"),
        lambda: end_case(office.desk, stranger, reference, "sue", "x"),
    ):
        with pytest.raises(Missing):
            attempt()
