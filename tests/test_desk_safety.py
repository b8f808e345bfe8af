"""Somebody in danger: raised, gone through, stood down; and nothing in clear tells which case it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import LetterDocument, NoteDocument
from journalist_interface.case_page import read_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.deadlines import Duty, Rules, Urgency, dues_of
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.safety import Happened, safety_of
from journalist_interface.casework.safety_keeping import (
    answer_points,
    raise_danger,
    set_look_again,
    stand_down,
)
from journalist_interface.casework.safety_note import Point, PointAnswer, SafetyNote, Said, Step
from journalist_interface.casework.safety_typed import TypedAnswer
from journalist_interface.casework.searching import search
from journalist_interface.clock import today
from journalist_interface.errors import WritingRefused
from journalist_interface.writing import write_status
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter, source
from tests.in_danger import YES, go_through, in_danger, later, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def calm(office: Office) -> str:
    """A case whose letter tells of no danger."""
    return opened(office)


@pytest.fixture
def urgent(office: Office) -> str:
    """A case whose letter does."""
    return opened(office, answers=YES)


def test_raised_by_hand_and_stood_down_with_a_reason(office: Office, calm: str) -> None:
    """The list of danger holds it meanwhile, for everybody who reads it; the timeline has both, with who and why."""
    assert in_danger(office) == set()
    raise_danger(office.desk, office.signed_in("ben"), calm, "Her brother rang: he has found her.")
    assert in_danger(office) == {calm}
    raised = read_case(office.desk, office.signed_in(), calm).safety.raised
    assert raised
    assert (raised.author, raised.words) == ("ben", "Her brother rang: he has found her.")
    stand_down(office.desk, office.signed_in(), calm, "She is at a refuge.", "")
    assert in_danger(office) == set()
    page = read_case(office.desk, office.signed_in(), calm)
    assert page.safety.raised is None
    assert page.safety.stood_down
    steps = [e.document for e in page.entries if isinstance(e.document, NoteDocument)]
    assert [(step.author, step.text, step.safety and step.safety.step) for step in steps] == [
        ("ben", "Her brother rang: he has found her.", Step.RAISE),
        ("amina", "She is at a refuge.", Step.STAND_DOWN),
    ]


def test_what_a_letter_told_is_stood_down_after_the_whole_checklist_only(office: Office, urgent: str) -> None:
    """Point by point: while one is open it is refused, and that one is named."""
    with pytest.raises(WritingRefused, match="so every point comes first"):
        stand_down(office.desk, office.signed_in(), urgent, "It is over.", "")
    go_through(office, urgent)
    page = read_case(office.desk, office.signed_in(), urgent)
    assert page.safety.open_points == ()
    set_look_again(office.desk, office.signed_in(), urgent, "", "99")
    with pytest.raises(WritingRefused, match=r"Not answered yet: “Set the day on which to look again”\. Do it"):
        stand_down(office.desk, office.signed_in(), urgent, "It is over.", "")
    assert in_danger(office) == {urgent}
    set_look_again(office.desk, office.signed_in(), urgent, later(1), "99")
    stand_down(office.desk, office.signed_in(), urgent, "She is at a refuge.", "")
    assert in_danger(office) == set()


def test_raised_by_hand_beside_a_letter_that_tells_still_needs_the_checklist(office: Office) -> None:
    """A reviewer's word does not spare what the letter asks for."""
    key = source()
    reference = opened(office, key)
    raise_danger(office.desk, office.signed_in(), reference, "A feeling.")
    office.open(letter(office, key, answers=YES))
    with pytest.raises(WritingRefused, match="so every point comes first"):
        stand_down(office.desk, office.signed_in(), reference, "It is over.", "")


def test_a_further_letter_raises_it_again_and_begins_the_checklist_anew(office: Office) -> None:
    """What was said stands there as of before, and does not count for what is told now."""
    key = source()
    reference = opened(office, key, answers=YES)
    go_through(office, reference)
    stand_down(office.desk, office.signed_in(), reference, "It is over.", "")
    office.open(letter(office, key, message="nothing new", answers=(Answer("q-danger", "no"),)))
    assert in_danger(office) == set()
    office.open(letter(office, key, message="he is coming tonight", answers=YES))
    assert in_danger(office) == {reference}
    safety = read_case(office.desk, office.signed_in(), reference).safety
    assert safety.open_points == tuple(Point)
    assert safety.stood_down is None
    assert safety.answers[Point.WHO].is_earlier
    assert all(told.is_earlier for told in safety.tellings)
    with pytest.raises(WritingRefused, match="so every point comes first"):
        stand_down(office.desk, office.signed_in(), reference, "It is over.", "")


def test_of_two_at_one_point_the_second_is_told_and_at_different_points_both_hold(office: Office, urgent: str) -> None:
    """From pages that were made before either; one's own earlier answer is no news."""
    amina, ben = office.signed_in(), office.signed_in("ben")
    seen = str(len(read_case(office.desk, amina, urgent).entries))
    answer_points(office.desk, ben, urgent, {"who": TypedAnswer("done", "Her.")}, seen)
    answer_points(office.desk, amina, urgent, {"signs": TypedAnswer("done", "None.")}, seen)
    with pytest.raises(WritingRefused, match="ben answered “Find out who is in danger"):
        answer_points(office.desk, amina, urgent, {"who": TypedAnswer("done", "Him.")}, seen)
    answer_points(office.desk, ben, urgent, {"who": TypedAnswer("done", "Her, and the child.")}, seen)
    answers = read_case(office.desk, amina, urgent).safety.answers
    assert (answers[Point.WHO].answer.words, answers[Point.SIGNS].answer.words) == ("Her, and the child.", "None.")
    set_look_again(office.desk, ben, urgent, later(1), seen)
    with pytest.raises(WritingRefused, match="ben answered “Set the day"):
        set_look_again(office.desk, amina, urgent, later(9), seen)


def test_a_case_in_danger_is_not_closed(office: Office, urgent: str) -> None:
    """It would stand in no list of what is urgent any more."""
    ben = office.signed_in("ben")
    with pytest.raises(WritingRefused, match="so it was not closed"):
        write_status(office.desk, ben, urgent, new_blob_id(), "closed", "It is done.", untrusted_outcome="misuse")
    go_through(office, urgent)
    stand_down(office.desk, office.signed_in(), urgent, "Over.", "")
    write_status(office.desk, ben, urgent, new_blob_id(), "closed", "It is done.", untrusted_outcome="misuse")
    with office.desk.database.reading() as connection:
        work = open_case(connection, ben, urgent).work
    assert (bool(work.closed), work.look_again, work.look_again_by) == (True, "", "")
    with pytest.raises(WritingRefused, match="Set its status to “Being read” first"):
        raise_danger(office.desk, ben, urgent, "He has found her.")
    write_status(office.desk, ben, urgent, new_blob_id(), "being-read", "")
    raise_danger(office.desk, ben, urgent, "He has found her.")
    assert in_danger(office) == {urgent}


def test_a_day_to_look_again_is_due_and_then_overdue(office: Office, calm: str) -> None:
    """In the list like any deadline; a day that passes makes the case overdue for everybody who reads it."""
    set_look_again(office.desk, office.signed_in("ben"), calm, later(0), "")
    with office.desk.database.reading() as connection:
        work = replace(open_case(connection, office.signed_in(), calm).work, unanswered="", feedback=today())
    [due] = dues_of(work, is_one_way=False, rules=Rules(), today=today())
    assert (due.day, due.duty, due.urgency) == (later(0), Duty.LOOK_AGAIN, Urgency.SOON)
    [due] = dues_of(work, is_one_way=False, rules=Rules(), today=later(1))
    assert due.urgency is Urgency.OVERDUE
    [due] = dues_of(work, is_one_way=False, rules=Rules(), today=later(-1))
    assert due.urgency is Urgency.LATER
    assert dues_of(replace(work, closed=today()), is_one_way=False, rules=Rules(), today=later(1)) == ()
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), calm)
        change_work(connection, case, lambda work: replace(work, look_again=later(-1)))
    listed = read_list(office.desk, office.signed_in(), Filter(due="overdue")).cases
    assert [each.case.reference for each in listed] == [calm]


def test_a_day_to_look_again_is_on_no_clock_in_clear(office: Office, calm: str) -> None:
    """It would tell that somebody is in danger."""
    set_look_again(office.desk, office.signed_in(), calm, later(5), "")
    with office.desk.database.reading() as connection:
        [clocks] = connection.exec_driver_sql("SELECT answer_from, feedback_from FROM cases").all()
    assert later(5) not in clocks


def test_words_of_it_are_found_by_searching(office: Office, urgent: str) -> None:
    """As any note is."""
    answer_points(office.desk, office.signed_in(), urgent, {"who": TypedAnswer("done", "At the Lamplighter inn.")}, "9")
    found = search(office.desk, Board(), office.signed_in(), "lamplighter", 1)
    assert [hit.case.reference for hit in found.hits] == [urgent]


def test_a_letter_that_does_not_open_counts_as_told() -> None:
    """Nobody can say that it tells of no danger; so the checklist comes first, and anew."""
    who = NoteDocument("ben", "", SafetyNote(Step.ANSWER, (PointAnswer(Point.WHO, Said.DONE, "Her."),)))
    calm_letter = LetterDocument("2026-11-20", (), (), "", "", ())
    safety = safety_of([Happened("letter", 1, calm_letter), Happened("note", 2, who), Happened("letter", 3, None)])
    assert safety.is_told
    assert safety.open_points == tuple(Point)
    assert not safety_of([Happened("letter", 1, calm_letter), Happened("note", 2, who)]).is_told
