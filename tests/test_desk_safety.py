"""Somebody in danger: raised, gone through, stood down; and nothing in clear tells which case it was."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

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
    note_telling,
    raise_danger,
    set_look_again,
    stand_down,
)
from journalist_interface.casework.safety_note import LONGEST_WORD, Point, PointAnswer, SafetyNote, Said, Step
from journalist_interface.casework.safety_typed import TypedAnswer, TypedTelling
from journalist_interface.casework.searching import search
from journalist_interface.clock import now, today
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_status
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import Person, letter, source

CANARY = "canary-who-was-told"
YES = (Answer("q-danger", "yes"), Answer("q-safe-time", "Tuesdays after nine"))
BY_HAND = [point for point in Point if point not in ("help", "colleague", "supervisor", "again")]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


def opened(office: Office, key: bytes | None = None, **more: object) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, key or source(), **more), cleared=("amina", "ben"))


@pytest.fixture
def calm(office: Office) -> str:
    """A case whose letter tells of no danger."""
    return opened(office)


@pytest.fixture
def urgent(office: Office) -> str:
    """A case whose letter does."""
    return opened(office, answers=YES)


def in_danger(office: Office) -> set[str]:
    """The references that the list of danger holds."""
    return {each.case.reference for each in read_list(office.desk, office.signed_in(), Filter(is_danger=True)).cases}


def later(days: int) -> str:
    """The day in so many days."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def minute(before: int = 0) -> str:
    """A minute of now, or so many seconds ago, as it is typed."""
    return datetime.fromtimestamp(now() - before, UTC).strftime("%Y-%m-%d %H:%M")


def tell(office: Office, reference: str, whom: str = "abuse-service", who: str = "amina") -> None:
    """Note that somebody was told."""
    typed = TypedTelling(whom, who, minute(3600), "By telephone, from the office.")
    note_telling(office.desk, office.signed_in(who), reference, typed)


def go_through(office: Office, reference: str, who: str = "amina") -> None:
    """Answer every point."""
    me = office.signed_in(who)
    typed = {point.value: TypedAnswer("done", "seen") for point in BY_HAND}
    typed["supervisor"] = TypedAnswer("does-not-apply", "There is none this week.")
    answer_points(office.desk, me, reference, typed, "99")
    tell(office, reference, "emergency", who)
    tell(office, reference, "colleague", who)
    set_look_again(office.desk, me, reference, later(2), "99")


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


def test_each_answer_names_who_and_when(app: Flask, office: Office, urgent: str) -> None:
    """On the page, and in the timeline; with whom who was told, by whom, at which minute and by which way."""
    ben = Person(app, office, "ben")
    began = now()
    assert (
        ben.post(f"/case/{urgent}/safety", step="answer", seen="9", said_who="done", words_who="Her, at home.")[0]
        == 303
    )
    told = {
        "whom": "iopc",
        "told_by": "amina",
        "told_at": "2026-01-05 14:05",
        "way": "Their duty officer, by telephone.",
    }
    assert ben.post(f"/case/{urgent}/safety", step="tell", **told)[0] == 303
    answered = read_case(office.desk, office.signed_in(), urgent).safety.answers
    assert (answered[Point.WHO].author, answered[Point.WHO].at >= began) == ("ben", True)
    assert answered[Point.HELP].answer.said is Said.DONE
    for page in (ben.get(f"/case/{urgent}/safety"), ben.get(f"/case/{urgent}")):
        assert "Her, at home." in page
        assert "by amina, 2026-01-05 14:05 UTC" in page
        assert "Their duty officer, by telephone." in page
    assert "noted by ben" in ben.get(f"/case/{urgent}/safety")
    assert "6 points are open" in ben.get(f"/case/{urgent}")


def test_the_page_begins_with_whom_it_must_not_reach_and_when_it_is_safe(app: Flask, office: Office) -> None:
    """Before the first point; and says so where no letter says it."""
    reference = opened(office, must_not_reach="Sergeant Blunt", answers=YES)
    page = Person(app, office, "ben").get(f"/case/{reference}/safety")
    order = ["Sergeant Blunt", "Tuesdays after nine", "Read whom it must not reach", "Who was told", "Stand it down"]
    assert sorted(order, key=page.index) == order
    silent = opened(office)
    assert "That does not mean that there is nobody." in Person(app, office, "amina").get(f"/case/{silent}/safety")


WRONG = {
    "nothing chosen": ({"step": "answer"}, "Choose an answer at one point"),
    "words without a choice": ({"step": "answer", "words_who": "Her."}, "choose whether it is done"),
    "a bare no": ({"step": "answer", "said_help": "does-not-apply"}, "Say in a word why"),
    "done without doing": ({"step": "answer", "said_help": "done", "words_help": "x"}, "is answered by doing it"),
    "too long a word": (
        {"step": "answer", "said_who": "done", "words_who": "x" * (LONGEST_WORD + 1)},
        "1,001 characters",
    ),
    "nobody told": ({"step": "tell", "way": "By telephone."}, "Choose who was told"),
    "no way": ({"step": "tell", "whom": "iopc", "told_by": "ben", "told_at": "2026-01-05 14:05"}, "by which way"),
    "told by a stranger": (
        {"step": "tell", "whom": "iopc", "told_by": "cora", "told_at": "2026-01-05 14:05", "way": "x"},
        "which reader of the case",
    ),
    "told tomorrow": (
        {"step": "tell", "whom": "iopc", "told_by": "ben", "told_at": "2999-01-05 14:05", "way": "x"},
        "in the future",
    ),
    "told at no time": (
        {"step": "tell", "whom": "iopc", "told_by": "ben", "told_at": "at noon", "way": "x"},
        "2026-11-29 14:05, in UTC",
    ),
    "yesterday": ({"step": "look-again", "look_again": "2026-01-05"}, "today or later"),
    "no day": ({"step": "look-again", "look_again": "soon"}, "Type the day as"),
    "no reason": ({"step": "stand-down"}, "Say why nobody is in danger"),
    "an open point": ({"step": "stand-down", "reason": "over <b>"}, "so every point comes first"),
    "raised twice": ({"step": "raise", "reason": "again <b>"}, "in danger already"),
    "no such step": ({"step": "dance"}, "This form was not complete"),
}


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(app: Flask, office: Office, urgent: str) -> None:
    """In a sentence, with the form as it was; and nothing is kept."""
    ben = Person(app, office, "ben")
    before = len(read_case(office.desk, office.signed_in(), urgent).entries)
    for name, (form, said) in WRONG.items():
        status, _to, page = ben.post(f"/case/{urgent}/safety", seen="9", **form)
        assert (status, said in page) == (422, True), name
        for field in ("words_who", "words_help", "way", "told_at"):
            assert form.get(field, "") in page, name
        if form["step"] in ("stand-down", "raise"):
            assert form.get("reason", "").replace("<b>", "&lt;b&gt;") in page
    assert len(read_case(office.desk, office.signed_in(), urgent).entries) == before


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


def test_it_is_not_stood_down_past_what_came_meanwhile(app: Flask, office: Office, urgent: str) -> None:
    """A colleague's word, or a letter: shown first, with what was typed still there."""
    go_through(office, urgent)
    seen = str(len(read_case(office.desk, office.signed_in(), urgent).entries))
    tell(office, urgent, who="ben")
    with pytest.raises(CaseChanged, match="ben did something about the danger"):
        stand_down(office.desk, office.signed_in(), urgent, "Over.", seen)
    status, _to, page = Person(app, office, "amina").post(
        f"/case/{urgent}/safety", step="stand-down", seen=seen, reason="It is over."
    )
    assert (status, "It is over.</textarea>" in page) == (409, True)
    assert in_danger(office) == {urgent}


def test_a_case_in_danger_is_not_closed(office: Office, urgent: str) -> None:
    """It would stand in no list of what is urgent any more."""
    ben = office.signed_in("ben")
    with pytest.raises(WritingRefused, match="so it was not closed"):
        write_status(office.desk, ben, urgent, new_blob_id(), "closed", "It is done.")
    go_through(office, urgent)
    stand_down(office.desk, office.signed_in(), urgent, "Over.", "")
    write_status(office.desk, ben, urgent, new_blob_id(), "closed", "It is done.")
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


def test_nothing_in_clear_tells_which_case_is_in_danger(office: Office, calm: str, urgent: str) -> None:
    """A note of a few words in one case, the whole of it in the other: rows, kinds, sizes and records are alike."""
    go_through(office, urgent)
    raise_danger(office.desk, office.signed_in(), calm, CANARY)
    answer_points(office.desk, office.signed_in(), calm, {"who": TypedAnswer("done", CANARY)}, "9")
    plain = opened(office)
    write_note(office.desk, office.signed_in(), plain, new_blob_id(), "The car park is full.")
    with office.desk.database.reading() as connection:
        kinds = {
            reference: connection.exec_driver_sql(
                "SELECT DISTINCT i.kind, length(i.sealed) FROM items i JOIN cases c ON c.id = i.case_id "
                "WHERE c.reference = ? AND i.kind NOT IN ('letter', 'reply')",
                (reference,),
            ).all()
            for reference in (calm, urgent, plain)
        }
        acts = {
            reference: set(
                connection.exec_driver_sql(
                    "SELECT act, note FROM audit WHERE case_reference = ? AND act != 'open'", (reference,)
                ).all()
            )
            for reference in (calm, urgent, plain)
        }
        sheets = connection.exec_driver_sql("SELECT DISTINCT kind FROM sheets").scalars().all()
        sizes = connection.exec_driver_sql("SELECT DISTINCT length(sealed_card) FROM cases").scalars().all()
    assert kinds[calm] == kinds[urgent] == kinds[plain]
    assert acts[calm] == acts[urgent] == acts[plain] == {("note", "")}
    assert sheets == []
    assert len(sizes) == 1
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert CANARY.encode() not in held
    assert b'"safety"' not in held
    assert b'"look_again"' not in held


def test_a_day_to_look_again_is_on_no_clock_in_clear(office: Office, calm: str) -> None:
    """It would tell that somebody is in danger."""
    set_look_again(office.desk, office.signed_in(), calm, later(5), "")
    with office.desk.database.reading() as connection:
        [clocks] = connection.exec_driver_sql("SELECT answer_from, feedback_from FROM cases").all()
    assert later(5) not in clocks


def test_who_is_kept_out_raises_and_reads_nothing(app: Flask, office: Office, urgent: str) -> None:
    """And a wall takes all of it along for those who stay."""
    go_through(office, urgent, "ben")
    withdraw(office.desk, office.signed_in(), urgent, "ben", "A friend.")
    ben = Person(app, office, "ben")
    assert ben.client.get(f"/case/{urgent}/safety").status_code == 404
    assert ben.client.get("/case/0000-0000/safety").status_code == 404
    for act in (
        lambda: stand_down(office.desk, office.signed_in("ben"), urgent, "x", ""),
        lambda: raise_danger(office.desk, office.signed_in("ben"), urgent, "x"),
        lambda: answer_points(office.desk, office.signed_in("ben"), urgent, {"who": TypedAnswer("done")}, ""),
        lambda: tell(office, urgent, who="ben"),
        lambda: set_look_again(office.desk, office.signed_in("ben"), urgent, later(3), ""),
    ):
        with pytest.raises(Missing):
            act()
    safety = read_case(office.desk, office.signed_in(), urgent).safety
    assert safety.open_points == ()
    assert {told.telling.by for told in safety.tellings} == {"ben"}


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


def test_every_list_goes_by_the_danger_that_stands(app: Flask, office: Office, urgent: str) -> None:
    """Today, the list, the case and the search mark it until it is stood down, and not after."""
    ben = Person(app, office, "ben")

    def marked() -> list[bool]:
        today_page = ben.get("/today")
        search = ben.post("/search", query="computer")[2]
        return [
            "need-danger" in today_page and today_page.index("need-danger") < today_page.index("need-unread"),
            'class="in-danger"' in ben.get("/"),
            ">Danger</strong>" in search,
        ]

    letter_of = opened(office)  # unread: so that Today has a section after danger
    assert marked() == [True, True, True]
    go_through(office, urgent)
    stand_down(office.desk, office.signed_in(), urgent, "Over.", "")
    assert marked() == [False, False, False]
    assert "someone is in danger now" not in ben.get(f"/case/{urgent}")
    assert re.search("amina stood the danger down, .* UTC:</strong> .*Over", ben.get(f"/case/{urgent}"))
    raise_danger(office.desk, office.signed_in(), letter_of, "A feeling.")
    assert "amina raised danger" in ben.get(f"/case/{letter_of}")
