"""What is done in cases that were made one: a reply goes to one source, a status to each, a wall around every part."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import StatusDocument
from journalist_interface.casework.board import Board
from journalist_interface.casework.deadlines import Duty
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.linking import LinkForm, link, merge, separate, unlink
from journalist_interface.casework.one_case import look_for_members
from journalist_interface.casework.one_case_acts import (
    answered_by_default,
    choose_part,
    keep_out_of_all,
    let_into_all,
    set_status_of_all,
)
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.writing import write_reply
from store.blobs import new_blob_id
from store.desk.outbox import Kind
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter
from tests.linked_cases import Two, letters, merged, page, seen, sent_to


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    people = dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))
    with new_office(tmp_path / "desk", people) as made:
        yield made


@pytest.fixture
def two(office: Office) -> Two:
    """Two cases, of which only amina can read both."""
    return Two(office)


def test_a_reply_goes_to_who_is_chosen_and_never_by_itself_to_another_person(office: Office, two: Two) -> None:
    """Two sources of one matter: somebody must choose. One source: the newest codename, unless another is chosen."""
    merged(office, two)
    amina, board = office.signed_in(), Board()
    with pytest.raises(WritingRefused, match="Choose whom to answer"):
        choose_part(office.desk, board, amina, two.first, "", {})
    assert choose_part(office.desk, board, amina, two.first, two.second, {})[0] == two.second
    with pytest.raises(WritingRefused, match="Choose whom to answer"):
        choose_part(office.desk, board, amina, two.first, office.open(letter(office)), {})
    separate(office.desk, amina, two.first, two.second)
    unlink(office.desk, amina, two.first, two.second)
    merged(office, two, "same-source")
    assert answered_by_default(look_for_members(office.desk, board, amina, two.first)) == two.second
    before = sent_to(office, two.keys[1])
    to, _all = choose_part(office.desk, board, amina, two.first, two.second, {})
    write_reply(office.desk, amina, to, new_blob_id(), "Thank you.", ())
    assert len(sent_to(office, two.keys[1])) == len(before) + 1
    # Who can read one part answers that; and a form from before they were one means the source of its own case.
    assert choose_part(office.desk, board, office.signed_in("ben"), two.first, None, {})[0] == two.first
    assert choose_part(office.desk, board, amina, two.second, None, {})[0] == two.second
    separate(office.desk, amina, two.first, two.second)
    for part in ("", two.second):
        with pytest.raises(CaseChanged, match="was parted"):
            choose_part(office.desk, board, amina, two.first, part, {})


def test_a_source_that_cannot_be_answered_is_nobodys_choice(office: Office, two: Two) -> None:
    """A later letter one way, of the same source: the codename that there is gets the reply."""
    one_way = office.open(letter(office))
    link(office.desk, office.signed_in(), two.first, LinkForm(one_way, "same-source", ""))
    merge(office.desk, office.signed_in(), two.first, one_way)
    members = look_for_members(office.desk, Board(), office.signed_in(), two.first)
    assert answered_by_default(members) == two.first


def test_what_came_into_another_part_is_shown_before_a_reply_is_sent(office: Office, two: Two) -> None:
    """As in a case alone."""
    merged(office, two)
    known = {each.case.row.reference: str(len(each.entries)) for each in page(office, "amina", two.first)[0].parts}
    assert choose_part(office.desk, Board(), office.signed_in(), two.first, two.second, known)[0] == two.second
    office.open(letter(office, two.keys[0]))
    with pytest.raises(CaseChanged, match="A new letter came"):
        choose_part(office.desk, Board(), office.signed_in(), two.first, two.second, known)
    status = (new_blob_id(), "passed-on", "")
    with pytest.raises(CaseChanged, match="A new letter came"):
        set_status_of_all(office.desk, Board(), office.signed_in(), two.first, status, known)
    assert sent_to(office, two.keys[1], Kind.STATUS)[-1] == "being-read"


def test_nothing_is_told_to_a_source_and_nobody_let_in_past_a_merge_unseen(office: Office, two: Two) -> None:
    """A form from before the two were one closes neither, and opens neither to anybody: the page is shown first."""
    merged(office, two)
    form = (new_blob_id(), "closed", "Nothing more.")
    with pytest.raises(CaseChanged, match="were made one"):
        set_status_of_all(office.desk, Board(), office.signed_in(), two.first, form, {two.first: "3"})
    with pytest.raises(CaseChanged, match="were made one"):
        let_into_all(office.desk, Board(), office.signed_in(), two.first, ("dan", "He knows."), {two.first: ""})
    assert sent_to(office, two.keys[1], Kind.STATUS)[-1] == "being-read"
    for reference in (two.first, two.second):
        with pytest.raises(Missing):
            page(office, "dan", reference)


def test_a_letter_answered_under_the_other_codename_is_not_due(office: Office, two: Two) -> None:
    """Of one source; of two, each waits for an answer of their own."""
    merged(office, two)
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), two.second)
        change_work(connection, case, lambda work: replace(work, replied="2026-11-25", unanswered=""))
    [listed] = read_list(office.desk, office.signed_in()).cases
    assert (listed.work.unanswered, len(page(office, "amina", two.first)[0].dues)) == ("2026-11-20", 2)
    for step in (separate, unlink):
        step(office.desk, office.signed_in(), two.first, two.second)
    merged(office, two, "same-source")
    [listed] = read_list(office.desk, office.signed_in()).cases
    assert listed.work.unanswered == ""
    assert {due.duty for due in listed.dues} == {due.duty for due in page(office, "amina", two.first)[0].dues}
    assert {due.duty for due in listed.dues} == {Duty.FEEDBACK}


def test_a_status_is_set_for_all_parts_and_told_to_each_source_once(office: Office, two: Two) -> None:
    """Also when the form is sent again, and when it stopped in the middle."""
    merged(office, two)
    form = (new_blob_id(), "closed", "Nothing more can be done.")
    for _time in range(2):
        set_status_of_all(
            office.desk, Board(), office.signed_in(), two.first, form, seen(two), untrusted_outcome="misuse"
        )
    again = (new_blob_id(), *form[1:])
    set_status_of_all(office.desk, Board(), office.signed_in(), two.first, again, seen(two), untrusted_outcome="misuse")
    for key in two.keys:
        assert sent_to(office, key, Kind.STATUS)[-1] == "closed"
    assert len(sent_to(office, two.keys[1])) == 2  # the acknowledgement, and the reason
    for who, reference in (("ben", two.first), ("cora", two.second)):
        found = page(office, who, reference)[0]
        assert found.case.row.status == "closed"
        assert isinstance(found.entries[-1].document, StatusDocument)
    with pytest.raises(WritingRefused):
        set_status_of_all(office.desk, Board(), office.signed_in(), two.first, ("none", "question", ""), seen(two))
    assert page(office, "cora", two.second)[0].case.row.status == "closed"


def test_a_wall_around_a_merged_case_is_one_around_each_part(office: Office, two: Two) -> None:
    """Let in, they read all of it; kept out, nothing; and nobody is left alone with the recovery key in the middle."""
    merged(office, two)
    amina = office.signed_in()
    let_into_all(office.desk, Board(), amina, two.first, ("dan", "A second pair of eyes."), seen(two))
    assert len(page(office, "dan", two.second)[0].parts) == 2
    assert "dan" not in page(office, "amina", two.first)[0].others
    assert "ben" in page(office, "amina", two.first)[0].others
    keep_out_of_all(office.desk, Board(), amina, two.first, "dan", "A friend of his.")
    for reference in (two.first, two.second):
        with pytest.raises(Missing):
            page(office, "dan", reference)
    assert len(page(office, "amina", two.first)[0].parts) == 2
    keep_out_of_all(office.desk, Board(), amina, two.first, "cora", "A friend of hers.")
    with pytest.raises(WritingRefused, match="Nobody else can read"):
        keep_out_of_all(office.desk, Board(), amina, two.first, "amina", "I step back.")
    assert letters(office, "amina", two.first) == ["Words of letter 1.", "Words of letter 2."]
