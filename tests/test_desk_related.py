"""Related cases, without a page: who sees a link, what merging shows and to whom, and that either is undone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import LetterDocument, MarkDocument, StatusDocument
from journalist_interface.case_page import CasePage
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import MOST_LINKS, LinkKind, Stand
from journalist_interface.casework.deadlines import Duty
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.linking import LinkForm, confirm, link, merge, separate, unlink
from journalist_interface.casework.one_case import Panel, look_for_members, read_whole_case
from journalist_interface.casework.one_case_acts import (
    answered_by_default,
    choose_part,
    keep_out_of_all,
    let_into_all,
    set_status_of_all,
)
from journalist_interface.casework.searching import search
from journalist_interface.casework.today import Need, look_at_today
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_reply
from keys.letter import Answer
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.case_tables import items
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter, source

ALL = ("amina", "ben", "cora")
CANARY = "canary-why-they-belong-together"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    people = dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))
    with new_office(tmp_path / "desk", people) as made:
        yield made


class Two:
    """Two cases: the first one that amina and ben can read, the second one that amina and cora can."""

    def __init__(self, office: Office) -> None:
        self.keys = [source(), source()]
        readers = (("amina", "ben"), ("amina", "cora"))
        self.first, self.second = (
            office.open(letter(office, key, message=f"Words of letter {number}."), cleared=cleared)
            for number, (key, cleared) in enumerate(zip(self.keys, readers, strict=True), 1)
        )


@pytest.fixture
def two(office: Office) -> Two:
    """Two cases, of which only amina can read both."""
    return Two(office)


def page(office: Office, who: str, reference: str) -> tuple[CasePage, Panel]:
    """What somebody finds at a case."""
    return read_whole_case(office.desk, Board(), office.signed_in(who), reference)


def linked(office: Office, two: Two, kind: str = "same-person", why: str = "") -> None:
    """Link the two."""
    link(office.desk, office.signed_in(), two.first, LinkForm(two.second, kind, why))


def merged(office: Office, two: Two, kind: str = "same-matter") -> None:
    """Make one case of the two."""
    linked(office, two, kind)
    merge(office.desk, office.signed_in(), two.first, two.second)


def seen(two: Two) -> dict[str, str]:
    """What a form says of a page that showed both."""
    return {two.first: "", two.second: ""}


def beside(office: Office, who: str, reference: str) -> list[str]:
    """The references of the cases that somebody sees linked with a case."""
    return [each.case.reference for each in page(office, who, reference)[1].beside]


def told(office: Office, who: str, reference: str) -> list[str]:
    """The lines that somebody reads in a timeline."""
    entries = page(office, who, reference)[0].timeline
    return [entry.document.text for entry in entries if isinstance(entry.document, MarkDocument)]


def letters(office: Office, who: str, reference: str) -> list[str]:
    """The letters that somebody reads at a case."""
    entries = page(office, who, reference)[0].timeline
    return [entry.document.message for entry in entries if isinstance(entry.document, LetterDocument)]


def acts(office: Office, act: str) -> list[tuple[str, str, str]]:
    """Actor, case and note of the records of an act."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == act).order_by(audit.c.number)).all()
    return [(row.actor, row.case_reference, row.note) for row in rows]


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


def sent_to(office: Office, key: bytes, kind: Kind = Kind.REPLY) -> list[str]:
    """What waits for the source of a reply key: ids of replies, or statuses."""
    with office.desk.database.reading() as connection:
        waiting = waiting_deliveries(connection, 1000)
    mine = [each for each in waiting if each.kind is kind and each.address == reply_address(key)]
    return [each.reply or (each.status.value if each.status else "") for each in mine]


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
