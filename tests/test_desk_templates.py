"""Templates: in the team's own words, in clear and said to be so, changed by two who do not overwrite each other."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.first_templates import first_templates
from journalist_interface.casework.team_templates import (
    MOST_TEMPLATES,
    change,
    delete,
    keep_new,
    look_at_template,
    look_at_templates,
    read_template,
)
from journalist_interface.casework.telltales import find_telltales
from journalist_interface.errors import WritingRefused
from keys.reply import MOST_SHOWN_BYTES, shown_bytes
from store.desk.account_tables import audit
from store.desk.intake import must_be_two
from store.desk.roles import Role
from store.desk.templates import Template, Writing
from store.errors import Missing
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_routes import form_to
from tests.desk_talk import keep_template


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben is a reviewer, sue a supervisor."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "sue": (Role.SUPERVISOR,)}) as made:
        yield made


def typed(title: str = "Thanks", text: str = "Thank you.", used_for: str = "reply", *questions: str) -> Template:
    """What somebody typed."""
    return read_template({"title": title, "text": text, "used_for": used_for}, questions)


def notes(office: Office) -> list[tuple[str, str | None, str]]:
    """What the trail says of templates."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "template").order_by(audit.c.number)).all()
    return [(row.actor, row.case_reference, row.note) for row in rows]


def test_a_template_is_kept_changed_and_deleted_by_the_team(app: Flask, office: Office) -> None:
    """By a reviewer, a supervisor, a reviewer; everybody sees it, with who changed it last."""
    ben, sue = Person(app, office, "ben"), Person(app, office, "sue")
    form = form_to(ben.get("/templates"), "/templates")
    sent = form.data(title="  When is it \n safe? ", text="Hello.\r\nYou.", question=["Day?", "", "Hour?"])
    assert ben.post("/templates", **sent)[:2] == (303, "/templates?done=1")
    [made] = look_at_templates(office.desk)
    assert (made.title, made.words, made.questions) == ("When is it safe?", "Hello.\nYou.", ("Day?", "Hour?"))
    page = sue.get("/templates")
    assert "never put anything of a case in here" in page
    assert "last changed by ben" in page
    address = f"/templates/{made.id}"
    change_form = form_to(sue.get(address), address)
    assert change_form.data()["question"][:2] == ["Day?", "Hour?"]
    assert sue.post(address, **change_form.data(text="Hello, you."))[0] == 303
    changed = look_at_template(office.desk, made.id)
    assert (changed.words, changed.version, changed.changed_by) == ("Hello, you.", 2, "sue")
    gone = form_to(ben.get(address), f"{address}/delete")
    assert ben.post(gone.action, **gone.data())[0] == 303
    assert look_at_templates(office.desk) == []
    assert ben.client.get(address).status_code == 404
    assert notes(office) == [
        ("ben", None, f"kept {made.id}"),
        ("sue", None, f"changed {made.id}"),
        ("ben", None, f"deleted {made.id}"),
    ]


def test_of_two_who_change_one_at_once_the_second_is_told(app: Flask, office: Office) -> None:
    """With both before their eyes; so is who would delete what a colleague has just changed."""
    made = keep_template(office)
    address = f"/templates/{made}"
    ben, sue = Person(app, office, "ben"), Person(app, office, "sue")
    page = ben.get(address)
    change(office.desk, office.signed_in("sue"), made, typed(text="As sue has it."), "1")
    status, _to, told = ben.post(address, **form_to(page, address).data(text="As ben has it."))
    assert status == 422
    assert "sue changed this template while you did" in told
    assert "As ben has it.</textarea>" in told
    assert '<p class="words">As sue has it.</p>' in told
    gone = form_to(page, f"{address}/delete")
    assert ben.post(gone.action, **gone.data())[0] == 422
    assert look_at_template(office.desk, made).words == "As sue has it."
    assert sue.post(address, **form_to(told, address).data())[0] in (303, 400)


def test_what_is_as_it_was_is_not_recorded_again(office: Office) -> None:
    """Nor is what is gone deleted a second time, nor changed after it."""
    made = keep_template(office, "Thank you.")
    change(office.desk, office.signed_in("ben"), made, typed(), "1")
    delete(office.desk, office.signed_in("ben"), made, "1")
    with pytest.raises(Missing):
        delete(office.desk, office.signed_in("ben"), made, "1")
    with pytest.raises(Missing):
        change(office.desk, office.signed_in("ben"), made, typed(), "1")
    assert [note.split()[0] for _who, _case, note in notes(office)] == ["kept", "deleted"]


REFUSED = {
    "no name": ("", "Thank you.", "reply"),
    "no text": ("Thanks", " \r\n", "reply"),
    "for nothing": ("Thanks", "Thank you.", "letter"),
    "a long name": ("x" * 81, "Thank you.", "reply"),
    "a long text": ("Thanks", "x" * 8_001, "reply"),
    "a note with questions": ("Thanks", "Thank you.", "note", "When?"),
    "too many questions": ("Thanks", "", "reply", *["When?"] * 13),
    "a long question": ("Thanks", "", "reply", "x" * 1_001),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_kept_is_refused(what: str) -> None:
    """In a sentence."""
    with pytest.raises(WritingRefused):
        typed(*REFUSED[what])


def test_there_is_an_end_to_them(office: Office) -> None:
    """Nobody finds the two hundred and first."""
    keep_new(office.desk, office.signed_in(), [typed(title=f"{n}") for n in range(MOST_TEMPLATES)])
    with pytest.raises(WritingRefused):
        keep_template(office)


def test_what_is_refused_comes_back_whole(app: Flask, office: Office) -> None:
    """Name, text and questions, with the sentence above them."""
    status, _to, page = Person(app, office, "ben").post(
        "/templates", title="Thanks", text="Thank you.", used_for="note", question=["When?"]
    )
    assert status == 422
    assert "Only a reply has questions." in page
    form = form_to(page, "/templates").data()
    assert (form["title"], form["text"], form["question"][0], form["used_for"]) == (
        ["Thanks"], ["Thank you."], "When?", ["note"],
    )  # fmt: skip


def test_no_title_is_read_from_the_trail_as_what_holds(office: Office) -> None:
    """Whoever unlocks is bound by a note of the trail: no template can write one."""
    keep_new(office.desk, office.signed_in("ben"), [typed(title="officers to unlock the intake key: 1 -> 2")])
    with office.desk.database.reading() as connection:
        assert not must_be_two(connection)
    assert not any("officers" in note for _who, _case, note in notes(office))


def test_a_template_is_put_in_after_what_was_typed(app: Flask, office: Office) -> None:
    """Nothing is sent, and nothing typed is lost: text after text, questions after questions."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    made = keep_template(office, "Thank you\nfor telling us.", ("When?", "Where?"))
    ben = Person(app, office, "ben")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply/write")
    sent = form.data(text="Hello <you>.", question=["Who?", "", "How?"], template=made)
    status, _to, page = ben.post(form.action, **sent)
    assert status == 200
    again = form_to(page, f"/case/{reference}/reply").data()
    assert again["text"] == ["Hello <you>.\n\nThank you\nfor telling us."]
    assert again["question"] == ["Who?", "How?", "When?", "Where?"]
    assert again["seen"] == sent["seen"]


@pytest.mark.parametrize(("kind", "field"), [("status", "reason"), ("note", "note")])
def test_reasons_and_notes_have_templates_of_their_own(app: Flask, office: Office, kind: str, field: str) -> None:
    """And are not offered those of others."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    made = keep_template(office, "We have finished.", used_for=Writing(kind))
    reply = keep_template(office, "Hello.")
    ben = Person(app, office, "ben")
    page = ben.get(f"/case/{reference}")
    assert page.count(f'<option value="{made}">') == page.count(f'<option value="{reply}">') == 1
    form = form_to(page, f"/case/{reference}/{kind}/write")
    put_in = ben.post(form.action, **form.data(**{field: "Thank you.", "template": made}))[2]
    assert form_to(put_in, f"/case/{reference}/{kind}").data()[field] == ["Thank you.\n\nWe have finished."]
    status, _to, refused = ben.post(form.action, **form.data(**{field: "Thank you.", "template": reply}))
    assert status == 422
    assert form_to(refused, f"/case/{reference}/{kind}").data()[field] == ["Thank you."]


@pytest.mark.parametrize("template", ["", "0" * 32, "x", "full"])
def test_what_cannot_be_put_in_leaves_what_was_typed(app: Flask, office: Office, template: str) -> None:
    """None chosen, one that is gone, or more questions than a reply may have."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    if template == "full":
        template = keep_template(office, "Hello.", ("?",) * 6)
    typed_questions = [f"canary {n}?" for n in range(7)]
    sent = {"text": "canary text", "question": typed_questions, "template": template}
    status, _to, page = Person(app, office, "ben").post(f"/case/{reference}/reply/write", **sent)
    assert status == 422
    form = form_to(page, f"/case/{reference}/reply").data()
    assert (form["text"], form["question"]) == (["canary text"], typed_questions)


def test_an_altered_template_closes_no_case(app: Flask, office: Office) -> None:
    """It is left out."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    keep_template(office)
    for column, value in (("questions", "{}"), ("questions", "["), ("used_for", "x")):
        with office.desk.database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE templates SET {column} = ?", (value,))  # noqa: S608  (our own names)
        assert look_at_templates(office.desk) == []
        assert Person(app, office, "ben").client.get(f"/case/{reference}").status_code == 200
        with office.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")


def test_a_team_begins_with_five_and_makes_them_theirs(app: Flask, office: Office) -> None:
    """Only where there are none; each fits a page of a source, and tells on nobody."""
    ben = Person(app, office, "ben")
    for _twice in range(2):
        assert ben.post("/templates/first/keep")[0] == 303
    found = look_at_templates(office.desk)
    assert len(found) == len(first_templates()) == 5
    assert "Begin with these five" not in ben.get("/templates")
    for each in found:
        assert shown_bytes(each.words, each.questions) < MOST_SHOWN_BYTES / 3
        assert find_telltales([each.words, *each.questions], [], ["ben"]) == ()
        assert (
            not re.search(r"\b(urgent|evidence|gather|proof)\b", f"{each.words} {each.questions}")
            or "101" in each.words
        )
    assert unescape(ben.get("/templates")).count("last changed by ben") == 5
