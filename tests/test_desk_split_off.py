"""A case that was split off, from then on: its source hears from it, its readers are its own, a merge undoes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_access import open_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.linking import merge
from journalist_interface.casework.splitting import SplitForm, look_at_letters, split
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_reply, write_status
from keys.errors import SealBroken
from keys.letter import Answer
from keys.reply import Reply, reply_address
from store.blobs import new_blob_id
from store.desk.outbox import Kind, OutboxDelivery, waiting_deliveries
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import letter
from tests.in_danger import over
from tests.two_matters import FILE, Matter, letters, page


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    with new_office(tmp_path / "desk", dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))) as made:
        yield made


@pytest.fixture
def matter(office: Office) -> Matter:
    """A source with two matters."""
    return Matter(office)


def waiting(office: Office, kind: Kind) -> list[OutboxDelivery]:
    """What waits for the courier, of one kind."""
    with office.desk.database.reading() as connection:
        return [each for each in waiting_deliveries(connection, 1000) if each.kind is kind]


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


def test_the_summary_stays_where_it_was(office: Office, matter: Matter) -> None:
    """It is of the first case, and may say what the readers of the new one must not know."""
    write_summary(office.desk, office.signed_in(), matter.reference, Summary("Two men."), "0")
    summary = page(office, matter.split()).summary
    assert summary is not None
    assert summary.is_empty
