"""Before a reply leaves: it is looked at and nothing is lost, its writer is warned of what tells, nobody is named."""

import re

import pytest

from journalist_interface.casework.drafts import Draft
from journalist_interface.casework.looking import look_at
from journalist_interface.errors import MayTell, WritingRefused
from journalist_interface.writing import write_reply, write_status
from keys.hpke import SecretKey
from keys.letter import Answer
from keys.reply import Reply
from store.blobs import new_blob_id
from store.desk.outbox import waiting_deliveries
from store.desk.templates import Writing
from tests.desk_office import Office, sent_replies, write_letter
from tests.desk_person import Person
from tests.desk_routes import form_to
from tests.desk_talk import article, frame_of
from tests.replying_desk import app, ben, key, office, reference

__all__ = ["app", "ben", "key", "office", "reference"]

TELLS = "Does Dave still meet them in Northtown?"


def test_looking_sends_and_loses_nothing(office: Office, ben: Person, reference: str) -> None:
    """From the look to the form and back; then it is sent, once, as it was."""
    before = sent_replies(office)
    text = "Thank you.\r\n\r\nMore soon."
    page = ben.post(
        f"/case/{reference}/reply/look", item="a" * 32, seen="2", text=text, question=["When?", "", "Who?"]
    )[2]
    form = form_to(page, f"/case/{reference}/reply")
    sent = form.data()
    assert (sent["text"], sent["question"], sent["item"], sent["seen"]) == (
        [text],
        ["When?", "", "Who?"],
        ["a" * 32],
        ["2"],
    )
    changed = ben.post(f"/case/{reference}/reply/write", **sent)
    assert changed[0] == 200
    again = form_to(changed[2], f"/case/{reference}/reply").data()
    assert again["text"][0].replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert again["question"][:2] == ["When?", "Who?"]
    assert again["seen"] == ["2"]
    assert sent_replies(office) == before
    assert ben.post(f"/case/{reference}/reply", **sent)[0] == 303
    assert sent_replies(office) == before + 1


def test_what_cannot_be_sent_cannot_be_looked_at(ben: Person, reference: str) -> None:
    """The same sentence as when it is sent, above the words."""
    status, _to, page = ben.post(f"/case/{reference}/reply/look", text="x" * 8_001)
    assert status == 422
    assert "The reply has 8,001 characters" in page
    assert "x" * 8_001 in page


def test_a_reply_that_may_tell_is_shown_before_it_is_sent(office: Office, ben: Person, reference: str) -> None:
    """With the very words marked and why; sent all the same by one press, and not a word is lost."""
    before = sent_replies(office)
    status, _to, page = ben.post(f"/case/{reference}/reply", item="b" * 32, seen="2", text=TELLS, question=["Who?"])
    assert status == 422
    assert sent_replies(office) == before
    assert re.findall(r"<mark>(.*?)</mark>", page) == ["Dave", "Northtown"]
    assert "A name, or a rare word, that stands in a letter." in page
    assert article(frame_of(page))
    form = form_to(page, f"/case/{reference}/reply")
    assert form.data()["text"] == [TELLS]
    assert ben.post(f"/case/{reference}/reply", **form.data())[0] == 303
    assert sent_replies(office) == before + 1


def test_who_was_warned_of_one_thing_is_warned_of_the_next(office: Office, ben: Person, reference: str) -> None:
    """Other words, or a letter that came since: the warning of before is of no use."""
    page = ben.post(f"/case/{reference}/reply", item="c" * 32, text="Does Dave know the caretaker?")[2]
    sent = form_to(page, f"/case/{reference}/reply").data()
    assert ben.post(f"/case/{reference}/reply", **{**sent, "text": f"{TELLS} At the car wash?"})[0] == 422
    with office.desk.database.reading() as connection:
        asked = "SELECT reply_key FROM cases WHERE reference = ?"
        public = connection.exec_driver_sql(asked, (reference,)).scalar_one()
    office.open(office.deliver(write_letter(public, "More of it.", must_not_reach="the caretaker")))
    told = ben.post(f"/case/{reference}/reply", **{**sent, "seen": ""})
    assert told[0] == 422
    assert re.findall(r"<mark>(.*?)</mark>", told[2]) == ["Dave", "caretaker"]


def test_a_plain_reply_is_sent_at_once(office: Office, ben: Person, reference: str) -> None:
    """A warning that comes always is read never."""
    before = sent_replies(office)
    assert ben.post(f"/case/{reference}/reply", item="d" * 32, text="Thank you. Is there a safe time?")[0] == 303
    assert sent_replies(office) == before + 1


def test_a_reason_of_closing_is_judged_and_looked_at_too(office: Office, ben: Person, reference: str) -> None:
    """It reaches the source word for word; a reason for any other status stays here and is not judged."""
    with pytest.raises(MayTell):
        write_status(
            office.desk, office.signed_in("ben"), reference, new_blob_id(), "closed", TELLS, untrusted_outcome="misuse"
        )
    status, _to, page = ben.post(
        f"/case/{reference}/status", item="e" * 32, status="closed", reason=TELLS, outcome="misuse"
    )
    assert status == 422
    assert "<mark>Dave</mark>" in page
    form = form_to(page, f"/case/{reference}/status")
    assert (form.data()["status"], form.data()["reason"]) == (["closed"], [TELLS])
    assert ben.post(f"/case/{reference}/status", item="f" * 32, status="passed-on", reason=TELLS)[0] == 303
    looked = ben.post(f"/case/{reference}/status/look", status="passed-on", reason=TELLS)
    assert looked[0] == 422
    assert "Only the reason of closing goes to the source" in looked[2]
    assert ben.post(f"/case/{reference}/status", **form.data())[0] == 303


def test_a_letter_that_does_not_open_keeps_nobody_from_writing(office: Office, reference: str) -> None:
    """What stands in it cannot be compared; the page of the case says that it was altered."""
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE items SET sealed = x'00' WHERE kind = 'letter'")
    write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), TELLS, [])


def test_no_name_of_anybody_here_reaches_a_source(office: Office, key: SecretKey, reference: str) -> None:
    """Replies, questions and reasons, opened as the source host opens them; and what travels beside the seal."""
    write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), "Thank you.", ["Is it safe?"])
    write_status(
        office.desk,
        office.signed_in("amina"),
        reference,
        new_blob_id(),
        "closed",
        "We have finished.",
        untrusted_outcome="misuse",
    )
    with office.desk.database.reading() as connection:
        rows = waiting_deliveries(connection, 1_000)
    names = ("amina", "ben")
    opened = 0
    for row in rows:
        assert not any(name in f"{row.id} {row.address} {row.day} {row.status}" for name in names)
        if row.sealed is None or row.reply is None or row.address != rows[-1].address:
            continue
        sealed = Reply.open(row.sealed, row.reply, key)
        assert not any(name in repr(vars(sealed)).lower() for name in names)
        assert {*vars(sealed)} == {
            "id",
            "day",
            "text",
            "questions",
            "number",
            "files",
        }  # nothing that could have an author
        opened += 1
    assert opened == 3  # the acknowledgement, the reply and the reason
    with pytest.raises(MayTell):
        write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), "Yours, Ben", [])


def test_what_is_looked_at_is_numbered_as_the_source_has_it(office: Office, reference: str) -> None:
    """Replies that they deleted, or that never came, have no number."""
    write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), "One.", [])
    look = look_at(office.desk, office.signed_in("ben"), reference, Writing.REPLY, Draft("Another."))
    assert look.shown.number == 3
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE items SET state = 'deleted' WHERE state = 'scheduled'")
    look = look_at(office.desk, office.signed_in("ben"), reference, Writing.REPLY, Draft("Another."))
    assert look.shown.number == 1


def test_a_one_way_case_has_nobody_to_look(office: Office) -> None:
    """Nobody would ever see it."""
    reference = office.open(office.deliver(write_letter(None, answers=(Answer("q-danger", "no"),))))
    with pytest.raises(WritingRefused):
        look_at(office.desk, office.signed_in(), reference, Writing.REPLY, Draft("Hello"))
