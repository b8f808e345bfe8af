"""Splitting: letters about another matter in a case of their own, with its own readers; its source hears from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface import resealing
from journalist_interface.case_access import open_case
from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import CasePage
from journalist_interface.casework import split_case, splitting
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import LinkKind
from journalist_interface.casework.linking import merge, unlink
from journalist_interface.casework.one_case import read_whole_case
from journalist_interface.casework.splitting import SplitForm, look_at_letters, split
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_reply, write_status
from keys.errors import SealBroken
from keys.letter import Answer
from keys.reply import Reply, reply_address
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.outbox import Kind, OutboxDelivery, waiting_deliveries
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter
from tests.in_danger import over
from tests.two_matters import FILE, Matter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    with new_office(tmp_path / "desk", dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))) as made:
        yield made


@pytest.fixture
def matter(office: Office) -> Matter:
    """A source with two matters."""
    return Matter(office)


def page(office: Office, reference: str, who: str = "amina") -> CasePage:
    """What somebody finds at a case."""
    return read_whole_case(office.desk, Board(), office.signed_in(who), reference)[0]


def letters(office: Office, reference: str, who: str = "amina") -> list[LetterDocument]:
    """The letters that somebody reads at a case."""
    entries = page(office, reference, who).timeline
    return [entry.document for entry in entries if isinstance(entry.document, LetterDocument)]


def waiting(office: Office, kind: Kind) -> list[OutboxDelivery]:
    """What waits for the courier, of one kind."""
    with office.desk.database.reading() as connection:
        return [each for each in waiting_deliveries(connection, 1000) if each.kind is kind]


def test_letters_stand_in_a_case_of_their_own_and_where_they_came_in(office: Office, matter: Matter) -> None:
    """With their files, byte for byte, under a key and a name of its own; linked with the first."""
    made = matter.split(why="Another man.")
    [copied] = letters(office, made)
    first = letters(office, matter.reference)
    assert [each.message for each in first] == ["He sells names.", "His chief hits his wife."]
    assert copied.message == first[1].message
    assert copied.attachments[0].id != first[1].attachments[0].id
    for reference, document in ((made, copied), (matter.reference, first[1])):
        download = start_download(office.desk, office.signed_in(), reference, document.attachments[0].id)
        assert b"".join(download.pieces()) == FILE
    with office.desk.database.reading() as connection:
        old, new = (open_case(connection, office.signed_in(), each) for each in (matter.reference, made))
    assert old.key != new.key
    assert (new.card.topics, new.card.danger, new.card.unread) == (("partner",), True, 0)
    assert (new.work.received, new.work.acknowledged) == (old.work.received, old.work.acknowledged)
    assert not page(office, made).lacks_a_part
    [seen] = read_whole_case(office.desk, Board(), office.signed_in(), made)[1].beside
    assert (seen.case.reference, seen.kind) == (matter.reference, LinkKind.SPLIT)
    assert seen.event is not None
    assert seen.event.why == "Another man."
    assert office.desk.vault.published() == office.vault_files()


def test_only_those_chosen_can_read_it_and_the_trail_says_who(office: Office, matter: Matter) -> None:
    """Cora still reads the letter in the first case, and nothing of the other."""
    made = matter.split()
    assert len(letters(office, made, "ben")) == 1
    for who in ("cora", "dan"):
        with pytest.raises(Missing):
            page(office, made, who)
    assert read_whole_case(office.desk, Board(), office.signed_in("cora"), matter.reference)[1].is_empty
    assert [each.message for each in letters(office, matter.reference, "cora")][1] == "His chief hits his wife."
    assert read_list(office.desk, office.signed_in("cora")).total == 1
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "split").order_by(audit.c.number)).all()
    assert [(row.case_reference, row.note) for row in rows] == [(matter.reference, ""), (made, "amina, ben")]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"readers": ("ben",)}, "Stay among its readers"),
        ({"readers": ()}, "Stay among its readers"),
        ({"readers": ("amina", "dan")}, "Choose among those who can read"),
        ({"readers": ("amina", "recovery")}, "Choose among those who can read"),
        ({"letters": ["0" * 32]}, "Choose at least one letter"),
        ({"case_id": "none"}, "not complete"),
        ({"why": "x" * 501}, "501 characters"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    office: Office, matter: Matter, more: dict[str, object], sentence: str
) -> None:
    """No row, no file."""
    before = office.desk.vault.published()
    with pytest.raises(WritingRefused, match=sentence):
        matter.split(**more)
    assert read_list(office.desk, office.signed_in()).total == 1
    assert office.desk.vault.published() == before


def test_who_cannot_read_the_case_splits_nothing(office: Office, matter: Matter) -> None:
    """Nor does anybody copy into a case that is not theirs, or that was not split off."""
    with pytest.raises(Missing):
        split(office.desk, office.signed_in("dan"), matter.reference, matter.form())
    other = office.open(letter(office), cleared=("amina", "dan"))
    with pytest.raises(WritingRefused, match="not split off"):
        matter.split(into=other)
    theirs = office.open(letter(office), cleared=("dan",))
    for into in (theirs, "0000-0000"):
        with pytest.raises(Missing):
            matter.split(into=into)
    made = matter.split()
    with pytest.raises(Missing):
        split(office.desk, office.signed_in("cora"), matter.reference, matter.form(matter.letters(), into=made))
    unlink(office.desk, office.signed_in(), matter.reference, made)
    with pytest.raises(WritingRefused, match="not split off"):
        matter.split(letters=matter.letters(), into=made)


def test_the_same_form_makes_one_case(office: Office, matter: Matter) -> None:
    """Also when its id is another's: then the case gets one of its own, and nobody learns it."""
    form = matter.form()
    made = split(office.desk, office.signed_in(), matter.reference, form)
    assert split(office.desk, office.signed_in(), matter.reference, form) == made
    assert read_list(office.desk, office.signed_in()).total == 2
    with office.desk.database.reading() as connection:
        theirs = open_case(connection, office.signed_in("dan"), office.open(letter(office), cleared=("dan",))).row.id
    again = matter.split(case_id=theirs)
    assert again != made
    assert len(letters(office, again)) == 1


def test_its_replies_reach_the_source_and_its_status_is_the_first_cases(office: Office, matter: Matter) -> None:
    """Sealed to the reply key of the first letter; the source is shown where the first case stands, and no other."""
    made = matter.split()
    statuses = len(waiting(office, Kind.STATUS))
    write_reply(office.desk, office.signed_in("ben"), made, new_blob_id(), "Is she safe?", ["Where is she now?"])
    reply = waiting(office, Kind.REPLY)[-1]
    assert reply.address == reply_address(matter.key.public)
    assert reply.reply is not None
    assert reply.sealed is not None
    opened = Reply.open(reply.sealed, reply.reply, matter.key)
    assert (opened.text, opened.questions[0].text) == ("Is she safe?", "Where is she now?")
    over(office, made)
    write_status(
        office.desk, office.signed_in(), made, new_blob_id(), "closed", "She is safe.", untrusted_outcome="misuse"
    )
    assert len(waiting(office, Kind.STATUS)) == statuses
    assert Reply.open(*sealed_of(waiting(office, Kind.REPLY)[-1]), matter.key).text == "She is safe."
    assert page(office, matter.reference).case.row.status == "being-read"
    assert not page(office, made).case.is_one_way


def sealed_of(delivery: OutboxDelivery) -> tuple[bytes, str]:
    """A reply's sealed bytes and its id."""
    assert delivery.sealed is not None
    assert delivery.reply is not None
    return delivery.sealed, delivery.reply


def test_the_source_stands_nowhere_in_clear_beside_it(office: Office, matter: Matter) -> None:
    """The row of the new case says neither address nor reply key."""
    made = matter.split()
    with office.desk.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM cases WHERE reference = ?", (made,)).one()
    assert row.address is None
    assert row.reply_key is None
    address = reply_address(matter.key.public).encode()
    assert address not in bytes(row.sealed_card)


def test_an_answer_to_its_question_comes_into_the_first_case(office: Office, matter: Matter) -> None:
    """There its question stands with it, for who can read both; here it says where the answer is, and not what."""
    made = matter.split()
    write_reply(office.desk, office.signed_in(), made, new_blob_id(), "", ["Where is she now?"])
    [question] = Reply.open(*sealed_of(waiting(office, Kind.REPLY)[-1]), matter.key).questions
    answer = (Answer(question.id, "At her sister's."),)
    assert office.open(matter.write("", answers=answer)) == matter.reference
    found = page(office, matter.reference)
    [asked], _guided = found.answers_in(letters(office, matter.reference)[-1])
    assert (asked.question, asked.text, asked.elsewhere) == ("Where is she now?", "At her sister's.", made)
    hidden = page(office, matter.reference, "cora")
    [asked], _guided = hidden.answers_in(letters(office, matter.reference, "cora")[-1])
    assert (asked.question, asked.elsewhere) == (question.id, "")
    assert page(office, made).questions.answered == {question.id: matter.reference}
    assert "At her sister's." not in repr([entry.document for entry in page(office, made).timeline])


def test_a_further_letter_is_copied_over_once(office: Office, matter: Matter) -> None:
    """Into the case that was split off: its other readers read it then; a closed one is open again."""
    made = matter.split()
    clear(office.desk, office.signed_in(), made, "dan", "She knows the station.")
    over(office, made)
    write_status(office.desk, office.signed_in(), made, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse")
    office.open(matter.write("She has gone to her sister."))
    [target] = look_at_letters(office.desk, Board(), office.signed_in(), matter.reference).targets
    assert (target.reference, target.readers) == (made, ("amina", "ben", "dan"))
    for _time in range(2):
        assert matter.split(letters=matter.letters()[1:], into=made) == made
    assert [each.message for each in letters(office, made, "dan")] == [
        "His chief hits his wife.",
        "She has gone to her sister.",
    ]
    found = page(office, made)
    assert found.case.row.status == "being-read"
    assert found.case.work.unanswered
    assert not found.lacks_a_part
    assert office.desk.vault.published() == office.vault_files()


def test_merged_again_each_letter_stands_there_once(office: Office, matter: Matter) -> None:
    """The undo of a split; and a reply then goes to the one source without being asked."""
    made = matter.split()
    merge(office.desk, office.signed_in(), matter.reference, made)
    assert [each.message for each in letters(office, made)] == ["He sells names.", "His chief hits his wife."]
    assert len(page(office, made).parts) == 2


def test_a_wall_around_either_half_takes_all_of_it_along(office: Office, matter: Matter) -> None:
    """Under the new key letters, files and the way to the source are there; with the old one nothing opens."""
    made = matter.split()
    with office.desk.database.reading() as connection:
        before = open_case(connection, office.signed_in(), made)
    withdraw(office.desk, office.signed_in(), made, "ben", "A friend.")
    [copied] = letters(office, made)
    whole = start_download(office.desk, office.signed_in(), made, copied.attachments[0].id)
    assert b"".join(whole.pieces()) == FILE
    write_reply(office.desk, office.signed_in(), made, new_blob_id(), "Hello.", ())
    assert waiting(office, Kind.REPLY)[-1].address == reply_address(matter.key.public)
    with office.desk.database.reading() as connection:
        after = open_case(connection, office.signed_in(), made)
    with pytest.raises(SealBroken):
        before.key.open_item(after.row.sealed_card, f"{made} card")
    assert office.desk.vault.published() == office.vault_files()


def test_an_altered_sheet_sends_nothing_to_anybody_else(office: Office, matter: Matter) -> None:
    """Another case's sheet, or none, in its place: no reply leaves, and the page does not call the source one way."""
    made = matter.split()
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sheets SET sealed = x'00' WHERE kind = 'links'")
    with pytest.raises(WritingRefused):
        write_reply(office.desk, office.signed_in(), made, new_blob_id(), "Hello.", ())
    found = page(office, made)
    assert found.case.is_one_way
    assert found.case.card.apart == reply_address(matter.key.public)
    withdraw(office.desk, office.signed_in(), made, "ben", "A friend.")


def test_a_source_who_does_not_come_back_is_one_way_in_both(office: Office) -> None:
    """There is nobody to answer."""
    reference = office.open(letter(office))
    [item] = [each.item.id for each in look_at_letters(office.desk, Board(), office.signed_in(), reference).letters]
    form = SplitForm(new_blob_id(), (item,), ("amina",), "")
    made = split(office.desk, office.signed_in(), reference, form)
    assert page(office, made).case.is_one_way
    assert page(office, made).case.card.apart is None


def test_a_damaged_file_is_said_and_nothing_is_copied(office: Office, matter: Matter) -> None:
    """Both letters were asked for: neither is copied, and no file stays."""
    damaged = letters(office, matter.reference)[1].attachments[0].id
    path = office.desk.vault.path(damaged)
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    before = office.desk.vault.published()
    with pytest.raises(WritingRefused, match="damaged or missing"):
        matter.split(letters=matter.letters())
    assert office.desk.vault.published() == before
    assert read_list(office.desk, office.signed_in()).total == 1


class Crash(BaseException):
    """What a test raises where a process might die."""


STEPS = {
    "in the middle of the files": (resealing, "VaultWriter", 2),
    "before the case is made": (split_case, "add_case", 1),
    "before a letter is kept": (split_case, "add_item", 2),
    "before a file is named": (split_case, "add_attachment", 2),
    "before the two are linked": (splitting, "link_split", 1),
    "before the record": (splitting, "record_act", 1),
    "after it is committed": (splitting, "settle", 1),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tidies_up", [True, False], ids=["exception", "sudden death"])
def test_a_crash_at_any_step_leaves_nothing_half_done(
    office: Office, matter: Matter, monkeypatch: pytest.MonkeyPatch, step: str, tidies_up: bool
) -> None:
    """After the crash and a new start there is no new case, or a whole one, once; the first is as it was."""
    form = matter.form(matter.letters())
    module, name, times = STEPS[step]
    really, count = getattr(module, name), [times]

    def crash(*given: object, **more: object) -> object:
        count[0] -= 1
        if not count[0]:
            raise Crash
        return really(*given, **more)

    with monkeypatch.context() as broken:
        broken.setattr(module, name, crash)
        if not tidies_up:
            broken.setattr(splitting, "forget", lambda *_: None)
        with pytest.raises(Crash):
            split(office.desk, office.signed_in(), matter.reference, form)
    office.desk.database.close()
    again = Office(open_desk(office.folder), office.secrets, office.recovery)
    clear_desk_leftovers(again.desk)
    assert again.desk.vault.published() == again.vault_files()
    assert len(again.vault_files()) == (4 if name == "settle" else 2)
    made = split(again.desk, again.signed_in(), matter.reference, form)
    assert [each.message for each in letters(again, made)] == ["He sells names.", "His chief hits his wife."]
    assert [each.message for each in letters(again, matter.reference)] == [
        each.message for each in letters(again, made)
    ]
    assert read_list(again.desk, again.signed_in()).total == 2
    assert again.desk.vault.published() == again.vault_files()
    for folder in (again.desk.vault.incoming, again.desk.vault.held):
        assert [*folder.iterdir()] == []
    again.desk.database.close()


def test_the_summary_stays_where_it_was(office: Office, matter: Matter) -> None:
    """It is of the first case, and may say what the readers of the new one must not know."""
    write_summary(office.desk, office.signed_in(), matter.reference, Summary("Two men."), "0")
    summary = page(office, matter.split()).summary
    assert summary is not None
    assert summary.is_empty
