"""Somebody in danger, through pages: what they say and give back; what a wall and the disk do not tell."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_page import read_case
from journalist_interface.casework.safety_keeping import (
    answer_points,
    raise_danger,
    set_look_again,
    stand_down,
)
from journalist_interface.casework.safety_note import LONGEST_WORD, Point, Said
from journalist_interface.casework.safety_typed import TypedAnswer
from journalist_interface.clock import now
from journalist_interface.errors import CaseChanged
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note
from store.blobs import new_blob_id
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.in_danger import YES, go_through, in_danger, later, opened, tell

CANARY = "canary-who-was-told"


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


def test_who_is_kept_out_raises_and_reads_nothing(app: Flask, office: Office, urgent: str) -> None:
    """And a wall takes all of it along for those who stay."""
    go_through(office, urgent, "ben")
    withdraw(office.desk, office.signed_in(), urgent, "ben", "A friend.")
    ben = Person(app, office, "ben")
    assert ben.client.get(f"/case/{urgent}/safety").status_code == 404
    assert ben.client.get("/case/0000-0000/safety").status_code == 404
    acts: tuple[Callable[[], object], ...] = (
        lambda: stand_down(office.desk, office.signed_in("ben"), urgent, "x", ""),
        lambda: raise_danger(office.desk, office.signed_in("ben"), urgent, "x"),
        lambda: answer_points(office.desk, office.signed_in("ben"), urgent, {"who": TypedAnswer("done")}, ""),
        lambda: tell(office, urgent, who="ben"),
        lambda: set_look_again(office.desk, office.signed_in("ben"), urgent, later(3), ""),
    )
    for act in acts:
        with pytest.raises(Missing):
            act()
    safety = read_case(office.desk, office.signed_in(), urgent).safety
    assert safety.open_points == ()
    assert {told.telling.by for told in safety.tellings} == {"ben"}


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
