"""Replies, questions, statuses, notes: each once, each with its record, and the source can open what is theirs."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_documents import LetterDocument, ReplyDocument, StatusDocument
from journalist_interface.case_page import CasePage, read_case
from journalist_interface.errors import WritingRefused
from journalist_interface.writing import write_note, write_reply, write_status
from keys.hpke import SecretKey
from keys.letter import Answer
from keys.reply import Reply
from keys.statuses import Status
from store.blobs import new_blob_id
from store.desk.outbox import Kind, OutboxDelivery, ReplyState, move_reply, waiting_deliveries
from store.errors import Missing
from tests.desk_office import Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def source_key() -> SecretKey:
    """Return a source's reply key."""
    return SecretKey(secrets.token_bytes(96))


@pytest.fixture
def reference(office: Office, source_key: SecretKey) -> str:
    """Return a case that was just opened."""
    return office.open(office.deliver(write_letter(source_key.public)))


def page_of(office: Office, reference: str) -> CasePage:
    """Return a case as amina reads it."""
    return read_case(office.desk, office.signed_in(), reference)


def outbox(office: Office) -> tuple[OutboxDelivery, ...]:
    """Return what waits for the courier after the opening's status and acknowledgement."""
    with office.desk.database.reading() as connection:
        return waiting_deliveries(connection, 100)[2:]


def test_a_reply_with_questions_reaches_the_source_and_nobody_else(
    office: Office, source_key: SecretKey, reference: str
) -> None:
    """The source's key opens it; the status becomes a question; no reviewer's name is inside."""
    write_reply(
        office.desk, office.signed_in(), reference, new_blob_id(), "Thank you.\r\nTwo things:", ["When? ", " ", "Who?"]
    )
    reply, status = outbox(office)
    assert (status.kind, status.status) == (Kind.STATUS, Status.QUESTION)
    assert reply.sealed is not None
    assert reply.reply is not None
    opened = Reply.open(reply.sealed, reply.reply, source_key)
    assert opened.text == "Thank you.\nTwo things:"
    assert [question.text for question in opened.questions] == ["When?", "Who?"]
    assert "amina" not in repr(opened.text)
    page = page_of(office, reference)
    assert page.case.row.status == "question"
    assert page.entries[-2].state == "scheduled"


def test_answers_stand_with_the_questions_they_answer(office: Office, source_key: SecretKey, reference: str) -> None:
    """An answer names its question by id; the desk shows both together, in both places."""
    write_reply(office.desk, office.signed_in(), reference, new_blob_id(), "", ["When?"])
    asked = [
        entry.document for entry in page_of(office, reference).entries if isinstance(entry.document, ReplyDocument)
    ]
    question = asked[-1].questions[0]
    answers = (Answer(question.id, "On Monday"), Answer("q-wish", "Peace"), Answer("f" * 32, "to nothing we asked"))
    office.open(office.deliver(write_letter(source_key.public, answers=answers)))
    page = page_of(office, reference)
    assert page.answers[question.id] == ("On Monday",)
    letter = page.entries[-1].document
    assert isinstance(letter, LetterDocument)
    ours, guided = page.answers_in(letter)
    assert [(shown.question, shown.text, bool(shown.asked_in)) for shown in ours] == [
        ("When?", "On Monday", True),
        ("f" * 32, "to nothing we asked", False),
    ]
    assert [shown.text for shown in guided] == ["Peace"]
    assert page.case.row.status == "being-read"


def test_what_the_courier_learns_of_a_reply_is_shown(office: Office, reference: str) -> None:
    """Delivered, read, deleted: the state of the item follows."""
    reply_id = new_blob_id()
    write_reply(office.desk, office.signed_in(), reference, reply_id, "Hello", [])
    with office.desk.database.writing() as connection:
        move_reply(connection, reply_id, ReplyState.DELIVERED)
        move_reply(connection, reply_id, ReplyState.READ)
    assert page_of(office, reference).entries[-1].state == "read"


def test_a_form_sent_twice_is_written_once(office: Office, reference: str) -> None:
    """The same form again changes nothing and is no error."""
    for _ in range(2):
        write_reply(office.desk, office.signed_in(), reference, "a" * 32, "Hello", [])
        write_note(office.desk, office.signed_in(), reference, "b" * 32, "Seen")
        write_status(office.desk, office.signed_in(), reference, "c" * 32, "passed-on", "")
    assert [delivery.kind for delivery in outbox(office)] == [Kind.REPLY, Kind.STATUS]
    assert [entry.kind for entry in page_of(office, reference).entries[2:]] == ["reply", "note", "status"]


def test_closing_tells_the_source_why(office: Office, source_key: SecretKey, reference: str) -> None:
    """Closing needs words; they go to the source as a reply, then the status."""
    with pytest.raises(WritingRefused):
        write_status(
            office.desk, office.signed_in(), reference, new_blob_id(), "closed", "  ", untrusted_outcome="no-evidence"
        )
    write_status(
        office.desk,
        office.signed_in(),
        reference,
        new_blob_id(),
        "closed",
        "We have done what we can.",
        untrusted_outcome="no-evidence",
    )
    reply, status = outbox(office)
    assert reply.sealed is not None
    assert reply.reply is not None
    assert Reply.open(reply.sealed, reply.reply, source_key).text == "We have done what we can."
    assert status.status is Status.CLOSED
    document = page_of(office, reference).entries[-1].document
    assert isinstance(document, StatusDocument)
    assert document.reason == "We have done what we can."
    office.open(office.deliver(write_letter(source_key.public)))
    assert page_of(office, reference).case.row.status == "being-read"


def test_a_one_way_case_can_be_closed_but_not_answered(office: Office) -> None:
    """Nothing goes to the outbox for a source who does not come back."""
    reference = office.open(office.deliver(write_letter(None)))
    with pytest.raises(WritingRefused):
        write_reply(office.desk, office.signed_in(), reference, new_blob_id(), "Hello", [])
    write_status(
        office.desk,
        office.signed_in(),
        reference,
        new_blob_id(),
        "closed",
        "Nothing to do",
        untrusted_outcome="not-ours",
    )
    with office.desk.database.reading() as connection:
        assert waiting_deliveries(connection, 100) == ()


REFUSED = {
    "nothing": ("", []),
    "spaces": ("  ", [" \r\n"]),
    "a long reply": ("x" * 8001, []),
    "a long question": ("", ["x" * 1001]),
    "thirteen questions": ("", ["why?"] * 13),
    "more than a page of the source holds": ("x" * 8000, ["why?"] * 4),
    "letters that take more room than they seem to": ("<" * 4000, []),
    "more paragraphs than a page holds": ("x\n\n" * 1100, []),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_sent_is_refused_whole(office: Office, reference: str, case: str) -> None:
    """Nothing is queued, nothing stands in the timeline."""
    text, questions = REFUSED[case]
    with pytest.raises(WritingRefused):
        write_reply(office.desk, office.signed_in(), reference, new_blob_id(), text, questions)
    assert outbox(office) == ()
    assert len(page_of(office, reference).entries) == 2


def test_odd_characters_survive_or_go_quietly(office: Office, reference: str) -> None:
    """NUL and lone surrogates, which no page should hold, do not make a case unreadable."""
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "a\x00b \ud800 c")
    write_reply(office.desk, office.signed_in(), reference, new_blob_id(), "a\x00b \ud800 c", ["\udfff?"])
    assert len(page_of(office, reference).entries) == 5


@pytest.mark.parametrize("status", ["", "sent", "collected", "nonsense"])
def test_only_the_desks_own_statuses_can_be_set(office: Office, reference: str, status: str) -> None:
    """ "Sent" and "collected" are the source host's to know."""
    with pytest.raises(WritingRefused):
        write_status(office.desk, office.signed_in(), reference, new_blob_id(), status, "")


def test_who_is_not_cleared_can_write_nothing(office: Office, reference: str) -> None:
    """Not there and not yours are the same."""
    office.add("bartek")
    bartek = office.signed_in("bartek")
    with pytest.raises(Missing):
        write_reply(office.desk, bartek, reference, new_blob_id(), "Hello", [])
    with pytest.raises(Missing):
        write_note(office.desk, bartek, reference, new_blob_id(), "Hello")
    with pytest.raises(Missing):
        write_status(office.desk, bartek, reference, new_blob_id(), "passed-on", "")
    assert outbox(office) == ()
