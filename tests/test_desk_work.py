"""The work on a case: who does it, its priority, tags and summary; what it says of itself on the case's page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import MarkDocument
from journalist_interface.case_page import read_case
from journalist_interface.casework.assigning import WorkForm, read_tags, set_work
from journalist_interface.casework.summary import LONGEST_PART, Summary, read_summary, write_summary
from journalist_interface.casework.work import MOST_TAGS, Priority, Work
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import withdraw
from keys.errors import SealBroken
from store.desk.account_tables import audit
from store.desk.roles import Role
from store.desk.sheets import list_sheets
from store.errors import Missing
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter

CANARY = "canary-under-the-summary"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office), cleared=("amina", "ben"))


def work_of(office: Office, reference: str) -> Work:
    """How far the work is, as the card has it."""
    with office.desk.database.reading() as connection:
        return open_case(connection, office.signed_in(), reference).work


def marks(office: Office, reference: str) -> list[tuple[str, str]]:
    """The lines of the timeline that say what somebody did."""
    entries = read_case(office.desk, office.signed_in(), reference).entries
    found = [entry.document for entry in entries if isinstance(entry.document, MarkDocument)]
    return [(each.author, each.text) for each in found]


def acts(office: Office, act: str) -> list[tuple[str, str, str]]:
    """Actor, case and note of the records of an act."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == act).order_by(audit.c.number)).all()
    return [(row.actor, row.case_reference, row.note) for row in rows]


def test_what_is_set_is_kept_and_told(office: Office, reference: str) -> None:
    """In the card, in the timeline and, without a word of the case, in the trail; what is as it was is not told."""
    ben = office.signed_in("ben")
    set_work(office.desk, ben, reference, WorkForm("ben", "high", " north , car  park,north "))
    work = work_of(office, reference)
    assert (work.assignee, work.priority, work.tags) == ("ben", Priority.HIGH, ("north", "car park"))
    set_work(office.desk, ben, reference, WorkForm("ben", "high", "north, car park"))
    set_work(office.desk, office.signed_in(), reference, WorkForm("", "high", ""))
    assert marks(office, reference) == [
        ("ben", "ben works on it now. Its priority is high now. Its tags are north, car park now."),
        ("amina", "Nobody works on it now; ben did. It has no tags now."),
    ]
    assert acts(office, "assign") == [("ben", reference, ""), ("amina", reference, "")]


@pytest.mark.parametrize("name", ["cora", "recovery", "nobody", "amina\x00"])
def test_only_a_reader_can_work_on_a_case(office: Office, reference: str, name: str) -> None:
    """And nothing is changed by asking."""
    with pytest.raises(WritingRefused, match="Only somebody who can read the case"):
        set_work(office.desk, office.signed_in(), reference, WorkForm(name, "high", "north"))
    assert work_of(office, reference).tags == ()
    assert marks(office, reference) == []


def test_who_is_kept_out_reads_and_sets_nothing(office: Office, reference: str) -> None:
    """The case is gone for them; what they worked on can be given to somebody else."""
    set_work(office.desk, office.signed_in("ben"), reference, WorkForm("ben", "normal", ""))
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
    with pytest.raises(Missing):
        set_work(office.desk, office.signed_in("ben"), reference, WorkForm("ben", "high", ""))
    set_work(office.desk, office.signed_in(), reference, WorkForm("amina", "normal", ""))
    assert work_of(office, reference).assignee == "amina"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("x" * 41, "longer than 40 characters"), (",".join(map(str, range(MOST_TAGS + 1))), "at most 20 tags")],
)
def test_tags_have_limits(typed: str, said: str) -> None:
    """Said in a sentence."""
    with pytest.raises(WritingRefused, match=said):
        read_tags(typed)


def test_what_was_typed_survives_a_refusal(app: Flask, office: Office, reference: str) -> None:
    """With the sentence above it."""
    ben = Person(app, office, "ben")
    tags = "north, " + "x" * 41
    status, _to, page = ben.post(f"/case/{reference}/work", assignee="ben", priority="low", tags=tags)
    assert status == 422
    assert "longer than 40 characters" in page
    assert f'value="{tags}"' in page
    assert '<option value="low" selected>' in page


def summary_of(office: Office, reference: str, who: str = "amina") -> Summary:
    """The summary, as somebody reads it."""
    with office.desk.database.reading() as connection:
        return read_summary(connection, open_case(connection, office.signed_in(who), reference))


def test_a_summary_is_everybodys(office: Office, reference: str) -> None:
    """One writes, another reads and changes; the newest counts, and the timeline says who wrote."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary("He sells names.", "Blunt"), "0")
    first = summary_of(office, reference)
    assert (first.summary, first.people, first.author, first.version) == ("He sells names.", "Blunt", "ben", 1)
    write_summary(office.desk, office.signed_in(), reference, Summary("He sells names, and dates."), "1")
    assert summary_of(office, reference).summary == "He sells names, and dates."
    assert marks(office, reference) == [("ben", "The summary was written."), ("amina", "The summary was changed.")]
    assert acts(office, "summary") == [("ben", reference, ""), ("amina", reference, "")]


@pytest.mark.parametrize("version", ["0", "2", "", "-1", "1.0", "9" * 5_000])
def test_of_two_who_write_at_once_the_second_is_told(app: Flask, office: Office, reference: str, version: str) -> None:
    """Both versions stand side by side, and nothing is lost or overwritten."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary("As ben wrote it."), "0")
    amina = Person(app, office, "amina")
    status, _to, page = amina.post(f"/case/{reference}/summary", version=version, summary="As amina wrote it.")
    assert status == 422
    assert "ben wrote the summary while you did" in page
    assert "As amina wrote it.</textarea>" in page
    assert "As ben wrote it.</dd>" in page
    assert summary_of(office, reference).summary == "As ben wrote it."


def test_a_part_that_is_too_long_comes_back_whole(app: Flask, office: Office, reference: str) -> None:
    """With the name of the part and its length."""
    long = "x" * (LONGEST_PART + 1)
    status, _to, page = Person(app, office, "ben").post(f"/case/{reference}/summary", version="0", people=long)
    assert status == 422
    assert "“People” has 8,001 characters; 8,000 is the most." in page
    assert long in page


def test_a_wall_takes_the_summary_along(office: Office, reference: str) -> None:
    """Who stays reads it under the new key; with the old key nothing opens."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary(CANARY), "0")
    with office.desk.database.reading() as connection:
        before = open_case(connection, office.signed_in("ben"), reference)
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
    assert summary_of(office, reference).summary == CANARY
    with office.desk.database.reading() as connection:
        [sheet] = list_sheets(connection, before.row.id)
    with pytest.raises(SealBroken):
        before.key.open_item(sheet.sealed, f"{before.row.id} sheet summary")


def test_nothing_of_it_is_in_clear_at_rest(office: Office, reference: str) -> None:
    """Neither the summary, nor tags, nor whose case it is: in the database and its log."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary(CANARY, CANARY), "0")
    set_work(office.desk, office.signed_in("ben"), reference, WorkForm("ben", "high", "canary-tag"))
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert reference.encode() in held
    assert CANARY.encode() not in held
    assert b"canary-tag" not in held
    assert b'"assignee"' not in held


def test_a_letter_says_who_read_it(app: Flask, office: Office, reference: str) -> None:
    """Each reader once, with the first time; nobody else."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    ben.get(f"/case/{reference}")
    ben.get(f"/case/{reference}")
    page = amina.get(f"/case/{reference}")
    line = page[page.index("read-by") : page.index("</p>", page.index("read-by"))]
    assert line.count("ben") == 1
    assert line.count("amina") == 1
    assert "cora" not in line


def test_two_who_set_different_things_undo_nothing_of_each_other(app: Flask, office: Office, reference: str) -> None:
    """From pages that were made before either: each changed one thing, and both hold."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    pages = [person.get(f"/case/{reference}") for person in (ben, amina)]
    was = {f"was_{name}": value for name, value in hidden_work(pages[1]).items()}
    assert ben.post(f"/case/{reference}/work", **was, assignee="ben", priority="normal", tags="")[0] == 303
    assert amina.post(f"/case/{reference}/work", **was, assignee="", priority="high", tags="north")[0] == 303
    work = work_of(office, reference)
    assert (work.assignee, work.priority, work.tags) == ("ben", Priority.HIGH, ("north",))


def test_what_both_changed_is_refused_and_stands_there(app: Flask, office: Office, reference: str) -> None:
    """The second hears of it; pressed once more, theirs counts."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    was = {f"was_{name}": value for name, value in hidden_work(amina.get(f"/case/{reference}")).items()}
    assert ben.post(f"/case/{reference}/work", **was, assignee="ben", priority="normal", tags="south")[0] == 303
    status, _to, page = amina.post(f"/case/{reference}/work", **was, assignee="", priority="normal", tags="north")
    assert status == 422
    assert "A colleague changed this while you did" in page
    assert 'name="tags" value="north"' in page
    assert work_of(office, reference).tags == ("south",)
    again = {f"was_{name}": value for name, value in hidden_work(page).items()}
    assert amina.post(f"/case/{reference}/work", **again, assignee="ben", priority="normal", tags="north")[0] == 303
    assert work_of(office, reference).tags == ("north",)


def hidden_work(page: str) -> dict[str, str]:
    """What the form says that stood there when its page was made."""
    return dict(re.findall(r'name="was_(\w+)" value="([^"]*)"', page))


def test_an_altered_summary_closes_no_case_and_keeps_no_wall_from_going_up(
    app: Flask, office: Office, reference: str
) -> None:
    """The page says it and shows the letter; somebody can be kept out all the same."""
    write_summary(office.desk, office.signed_in("ben"), reference, Summary("He sells names."), "0")
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sheets SET sealed = x'00'")
    page = Person(app, office, "amina").get(f"/case/{reference}")
    assert "The summary of this case was altered and does not open" in page
    assert "He sells what the computer knows." in page
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
    assert summary_of(office, reference).is_empty
