"""Links between cases, without a page: who sees one, who may make it or take it away, and what stands at rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import MOST_LINKS, LinkKind, Stand
from journalist_interface.casework.linking import LinkForm, confirm, link, merge, separate, unlink
from journalist_interface.casework.one_case import look_for_members
from journalist_interface.casework.one_case_acts import let_into_all
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import withdraw
from store.desk.case_tables import items
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter
from tests.linked_cases import Two, acts, beside, letters, linked, merged, page, told

CANARY = "canary-why-they-belong-together"


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


def rows_of(office: Office) -> bytes:
    """The database and its log."""
    return b"".join(path.read_bytes() for path in sorted(office.folder.glob("desk.sqlite*")))


def test_a_link_is_seen_from_both_ends_by_who_can_read_both(office: Office, two: Two) -> None:
    """With its kind, its reason and its author; in the trail stand the two references, and no word."""
    linked(office, two, why=CANARY)
    for one, other in ((two.first, two.second), (two.second, two.first)):
        [there] = page(office, "amina", one)[1].beside
        assert (there.case.reference, there.kind) == (other, LinkKind.SAME_PERSON)
        assert there.event is not None
        assert (there.event.author, there.event.why) == ("amina", CANARY)
        assert other in told(office, "amina", one)[-1]
    assert acts(office, "relate") == [("amina", two.first, "linked"), ("amina", two.second, "linked")]
    assert CANARY.encode() not in rows_of(office)


@pytest.mark.parametrize("who", ["ben", "cora"])
@pytest.mark.parametrize("how", ["linked", "merged", "parted", "taken away"])
def test_who_can_read_only_one_sees_nothing_of_the_other(office: Office, two: Two, who: str, how: str) -> None:
    """The page is the one from before: no partner, no line, no count, no time of a change."""
    own = two.first if who == "ben" else two.second
    before = page(office, who, own)
    stood = read_list(office.desk, office.signed_in(who)).cases[0].case
    linked(office, two, why=CANARY)
    if how != "linked":
        merge(office.desk, office.signed_in(), two.first, two.second)
    if how == "parted":
        separate(office.desk, office.signed_in(), two.first, two.second)
    if how == "taken away":
        unlink(office.desk, office.signed_in(), two.first, two.second)
    after = page(office, who, own)
    assert (after[0].timeline, after[0].entries, after[1]) == (before[0].timeline, before[0].entries, before[1])
    assert after[0].must_not_reach == before[0].must_not_reach
    [listed] = read_list(office.desk, office.signed_in(who)).cases
    assert (listed.case.changed_at, listed.case.status) == (stood.changed_at, stood.status)
    assert listed.case.members == ()
    assert look_for_members(office.desk, Board(), office.signed_in(who), own) == ()


def test_neither_end_names_the_other_at_rest(office: Office, two: Two) -> None:
    """What somebody opens with the key of one case holds neither reference, nor name, nor id of the other."""
    merged(office, two)
    with office.desk.database.reading() as connection:
        ends = [open_case(connection, office.signed_in(), each) for each in (two.first, two.second)]
        for end, other in (ends, ends[::-1]):
            sheets = connection.exec_driver_sql("SELECT kind, sealed FROM sheets WHERE case_id = ?", (end.row.id,))
            opened = b"".join(end.key.open_item(sealed, f"{end.row.id} sheet {kind}") for kind, sealed in sheets)
            opened += end.key.open_item(end.row.sealed_card, f"{end.row.id} card")
            assert b"same-matter" in opened
            for secret in (other.row.reference, other.row.id, other.card.name, other.row.address or ""):
                assert secret.encode() not in opened
    with office.desk.database.reading() as connection:
        # No item: its time would stand in clear, the same in both.
        assert {row.kind for row in connection.execute(items.select())} == {"letter", "reply"}


@pytest.mark.parametrize("who", ["ben", "cora", "dan"])
@pytest.mark.parametrize("step", [merge, separate, unlink, confirm])
def test_only_who_can_read_both_changes_a_link(office: Office, two: Two, who: str, step: object) -> None:
    """To anybody else it is as a case that never was; nothing changes."""
    merged(office, two)
    before = page(office, "amina", two.first)[1]
    for one, other in ((two.first, two.second), (two.second, two.first)):
        with pytest.raises(Missing):
            step(office.desk, office.signed_in(who), one, other)  # type: ignore[operator]  # one of four
        with pytest.raises(Missing):
            link(office.desk, office.signed_in(who), one, LinkForm(other, "other", ""))
    assert page(office, "amina", two.first)[1] == before


@pytest.mark.parametrize("kind", ["", "split", "claimed", "nonsense"])
def test_a_link_has_a_kind_that_a_person_can_choose(office: Office, two: Two, kind: str) -> None:
    """Split and claimed are for the desk to say."""
    with pytest.raises(WritingRefused, match="Choose why"):
        linked(office, two, kind)
    with pytest.raises(WritingRefused, match="this case itself"):
        link(office.desk, office.signed_in(), two.first, LinkForm(two.first, "other", ""))
    assert beside(office, "amina", two.first) == []


def test_a_link_sent_twice_is_one_and_a_merge_without_a_link_is_refused(office: Office, two: Two) -> None:
    """Twice the same changes nothing; two cases that nobody linked are not made one."""
    with pytest.raises(WritingRefused, match="not linked"):
        merge(office.desk, office.signed_in(), two.first, two.second)
    for _time in range(2):
        linked(office, two)
        linked(office, two, "other")
    assert beside(office, "amina", two.first) == [two.second]
    for _time in range(2):
        merge(office.desk, office.signed_in(), two.first, two.second)
        merge(office.desk, office.signed_in(), two.second, two.first)
    assert [note for _who, _case, note in acts(office, "relate")] == ["linked", "linked", "merged", "merged"]


def test_a_link_that_was_taken_away_can_be_made_again(office: Office, two: Two) -> None:
    """Those who know both read in the timeline what there was."""
    linked(office, two)
    unlink(office.desk, office.signed_in(), two.second, two.first)
    assert beside(office, "amina", two.first) == beside(office, "amina", two.second) == []
    with pytest.raises(WritingRefused, match="not linked"):
        merge(office.desk, office.signed_in(), two.first, two.second)
    linked(office, two, "other")
    [there] = page(office, "amina", two.first)[1].beside
    assert there.kind is LinkKind.OTHER
    assert [line.split(" ")[0] for line in told(office, "amina", two.first)] == ["Linked", "The", "Linked"]


def test_a_wall_follows_the_link_by_itself(office: Office, two: Two) -> None:
    """Kept out of one, they see neither it nor the link; under the new key the others see both."""
    let_into_all(office.desk, Board(), office.signed_in(), two.second, ("ben", "He knows the station."), {})
    linked(office, two)
    assert beside(office, "ben", two.first) == [two.second]
    withdraw(office.desk, office.signed_in(), two.second, "ben", "A friend of his.")
    assert beside(office, "ben", two.first) == []
    assert told(office, "ben", two.first) == []
    assert beside(office, "amina", two.first) == [two.second]
    assert len(told(office, "amina", two.second)) == 1


def test_a_case_has_so_many_links_and_no_more(office: Office, two: Two) -> None:
    """With every one of them its card stays in the smallest class; one that was taken away gives way."""
    for other in (others := [office.open(letter(office)) for _number in range(MOST_LINKS)]):
        link(office.desk, office.signed_in(), two.first, LinkForm(other, "same-matter", ""))
    with pytest.raises(WritingRefused, match="as many links"):
        linked(office, two)
    with office.desk.database.reading() as connection:
        assert len(open_case(connection, office.signed_in(), two.first).row.sealed_card) < 4200
    unlink(office.desk, office.signed_in(), two.first, others[-1])
    linked(office, two)
    with office.desk.database.reading() as connection:
        links = open_case(connection, office.signed_in(), two.first).work.links
    assert len(links) == MOST_LINKS
    assert all(each.stand is Stand.BESIDE for each in links)


def test_an_altered_sheet_hides_no_letter_and_no_link(office: Office, two: Two) -> None:
    """Who linked them and why is gone; the next who changes a link begins anew."""
    linked(office, two, why=CANARY)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sheets SET sealed = x'00' WHERE kind = 'links'")
    [there] = page(office, "amina", two.first)[1].beside
    assert there.event is None
    assert letters(office, "amina", two.first) == ["Words of letter 1."]
    merge(office.desk, office.signed_in(), two.first, two.second)
    assert len(page(office, "amina", two.first)[0].parts) == 2
    withdraw(office.desk, office.signed_in(), two.second, "cora", "A friend.")
    assert len(page(office, "amina", two.first)[0].parts) == 2
