"""Drafts in their forms: past other tabs, refusals and the end of a session no word is lost or sent unseen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.drafts import Draft, drafts_of
from store.desk.roles import Role
from store.desk.templates import Writing
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_routes import form_to
from tests.desk_talk import CANARY, keep, kept, sheet_kinds
from tests.query_plans import plans_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, source()), cleared=("amina", "ben"))


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
