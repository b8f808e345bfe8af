"""A source who returns under a new codename and says so: the cases join, and nobody reads or is told more by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.case_page import CasePage
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import LinkKind
from journalist_interface.casework.linking import LinkForm, confirm, link, merge, separate
from journalist_interface.casework.one_case import Panel, look_for_members, read_whole_case
from journalist_interface.casework.one_case_acts import answered_by_default, choose_part, set_status_of_all
from journalist_interface.clearance import Choice, LatelyOpened, Officer, look_at_letter, open_chosen
from journalist_interface.errors import WritingRefused
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.post_queue import Queue, look_at_post
from journalist_interface.walls import clear
from keys.letter import Letter
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; so does otto, who reads no case; ben and cora are reviewers."""
    people = {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,), "otto": (Role.INTAKE_OFFICER,)}
    with new_office(tmp_path / "desk", people) as made:
        yield made


class Back:
    """A source with an old case that amina and ben can read, and a letter under a new codename that waits."""

    def __init__(self, office: Office, note: str = "") -> None:
        self.old_key, self.new_key = source(), source()
        old = letter(office, self.old_key, message="The first.", must_not_reach=note)
        self.old = office.open(old, cleared=("amina", "ben"))
        self.waits = self.write(office)

    def write(self, office: Office, joins: str = "", **more: object) -> Letter:
        """Deliver a letter under the new codename that joins the old one."""
        joins = joins or reply_address(self.old_key)
        return letter(office, self.new_key, message="I am back.", joins=joins, **more)


@pytest.fixture
def back(office: Office) -> Back:
    """A source who has come back."""
    return Back(office)


def page(office: Office, who: str, reference: str) -> tuple[CasePage, Panel]:
    """What somebody finds at a case."""
    return read_whole_case(office.desk, Board(), office.signed_in(who), reference)


def told(office: Office, who: str) -> list[tuple[str, ...]]:
    """The records of what was done with links."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "relate").order_by(audit.c.number)).all()
    return [(row.case_reference, row.note) for row in rows if row.actor == who]


def test_opened_by_who_can_read_the_old_case_the_two_become_one(office: Office, back: Back) -> None:
    """Whoever is cleared for the new one: those who can read both see one case; the others one each, as ever."""
    new = office.open(back.waits, cleared=("ben", "cora"))
    found, panel = page(office, "ben", new)
    assert found.case.row.reference == back.old
    assert [each.case.row.reference for each in found.parts] == [back.old, new]
    assert [pair.is_sure for pair in panel.pairs] == [False]
    assert told(office, "amina") == [(back.old, "claimed"), (new, "claimed")]
    assert [each.case.reference for each in read_list(office.desk, office.signed_in("ben")).cases] == [back.old]
    alone, panel = page(office, "cora", new)
    assert alone.parts == ()
    assert panel.is_empty
    assert alone.timeline == alone.entries
    # Who opened it and is not cleared for it sees nothing of it.
    assert page(office, "amina", back.old)[0].parts == ()


def shown(office: Office, who: str, reference: str) -> tuple[object, ...]:
    """What somebody sees of a case with one letter, without what is drawn anew for each case."""
    found, panel = page(office, who, reference)
    kinds = [(entry.kind, entry.reference == reference) for entry in found.timeline]
    return (
        kinds,
        panel,
        found.parts,
        len(found.entries),
        look_for_members(office.desk, Board(), office.signed_in(who), reference),
    )


@pytest.mark.parametrize("who", ["cora", "amina"])
def test_a_case_of_others_one_that_never_was_and_the_letters_own_look_alike(office: Office, who: str) -> None:
    """To whoever opens it, and to those cleared for it: nothing betrays that there is another case."""
    theirs = source()
    office.open(letter(office, theirs), cleared=("ben",))
    own, seen = source(), []
    claims = {"others": reply_address(theirs), "nobody": "ab" * 32, "own": reply_address(own)}
    for claim in claims.values():
        key = own if claim == claims["own"] else source()
        waits = letter(office, key, message="I am back.", joins=claim)
        seen.append(shown(office, who, office.open(waits, cleared=("amina", "cora"))))
    assert seen[0] == seen[1] == seen[2]
    assert told(office, "amina") == []


def test_until_somebody_confirms_it_no_reply_goes_to_the_new_key_by_itself(office: Office, back: Back) -> None:
    """A source host that forged it reads no answer; closing, whose reason goes to both, waits as well."""
    new = office.open(back.waits, cleared=("amina",))
    amina, board = office.signed_in(), Board()
    with pytest.raises(WritingRefused, match="Choose whom to answer"):
        choose_part(office.desk, board, amina, back.old, "", {})
    with pytest.raises(WritingRefused, match="nobody has confirmed"):
        set_status_of_all(
            office.desk,
            board,
            amina,
            back.old,
            (new_blob_id(), "closed", "Done."),
            {back.old: "", new: ""},
            untrusted_outcome="misuse",
        )
    confirm(office.desk, amina, back.old, new)
    confirm(office.desk, amina, back.old, new)
    assert [note for _case, note in told(office, "amina")] == ["claimed"] * 2 + ["confirmed"] * 2
    assert answered_by_default(look_for_members(office.desk, board, amina, new)) == new
    assert [pair.is_sure for pair in page(office, "amina", new)[1].pairs] == [True]
    set_status_of_all(
        office.desk,
        board,
        amina,
        back.old,
        (new_blob_id(), "closed", "Done."),
        {back.old: "", new: ""},
        untrusted_outcome="misuse",
    )


def test_who_can_read_both_merges_what_the_opener_could_not(office: Office, back: Back) -> None:
    """Both pages offer it to them, and only to them; to press is to confirm."""
    office.add("olga")
    new = office.open(back.waits, "olga", ("ben", "cora"))
    for reference, other in ((new, back.old), (back.old, new)):
        assert [each.reference for each in page(office, "ben", reference)[1].claimed] == [other]
    assert page(office, "cora", new)[1].is_empty
    assert page(office, "amina", back.old)[1].is_empty
    merge(office.desk, office.signed_in("ben"), new, back.old)
    found, panel = page(office, "ben", new)
    assert found.case.row.reference == back.old
    assert ([pair.is_sure for pair in panel.pairs], panel.claimed) == ([True], ())
    clear(office.desk, office.signed_in("ben"), new, "amina", "She knows the source.")
    assert len(page(office, "amina", back.old)[0].parts) == 2


def test_what_people_decided_no_letter_undoes(office: Office, back: Back) -> None:
    """Parted once, they stay so when the next letter says it again; a link that stands is left as it is."""
    new = office.open(back.waits)
    separate(office.desk, office.signed_in(), back.old, new)
    assert office.open(back.write(office)) == new
    assert page(office, "amina", new)[0].parts == ()
    [seen] = page(office, "amina", new)[1].beside
    assert seen.kind is LinkKind.CLAIMED
    assert page(office, "amina", new)[1].claimed == ()


def test_a_further_letter_joins_too(office: Office, back: Back) -> None:
    """Who remembers the old codename later says it later."""
    new = office.open(letter(office, back.new_key, message="A new one."))
    assert office.open(back.waits) == new
    assert len(page(office, "amina", new)[0].parts) == 2


def test_a_reviewers_link_is_not_made_a_merge(office: Office, back: Back) -> None:
    """Somebody said "same person complained of" and looked at both: a letter does not know better."""
    new = office.open(letter(office, back.new_key, message="A new one."))
    link(office.desk, office.signed_in(), new, LinkForm(back.old, "same-person", ""))
    office.open(back.waits)
    assert page(office, "amina", new)[0].parts == ()


def test_an_altered_old_case_keeps_no_letter_closed(office: Office, back: Back) -> None:
    """It opens, and joins nothing."""
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET sealed_card = x'00' WHERE reference = ?", (back.old,))
    new = office.open(back.waits)
    assert page(office, "amina", new)[0].parts == ()


class Post:
    """An officer at the post, unlocked."""

    def __init__(self, office: Office, who: str = "amina") -> None:
        self.signed_in, self.lock = office.signed_in(who), IntakeLock()
        self.lock.unlock(office.desk, self.signed_in, "")
        self.officer = Officer(office.desk, self.lock, LatelyOpened(), self.signed_in)


def test_whom_the_old_case_must_not_reach_counts_for_the_new_letter(office: Office) -> None:
    """For who can read the old case; to another officer it is a letter that joins a case they cannot know."""
    back = Back(office, note="Cora is his sister.")
    seen = look_at_letter(Post(office).officer, back.waits.submission, 10)
    assert seen.preview.must_not_reach == "Cora is his sister."
    with office.desk.database.reading() as connection:
        name = open_case(connection, office.signed_in(), back.old).card.name
    assert seen.preview.joined == name
    assert seen.proposal is not None
    assert "cora" in seen.proposal.in_conflict
    others = look_at_letter(Post(office, "otto").officer, back.waits.submission, 10)
    assert (others.preview.must_not_reach, others.preview.joined) == ("", "")
    nobodys = back.write(office, joins="ab" * 32)
    same = look_at_letter(Post(office, "otto").officer, nobodys.submission, 10)
    assert same.preview.joined == others.preview.joined
    assert same.proposal == others.proposal


def test_a_note_that_comes_to_the_old_case_makes_the_preview_old(office: Office, back: Back) -> None:
    """What was looked at before the note came is not opened by that look."""
    post = Post(office)
    before = look_at_letter(post.officer, back.waits.submission, 10)
    office.open(letter(office, back.old_key, must_not_reach="Cora is his sister."))
    after = look_at_letter(post.officer, back.waits.submission, 10)
    assert (before.preview.must_not_reach, after.preview.must_not_reach) == ("", "Cora is his sister.")
    assert before.seen != after.seen


def test_notes_of_two_waiting_letters_of_two_codenames_are_shared(office: Office) -> None:
    """Neither is opened yet: whom the one must not reach, the other must not either."""
    old_key, new_key = source(), source()
    first = letter(office, old_key, must_not_reach="Cora is his sister.")
    second = letter(office, new_key, joins=reply_address(old_key))
    other = letter(office, source())
    notes = {each.submission: each.must_not_reach for each in look(office).previews}
    assert notes == {
        first.submission: "Cora is his sister.",
        second.submission: "Cora is his sister.",
        other.submission: "",
    }


def look(office: Office) -> Queue:
    """The post, as an officer finds it."""
    post = Post(office, "otto")
    return look_at_post(office.desk, post.lock, post.signed_in, 10.0)


def test_open_all_leaves_a_letter_that_joins_to_a_person(office: Office, back: Back) -> None:
    """Whatever this officer may know: whom it must not reach may stand where they cannot read."""
    other = letter(office, source())
    post = Post(office, "otto")
    rounds = OpeningRounds(office.desk, post.lock)
    rounds.start(post.signed_in)
    progress = rounds.progress("otto")
    assert progress is not None
    assert progress.finished.wait(20)
    assert "1 letter was left for you" in progress.sentence
    assert [each.submission for each in look(office).previews] == [back.waits.submission]
    assert other.submission
    assert open_chosen(post.officer, Choice(back.waits.submission, frozenset({"cora"})))
