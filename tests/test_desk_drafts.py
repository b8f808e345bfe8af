"""Drafts: kept for their writer alone, sealed as the case is, gone when they are sent, discarded, walled off or old."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.casework.board import Boards
from journalist_interface.casework.drafts import (
    DAYS_KEPT,
    Draft,
    discard_draft,
    drafts_of,
    erase_old_drafts,
    keep_draft,
    read_drafts,
)
from journalist_interface.casework.presence import RECENT_SECONDS, Presence
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.clock import now
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
from tests.desk_routes import form_to
from tests.query_plans import plans_of

CANARY = "canary-in-a-draft"
REPLY = Draft(CANARY, ("canary-question?",))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, source()), cleared=("amina", "ben"))


def keep(office: Office, reference: str, who: str, draft: Draft = REPLY, writing: Writing = Writing.REPLY) -> None:
    """Keep a draft where there was none."""
    keep_draft(office.desk, office.signed_in(who), reference, writing, draft, "")


def kept(office: Office, reference: str, who: str) -> dict[Writing, Draft]:
    """What somebody keeps in a case."""
    with office.desk.database.reading() as connection:
        return read_drafts(connection, open_case(connection, office.signed_in(who), reference), who)


def sheet_kinds(office: Office) -> list[str]:
    """The kinds of all sheets there are."""
    with office.desk.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM sheets WHERE kind LIKE 'draft-%' ORDER BY kind")
        return list(rows.scalars())


def test_words_are_there_when_their_writer_comes_back(app: Flask, office: Office, reference: str) -> None:
    """Text, questions, reason, note, with the day; in the forms of whoever wrote them, and in nobody else's."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    forms: dict[str, dict[str, object]] = {
        "reply/draft": {
            "text": f"\r\n{CANARY} <reply>",
            "question": ["canary one?", "", "canary two?", "canary three?"],
        },
        "status/draft": {"status": "closed", "reason": f"{CANARY} reason"},
        "note/draft": {"note": f"{CANARY} note"},
    }
    for address, form in forms.items():
        status, to, _page = ben.post(f"/case/{reference}/{address}", **form)
        assert (status, to) == (303, f"/case/{reference}#{address.partition('/')[0]}")
    page = ben.get(f"/case/{reference}")
    reply = form_to(page, f"/case/{reference}/reply").data()
    assert reply["text"] == [f"\r\n{CANARY} <reply>"]
    assert reply["question"] == ["canary one?", "canary two?", "canary three?", ""]
    status_form = form_to(page, f"/case/{reference}/status").data()
    assert (status_form["status"], status_form["reason"]) == (["closed"], [f"{CANARY} reason"])
    assert form_to(page, f"/case/{reference}/note").data()["note"] == [f"{CANARY} note"]
    assert page.count("Your draft, kept on ") == 3
    theirs = amina.get(f"/case/{reference}")
    assert "canary" not in theirs
    assert "ben is writing a reply here (draft kept at " in theirs
    assert "is writing" not in page


def test_more_boxes_are_asked_for_and_the_draft_stays_in_them(app: Flask, office: Office, reference: str) -> None:
    """Twelve boxes, the first of them filled."""
    keep(office, reference, "ben")
    form = form_to(Person(app, office, "ben").get(f"/case/{reference}?boxes=12"), f"/case/{reference}/reply").data()
    assert form["question"] == ["canary-question?"] + [""] * 11
    assert form["text"] == [CANARY]


def test_a_draft_is_written_over_by_the_form_that_it_filled(app: Flask, office: Office, reference: str) -> None:
    """Not by an older tab: that one is told, with both before its eyes, and nothing is lost."""
    ben = Person(app, office, "ben")
    old = ben.get(f"/case/{reference}")
    keep(office, reference, "ben")
    form = form_to(old, f"/case/{reference}/reply/draft")
    status, _to, page = ben.post(form.action, **form.data(text="From the other tab."))
    assert status == 422
    assert "in another tab meanwhile" in page
    assert "From the other tab.</textarea>" in page
    assert f'<p class="words">{CANARY}</p>' in page
    assert kept(office, reference, "ben")[Writing.REPLY].text == CANARY
    again = form_to(page, form.action)
    assert ben.post(form.action, **again.data())[0] == 303
    assert kept(office, reference, "ben")[Writing.REPLY].text == "From the other tab."


def test_a_draft_goes_with_what_is_sent(app: Flask, office: Office, reference: str) -> None:
    """Sent from the form that it filled; one that the form did not show stays."""
    ben = Person(app, office, "ben")
    old = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply")
    keep(office, reference, "ben")
    assert ben.post(old.action, **old.data(text="Thank you."))[0] == 303
    assert kept(office, reference, "ben")[Writing.REPLY].text == CANARY
    form = form_to(ben.get(f"/case/{reference}"), old.action)
    looked = ben.post(f"{old.action}/look", **form.data())[2]
    assert ben.post(old.action, **form_to(looked, old.action).data())[0] == 303
    assert kept(office, reference, "ben") == {}


def test_a_form_that_was_left_to_look_takes_no_draft_of_another_tab_with_it(
    app: Flask, office: Office, reference: str
) -> None:
    """Looked at, and meanwhile a draft was kept: back in the form, what is sent is not that draft."""
    ben = Person(app, office, "ben")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply")
    looked = form_to(ben.post(f"{form.action}/look", **form.data(text="Thank you."))[2], f"{form.action}/write")
    keep(office, reference, "ben")
    back = form_to(ben.post(looked.action, **looked.data())[2], form.action)
    assert ben.post(form.action, **back.data())[0] == 303
    assert kept(office, reference, "ben")[Writing.REPLY].text == CANARY


def test_a_refused_form_beside_it_hides_no_draft(app: Flask, office: Office, reference: str) -> None:
    """A colleague could not be let in: the reason of closing that was kept still stands in its own box."""
    keep(office, reference, "ben", Draft(CANARY, status="closed"), Writing.STATUS)
    status, _to, page = Person(app, office, "ben").post(f"/case/{reference}/clear", who="nobody", reason="because")
    assert status == 422
    form = form_to(page, f"/case/{reference}/status").data()
    assert (form["status"], form["reason"]) == (["closed"], [CANARY])


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


def test_a_discarded_draft_takes_nothing_that_was_typed_since(app: Flask, office: Office, reference: str) -> None:
    """The draft goes; what is not it stands in the form."""
    ben = Person(app, office, "ben")
    keep(office, reference, "ben")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply/discard")
    status, _to, page = ben.post(form.action, **form.data(text=f"{CANARY}, and more"))
    assert status == 200
    assert f"{CANARY}, and more</textarea>" in page
    assert sheet_kinds(office) == []
    keep(office, reference, "ben")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply/discard")
    assert ben.post(form.action, **form.data())[0] == 303
    assert "canary" not in ben.get(f"/case/{reference}")


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


def test_an_altered_draft_closes_no_case_and_can_be_discarded(app: Flask, office: Office, reference: str) -> None:
    """The page says it; nobody is kept from writing, and no wall from going up."""
    keep(office, reference, "ben")
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sheets SET sealed = x'00' WHERE kind LIKE 'draft-%'")
    ben = Person(app, office, "ben")
    page = ben.get(f"/case/{reference}")
    assert "Your draft was altered in the database and does not open" in page
    form = form_to(page, f"/case/{reference}/reply/discard")
    assert ben.post(form.action, **form.data())[0] == 303
    assert sheet_kinds(office) == []


def test_today_lists_what_one_kept_and_opens_no_case_for_it(app: Flask, office: Office, reference: str) -> None:
    """By the name of the case; nobody else's, and nothing of a case that one cannot read any more."""
    other = office.open(letter(office, source()), cleared=("amina", "ben"))
    keep(office, reference, "ben")
    keep(office, other, "ben", Draft("x"), Writing.NOTE)
    keep(office, other, "amina", Draft("y"))
    page = Person(app, office, "ben").get("/today")
    part = page[page.index('aria-labelledby="drafts"') :].split("</section>")[0]
    assert set(re.findall(r'href="(/case/[^"]*)"', part)) == {f"/case/{reference}#reply", f"/case/{other}#note"}
    assert '<span class="count">2</span>' in part
    with office.desk.database.reading() as connection, plans_of(connection) as plans:
        assert len(drafts_of(connection, "ben")) == 2
    # First the drafts, then their cases: never all cases that ben can read.
    assert plans[0].startswith("SEARCH sheets USING COVERING INDEX sheets_of_a_kind (kind=?")


def test_a_draft_survives_the_end_of_a_session_while_it_is_kept(app: Flask, office: Office, reference: str) -> None:
    """Its words come back on a page that keeps them, and does not say that it sends them."""
    ben = Person(app, office, "ben")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply/draft")
    ben.client.delete_cookie("candour_desk")
    status, _to, page = ben.post(form.action, **form.data(text=CANARY, question=["canary?"]))
    assert status == 403
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    again = Person(app, office, "ben")
    shown = again.client.post(form.action, data=form_to(page, form.action).data())
    assert shown.status_code == 400
    assert ">Keep it<" in shown.text
    assert ">Send it now<" not in shown.text
    assert again.client.post(form.action, data=form_to(shown.text, form.action).data()).status_code == 303
    assert kept(office, reference, "ben")[Writing.REPLY].questions == ("canary?",)


def test_whoever_writes_just_now_is_told_of_before_anything_is_kept(app: Flask, office: Office, reference: str) -> None:
    """ben only opened the page: that is said, quietly. He looked at a reply: a warning. It was sent: nothing."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    assert "opened this page" not in amina.get(f"/case/{reference}")
    ben.get(f"/case/{reference}")
    assert "ben opened this page at " in amina.get(f"/case/{reference}")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply")
    ben.post(f"{form.action}/look", **form.data(text="Thank you."))
    assert "ben is writing to this source just now" in amina.get(f"/case/{reference}")
    looked = amina.post(f"/case/{reference}/reply/look", text="Thank you too.")[2]
    assert "ben is writing to this source just now" in looked
    assert ben.post(form.action, **form.data(text="Thank you."))[0] == 303
    assert "is writing" not in amina.get(f"/case/{reference}")


def test_who_was_there_is_forgotten_after_a_quarter_of_an_hour() -> None:
    """And is told of to nobody who may not know them, nor to themselves."""
    presence, moment = Presence(), now()
    presence.note("case", "ben", moment, writes=True)
    presence.note("case", "ben", moment + 1, writes=False)
    [seen] = presence.others("case", "amina", {"ben"}, moment + 1)
    assert (seen.username, seen.at, seen.writes) == ("ben", moment + 1, True)
    assert presence.others("case", "ben", {"ben"}, moment) == []
    assert presence.others("case", "amina", {"cora"}, moment) == []
    assert presence.others("another", "amina", {"ben"}, moment) == []
    assert presence.others("case", "amina", {"ben"}, moment + 2 + RECENT_SECONDS) == []
    presence.note("case", "ben", moment + 2 + RECENT_SECONDS, writes=False)
    [seen] = presence.others("case", "amina", {"ben"}, moment + 2 + RECENT_SECONDS)
    assert not seen.writes
    presence.done("case", "ben")
    assert presence.others("case", "amina", {"ben"}, moment) == []
