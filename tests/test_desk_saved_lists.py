"""Lists that somebody saves: theirs alone, sealed in one size, with counts that are true."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.saved_lists import (
    LONGEST_NAME,
    MOST_LISTS,
    count_each,
    read_saved_lists,
    remove_list,
    rename_list,
    save_list,
)
from journalist_interface.errors import WritingRefused
from keys.ciphertext import Ciphertext
from keys.reviewer_key import ReviewerSecret
from store.desk.audit_reading import Wanted, read_trail
from store.desk.roles import Role
from store.desk.saved_lists import put_saved, read_saved
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter

CANARY = "canary in a filter"
NARROW = Filter(
    words=CANARY, tag=f"{CANARY} tag", assignee="cora", topic="hate", is_danger=True, sort="due", until="2026-11-25"
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two reviewers besides amina."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


def sealed(office: Office, who: str = "ben") -> Ciphertext:
    """What is kept of somebody."""
    with office.desk.database.reading() as connection:
        found = read_saved(connection, who)
    assert found is not None
    return found


def names(office: Office, who: str = "ben") -> list[str]:
    """The names of somebody's lists."""
    return [each.name for each in read_saved_lists(office.desk, office.signed_in(who)).lists]


def test_what_is_saved_is_there_again(office: Office) -> None:
    """Every choice and every word, in the order of saving; renamed, removed; and none of it a colleague's."""
    desk, ben = office.desk, office.signed_in("ben")
    assert read_saved_lists(desk, ben).lists == ()
    save_list(desk, ben, "  Mine   in the north ", NARROW)
    save_list(desk, ben, "all", Filter(status="any"))
    first, second = read_saved_lists(desk, ben).lists
    assert (first.name, first.chosen, second.chosen) == ("Mine in the north", NARROW, Filter(status="any"))
    assert names(office, "cora") == []
    rename_list(desk, ben, first.id, "north")
    assert names(office) == ["north", "all"]
    assert read_saved_lists(desk, ben).lists[0].chosen == NARROW
    remove_list(desk, ben, first.id)
    remove_list(desk, ben, "never was")
    assert names(office) == ["all"]


def test_nothing_of_it_is_in_clear_and_its_number_does_not_show(office: Office) -> None:
    """One size for none and for twenty; the trail says that they were changed."""
    desk, ben = office.desk, office.signed_in("ben")
    sizes = set()
    for number in range(MOST_LISTS):
        save_list(
            desk, ben, f"{CANARY} {number}".ljust(LONGEST_NAME, "\U0001f426"), replace(NARROW, words="\u2603" * 200)
        )
        sizes.add(len(sealed(office)))
    with pytest.raises(WritingRefused, match="20 saved lists, which is the most"):
        save_list(desk, ben, "one more", Filter())
    for each in read_saved_lists(desk, ben).lists:
        remove_list(desk, ben, each.id)
    sizes.add(len(sealed(office)))
    assert len(sizes) == 1
    for file in office.folder.rglob("desk.sqlite*"):
        assert b"canary" not in file.read_bytes()
    with desk.database.reading() as connection:
        records = [link.record for link in read_trail(connection, Wanted(act="saved-lists"))]
    assert {(record.actor, record.case_reference, record.note) for record in records} == {("ben", None, "")}
    assert len(records) == 2 * MOST_LISTS


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the list a name"),
        (" \x00 ", "Give the list a name"),
        ("x" * 61, "at most 60"),
        ("north", "of that name"),
    ],
)
def test_a_name_that_cannot_be(office: Office, name: str, sentence: str) -> None:
    """Nothing is changed by it, whether it is given first or later."""
    save_list(office.desk, office.signed_in("ben"), "north", NARROW)
    save_list(office.desk, office.signed_in("ben"), "south", NARROW)
    before = sealed(office)
    with pytest.raises(WritingRefused, match=sentence):
        save_list(office.desk, office.signed_in("ben"), name, NARROW)
    with pytest.raises(WritingRefused, match=sentence):
        rename_list(
            office.desk,
            office.signed_in("ben"),
            read_saved_lists(office.desk, office.signed_in("ben")).lists[1].id,
            name,
        )
    assert sealed(office) == before


def test_a_row_of_somebody_else_or_altered_opens_as_nothing(office: Office) -> None:
    """Nor under a new key; it is said, and what is saved then stands in its place."""
    desk, ben = office.desk, office.signed_in("ben")
    save_list(desk, ben, "north", NARROW)
    with desk.database.writing() as connection:
        put_saved(connection, "cora", sealed(office))
    assert read_saved_lists(desk, office.signed_in("cora")).are_lost
    with desk.database.writing() as connection:
        put_saved(connection, "cora", Ciphertext(b"altered"))
    assert read_saved_lists(desk, office.signed_in("cora")).are_lost
    anew = replace(ben, key=ReviewerSecret.draw().key())
    assert read_saved_lists(desk, anew).are_lost
    save_list(desk, anew, "again", Filter())
    assert [each.name for each in read_saved_lists(desk, anew).lists] == ["again"]
    assert read_saved_lists(desk, ben).are_lost


def test_counts_are_those_of_the_lists(app: Flask, office: Office) -> None:
    """On the list, on Today and on their own page; the link leads to as many, and says no word."""
    made = [office.open(letter(office), cleared=("amina", "ben")) for _ in range(3)]
    ben = office.signed_in("ben")
    for reference in made[:2]:
        set_work(office.desk, ben, reference, WorkForm("ben", "normal", CANARY))
    save_list(office.desk, ben, "the north", Filter(tag=CANARY))
    save_list(office.desk, ben, "everything", Filter())
    saved = read_saved_lists(office.desk, ben)
    counts = count_each(saved, Board().listing(office.desk, ben), "ben")
    assert [counts[each.id] for each in saved.lists] == [2, 3]
    person = Person(app, office, "ben")
    for address in ("/", "/today"):
        found = re.search(r'href="(/\?list=\w+)"[^>]*>the north <span class="count">2<', person.get(address))
        assert found, address
        listed = person.get(unescape(found[1]))
        assert [each in listed for each in made] == [True, True, False]
    assert re.search(r'<strong>the north</strong></a> <span class="count">2<', person.get("/saved"))


def test_saving_renaming_removing_on_pages(app: Flask, office: Office) -> None:
    """From the list one looks at; what cannot be is said with the words still there."""
    office.open(letter(office), cleared=("amina", "ben"))
    ben = Person(app, office, "ben")
    address = ben.post("/", words=CANARY, status="any")[1].replace("/?", "/saved?")
    status, _location, page = ben.post(address, called="x" * 61)
    assert (status, 'value="' + "x" * 61 in page, "at most 60" in page) == (422, True, True)
    assert ben.post(address, called="north")[:2] == (303, "/saved")
    [saved] = read_saved_lists(office.desk, office.signed_in("ben")).lists
    assert saved.chosen == Filter(words=CANARY, status="any")
    assert ben.post("/saved/rename", saved=saved.id, called="south")[0] == 303
    assert names(office) == ["south"]
    assert ben.post("/saved/rename", saved=saved.id, called="")[0] == 422
    assert ben.post("/saved/remove", saved=saved.id)[0] == 303
    assert names(office) == []
    # Of words that are forgotten nothing is saved: a list of everything under that name would mislead.
    status, _location, page = ben.post("/saved?list=0000", called="lost")
    assert (status, "is forgotten" in page, 'value="lost"' in page) == (422, True, True)
    assert names(office) == []
