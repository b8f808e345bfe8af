"""Drafts: kept for their writer alone, sealed as the case is, gone when they are sent, discarded, walled off or old."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.casework.board import Boards
from journalist_interface.casework.drafts import DAYS_KEPT, Draft, discard_draft, drafts_of, erase_old_drafts
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.errors import WritingRefused
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.errors import SealBroken
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.reviewers import suspend
from store.desk.roles import Role
from store.desk.sheets import list_sheets
from store.desk.templates import Writing
from store.errors import Missing
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_talk import CANARY, keep, kept, sheet_kinds


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, source()), cleared=("amina", "ben"))


def test_every_kind_goes_when_it_is_sent(office: Office, reference: str) -> None:
    """By the name that its form carries."""
    desk, ben = office.desk, office.signed_in("ben")

    def name(writing: Writing) -> str:
        return kept(office, reference, "ben")[writing].name

    for writing in Writing:
        keep(office, reference, "ben", Draft("Not yet.", status="closed"), writing)
    draft = name(Writing.REPLY)
    write_reply(desk, ben, reference, new_blob_id(), "Thank you.", [], untrusted_draft=draft)
    assert set(kept(office, reference, "ben")) == {Writing.STATUS, Writing.NOTE}
    draft = name(Writing.STATUS)
    write_status(desk, ben, reference, new_blob_id(), "passed-on", "", untrusted_draft=draft)
    assert set(kept(office, reference, "ben")) == {Writing.NOTE}
    write_note(desk, ben, reference, new_blob_id(), "Seen.", untrusted_draft=name(Writing.NOTE))
    assert kept(office, reference, "ben") == {}


def test_a_draft_that_may_not_be_sent_is_kept_all_the_same(office: Office, reference: str) -> None:
    """Too long for a reply: its writer shortens it tomorrow."""
    keep(office, reference, "ben", Draft("x" * 20_000))
    assert len(kept(office, reference, "ben")[Writing.REPLY].text) == 20_000


REFUSED = {
    "nothing": (Writing.REPLY, Draft(" \r\n", (" ",))),
    "too much": (Writing.NOTE, Draft("x" * 200_001)),
    "too many questions": (Writing.REPLY, Draft("", ("?",) * 13)),
    "a status that is none": (Writing.STATUS, Draft("because", status="sent")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_kept_is_refused(office: Office, reference: str, what: str) -> None:
    """In a sentence; nothing is kept."""
    writing, draft = REFUSED[what]
    with pytest.raises(WritingRefused):
        keep(office, reference, "ben", draft, writing)
    assert sheet_kinds(office) == []


def test_who_is_not_cleared_keeps_and_discards_nothing(office: Office, reference: str) -> None:
    """As in a case that never was."""
    with pytest.raises(Missing):
        keep(office, reference, "cora")
    with pytest.raises(Missing):
        discard_draft(office.desk, office.signed_in("cora"), reference, Writing.REPLY)


def test_the_trail_has_that_a_draft_was_kept_and_no_word_of_it(office: Office, reference: str) -> None:
    """Kept, discarded; one that is not there is not discarded."""
    keep(office, reference, "ben")
    for _twice in range(2):
        discard_draft(office.desk, office.signed_in("ben"), reference, Writing.REPLY)
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "draft").order_by(audit.c.number)).all()
    assert [(row.actor, row.case_reference, row.note) for row in rows] == [
        ("ben", reference, "kept"),
        ("ben", reference, "discarded"),
    ]


def test_no_word_of_a_draft_is_in_clear_at_rest(office: Office, reference: str) -> None:
    """Neither in the database nor in its log; the longest name fits the column."""
    keep(office, reference, "ben")
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert reference.encode() in held
    assert b"canary" not in held
    assert len("draft-status " + "x" * 64) <= 80


def test_a_wall_takes_the_drafts_of_who_stays_along_and_erases_the_others(office: Office, reference: str) -> None:
    """ben is kept out: his are gone, for ever; amina's open under the new key, and not under the old one."""
    keep(office, reference, "ben")
    keep(office, reference, "ben", Draft("a note"), Writing.NOTE)
    keep(office, reference, "amina", Draft("mine"))
    with office.desk.database.reading() as connection:
        before = open_case(connection, office.signed_in("ben"), reference)
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
    assert sheet_kinds(office) == ["draft-reply amina"]
    assert kept(office, reference, "amina")[Writing.REPLY].text == "mine"
    with office.desk.database.reading() as connection:
        [sheet] = list_sheets(connection, before.row.id)
        assert drafts_of(connection, "ben") == []
    with pytest.raises(SealBroken):
        before.key.open_item(sheet.sealed, f"{before.row.id} sheet draft-reply amina")
    clear(office.desk, office.signed_in(), reference, "ben", "No friend after all.")
    assert kept(office, reference, "ben") == {}


def test_who_steps_back_leaves_no_draft(office: Office, reference: str) -> None:
    """They are not to write in it any more, by nobody's wish but theirs."""
    keep(office, reference, "ben")
    withdraw(office.desk, office.signed_in("ben"), reference, "ben", "A friend.")
    assert sheet_kinds(office) == []


def test_of_who_is_suspended_it_is_not_said_that_they_write(app: Flask, office: Office, reference: str) -> None:
    """Their words wait for them, and the thirty days go on."""
    keep(office, reference, "ben")
    amina = Person(app, office, "amina")
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    assert "is writing" not in amina.get(f"/case/{reference}")
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", False)
    assert "ben is writing" in amina.get(f"/case/{reference}")
    assert kept(office, reference, "ben")[Writing.REPLY].text == CANARY


def test_the_housekeeper_takes_what_is_thirty_days_old(office: Office, reference: str) -> None:
    """To the second; and no sheet that stays, however old."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary("He sells names."), "0")
    keep(office, reference, "ben")
    limit = kept(office, reference, "ben")[Writing.REPLY].kept_at + DAYS_KEPT * 24 * 3600
    erase_old_drafts(office.desk, limit)
    assert sheet_kinds(office) == ["draft-reply ben"]
    erase_old_drafts(office.desk, limit + 1)
    assert sheet_kinds(office) == []
    keep(office, reference, "ben")
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sheets SET kept_at = 1 WHERE kept_at IS NOT NULL")
    Housekeeper(office.desk, Boards()).round()
    assert sheet_kinds(office) == []
    with office.desk.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT kind FROM sheets").scalars().all() == ["summary"]
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert b"draft-reply" not in held
