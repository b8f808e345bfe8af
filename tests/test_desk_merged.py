"""Cases that were made one, without a page: what is shown and to whom, and that parting them undoes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.linking import LinkForm, link, merge, separate
from journalist_interface.casework.one_case_acts import set_status_of_all
from journalist_interface.casework.searching import search
from journalist_interface.casework.today import Need, look_at_today
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.writing import write_note
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter, source
from tests.linked_cases import Two, beside, letters, merged, page, seen


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


def test_merged_cases_are_one_for_who_can_read_both(office: Office, two: Two) -> None:
    """One row, one timeline, each letter once; asked for by either reference, it is the earlier case."""
    merged(office, two)
    for reference in (two.first, two.second):
        found, panel = page(office, "amina", reference)
        assert found.case.row.reference == two.first
        assert [each.case.row.reference for each in found.parts] == [two.first, two.second]
        assert letters(office, "amina", reference) == ["Words of letter 1.", "Words of letter 2."]
        [pair] = panel.pairs
        assert (pair.holder.reference, pair.part.reference, pair.is_sure) == (two.first, two.second, True)
        assert panel.partly == (("ben", (found.parts[1].case.card.name,)), ("cora", (found.case.card.name,)))
        assert not found.lacks_a_part
    listed = read_list(office.desk, office.signed_in())
    assert [each.case.reference for each in listed.cases] == [two.first]
    assert listed.total == 1
    found = page(office, "amina", two.first)[0]
    for entry in found.timeline:
        if entry.kind == "letter":
            assert [read.username for read in found.read_by[entry.id]] == ["amina"]
    assert letters(office, "cora", two.second) == ["Words of letter 2."]


def test_what_a_part_has_is_not_overlooked(office: Office, two: Two) -> None:
    """Danger, whom it must not reach, unread letters, what is due, and a part that came back after closing."""
    page(office, "amina", two.first)
    page(office, "amina", two.second)
    merged(office, two)
    set_status_of_all(
        office.desk,
        Board(),
        office.signed_in(),
        two.first,
        (new_blob_id(), "closed", "Done."),
        seen(two),
        untrusted_outcome="misuse",
    )
    assert read_list(office.desk, office.signed_in(), Filter()).cases == ()
    danger = {"answers": (Answer("q-danger", "yes"),), "must_not_reach": "Sergeant Blunt", "topics": ("hate",)}
    office.open(letter(office, two.keys[1], **danger))
    [listed] = read_list(office.desk, office.signed_in(), Filter()).cases
    assert listed.case.reference == two.first
    assert listed.case.status == "being-read"
    assert listed.card is not None
    assert (listed.card.unread, listed.card.danger, listed.card.topics) == (1, True, ("money", "hate"))
    assert listed.dues
    assert listed.work.unanswered
    today = look_at_today(office.desk, IntakeLock(), Board(), office.signed_in())
    assert {section.need for section in today.sections} >= {Need.DANGER, Need.UNREAD, Need.ANSWER}
    found, _panel = page(office, "amina", two.second)
    assert found.must_not_reach == ("Sergeant Blunt",)
    assert max(part.safety.told for part in found.parts) == 2
    assert found.case.card.danger
    assert found.case.row.status == "being-read"
    assert found.dues


def test_to_part_them_leaves_two_cases_as_they_were(office: Office, two: Two) -> None:
    """Nothing was moved: each has its own letters, notes and readers, and the link stands as before."""
    with office.desk.database.reading() as connection:
        before = [open_case(connection, office.signed_in(), each) for each in (two.first, two.second)]
    merged(office, two)
    write_note(office.desk, office.signed_in("cora"), two.second, new_blob_id(), "For the second.")
    separate(office.desk, office.signed_in(), two.second, two.first)
    for reference, words in ((two.first, "Words of letter 1."), (two.second, "Words of letter 2.")):
        assert letters(office, "amina", reference) == [words]
        assert page(office, "amina", reference)[0].parts == ()
    assert beside(office, "amina", two.first) == [two.second]
    assert read_list(office.desk, office.signed_in()).total == 2
    with office.desk.database.reading() as connection:
        after = [open_case(connection, office.signed_in(), each) for each in (two.first, two.second)]
    assert [case.key for case in before] == [case.key for case in after]
    assert [case.row.address for case in before] == [case.row.address for case in after]


def test_one_of_three_is_not_seen_by_who_cannot_read_it(office: Office, two: Two) -> None:
    """Three that are one through the middle one are two cases for who cannot read that."""
    third = office.open(letter(office, source()), cleared=("amina", "ben"))
    merged(office, two)
    link(office.desk, office.signed_in(), two.second, LinkForm(third, "same-source", ""))
    merge(office.desk, office.signed_in(), two.second, third)
    assert len(page(office, "amina", third)[0].parts) == 3
    assert page(office, "ben", third)[0].parts == page(office, "ben", two.first)[0].parts == ()
    assert read_list(office.desk, office.signed_in("ben")).total == 2


def test_a_ring_of_merges_is_one_case(office: Office, two: Two) -> None:
    """However they were merged: the earliest is the main one, and nothing goes round for ever."""
    third = office.open(letter(office, source()))
    merged(office, two)
    for one, other in ((two.second, third), (third, two.first)):
        link(office.desk, office.signed_in(), one, LinkForm(other, "same-matter", ""))
        merge(office.desk, office.signed_in(), one, other)
    found = page(office, "amina", third)[0]
    assert len(found.parts) == 3
    assert len(letters(office, "amina", found.case.row.reference)) == 3
    assert [each.case.reference for each in read_list(office.desk, office.signed_in()).cases] == [
        found.case.row.reference
    ]


def test_an_old_card_put_back_at_one_end_joins_nothing(office: Office, two: Two) -> None:
    """Who can write into the database cannot merge again what was parted, without both keys."""
    merged(office, two)
    with office.desk.database.writing() as connection:
        asked = "SELECT sealed_card FROM cases WHERE reference = ?"
        old = connection.exec_driver_sql(asked, (two.first,)).scalar_one()
    separate(office.desk, office.signed_in(), two.first, two.second)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET sealed_card = ? WHERE reference = ?", (old, two.first))
    assert page(office, "amina", two.first)[0].parts == ()
    assert read_list(office.desk, office.signed_in()).total == 2


def test_search_finds_one_case_with_words_in_different_parts(office: Office, two: Two) -> None:
    """Once for who can read both; not at all for who reads one of the words only."""
    for reference, word in ((two.first, "harbour"), (two.second, "lantern")):
        write_note(office.desk, office.signed_in(), reference, new_blob_id(), f"Ask about the {word}.")

    def found(who: str, words: str) -> list[str]:
        hits = search(office.desk, Board(), office.signed_in(who), words, 1).hits
        return [hit.case.reference for hit in hits]

    assert found("amina", "harbour lantern") == []
    merged(office, two)
    for _ready in range(2):
        assert found("amina", "harbour lantern") in ([two.first], [two.second])
        assert found("amina", "ask about") in ([two.first], [two.second])
        assert found("amina", "lantern") == [two.second]
        assert found("cora", "harbour lantern") == []
