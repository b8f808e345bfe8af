"""Searching in one's cases: what is found, what is not, what nobody behind a wall learns, and what is kept of it."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.case_access import open_case
from journalist_interface.casework import search_text, searching
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.search_text import SEARCH_SHEET, folded
from journalist_interface.casework.searching import SearchPage, read_terms, search
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.errors import SealBroken
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.roles import Role
from store.desk.sheets import read_sheet
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import Person, letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post and reads, ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


def look_for(office: Office, query: str, who: str = "amina") -> SearchPage:
    """Search as somebody who has just signed in."""
    return search(office.desk, Board(), office.signed_in(who), query, 1)


def found(office: Office, query: str, who: str = "amina") -> set[str]:
    """The references that a search finds."""
    return {hit.case.reference for hit in look_for(office, query, who).hits}


@pytest.fixture
def reference(office: Office) -> str:
    """A case with something in every place where words can stand; amina and ben can read it."""
    letter_ = write_letter(
        source(),
        "He sells what the computer\nknows, at the Café Müller.",
        must_not_reach="Sergeant Blunt",
        answers=(Answer("q-danger", "no"), Answer("q-where", "Behind the quarry")),
    )
    made = office.open(office.deliver(letter_, {"rota-march.pdf": b"%PDF"}), cleared=("amina", "ben"))
    ben = office.signed_in("ben")
    write_reply(office.desk, ben, made, new_blob_id(), "Thank you, we read it.", ["Which weekday was it?"])
    write_note(office.desk, ben, made, new_blob_id(), "Ask Cleo about the ledger.")
    write_status(office.desk, ben, made, new_blob_id(), "passed-on", "Handed to the commissioner.")
    clear(office.desk, ben, made, "cora", "She knows accountancy.")
    write_summary(office.desk, ben, made, Summary("A pawnbroker buys it.", "Mrs Quill", "Eastgate", "Whitsun"), "0")
    withdraw(office.desk, ben, made, "cora", "Her cousin works there.")
    office.open(letter(office, source(), message="Quite another matter, about a dog."))
    return made


EVERYWHERE = {
    "the message": "sells",
    "an answer": "quarry",
    "whom it must not reach": "blunt",
    "a file's name": "rota-march",
    "a reply": "thank",
    "a question": "weekday",
    "a note": "ledger",
    "a status's reason": "commissioner",
    "a reason of access": "accountancy",
    "the summary": "pawnbroker",
    "people": "quill",
    "places": "eastgate",
    "dates": "whitsun",
    "without accents": "cafe muller",
    "in capitals": "COMPUTER",
    "composed otherwise": unicodedata.normalize("NFD", "Müller"),
    "a part of a word": "omputer",
    "words of several places": "computer ledger eastgate",
    "a phrase over a line": '"the computer knows"',
    "a phrase and a word": '"ask cleo" quarry',
}


@pytest.mark.parametrize("where", EVERYWHERE)
def test_it_is_found_wherever_it_stands(office: Office, reference: str, where: str) -> None:
    """In this case, and not in the other."""
    assert found(office, EVERYWHERE[where]) == {reference}


@pytest.mark.parametrize("query", ["nowhere", "computer nowhere", '"computer the"', '"knows behind"', '"weekday ask"'])
def test_what_is_not_there_is_not_found(office: Office, reference: str, query: str) -> None:
    """All words must be there; a phrase in its order, and within one text."""
    assert reference
    assert found(office, query) == set()


def test_its_name_its_number_and_what_came_later_are_found_too(office: Office, reference: str) -> None:
    """A text that was searched before is added to."""
    page = look_for(office, "computer")
    assert page.hits[0].case.card is not None
    assert found(office, page.hits[0].case.card.name) == {reference}
    assert found(office, reference.lower()) == {reference}
    assert found(office, "afterthought") == set()
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "An afterthought.")
    assert found(office, "afterthought") == {reference}
    with office.desk.database.reading() as connection:
        case = open_case(connection, office.signed_in(), reference)
        assert read_sheet(connection, case.row.id, SEARCH_SHEET).version == 2


def test_a_passage_shows_the_word_where_it_stands(office: Office, reference: str) -> None:
    """As it was written, with what stands around it."""
    assert reference
    (hit,) = look_for(office, "muller").hits
    assert (hit.before[-7:], hit.found, hit.after) == ("he Café", "Müller.", "")


def test_behind_a_wall_nothing_is_found_and_nothing_opens(office: Office, reference: str) -> None:
    """Neither by a search, nor with the old key in what lies on the disk."""
    assert found(office, "computer", "ben") == {reference}
    with office.desk.database.reading() as connection:
        before = open_case(connection, office.signed_in("ben"), reference)
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
    page = look_for(office, "computer", "ben")
    assert (page.hits, page.found, page.searched, page.left) == ((), 0, 0, 0)
    assert found(office, "computer") == {reference}
    with office.desk.database.reading() as connection:
        sheet = read_sheet(connection, before.row.id, SEARCH_SHEET)
    with pytest.raises(SealBroken):
        before.key.open_item(sheet.sealed, f"{before.row.id} sheet {SEARCH_SHEET}")


def test_a_case_that_got_a_new_key_meanwhile_is_sealed_under_that(office: Office, reference: str) -> None:
    """Between the look at the board and the writing somebody was kept out."""
    board = Board()
    board.look(office.desk, office.signed_in())

    class Late(Board):
        """A board of a moment ago."""

        def look(self, *_any: object) -> dict[str, object]:  # type: ignore[override]
            """What was there before the wall."""
            before = dict(board._cases)
            withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")
            return before  # type: ignore[return-value]

    search(office.desk, Late(), office.signed_in(), "computer", 1)
    assert found(office, "computer") == {reference}


def test_a_bounded_number_is_made_ready_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says how many are left, and the next search goes on."""
    monkeypatch.setattr(searching, "MOST_BEHIND", 2)
    references = {office.open(letter(office, message="the same words")) for _n in range(5)}
    pages = [look_for(office, "same") for _n in range(3)]
    assert [(page.found, page.searched, page.left) for page in pages] == [(2, 2, 3), (4, 4, 1), (5, 5, 0)]
    assert {hit.case.reference for hit in pages[-1].hits} == references


def test_an_altered_text_is_made_anew(office: Office, reference: str) -> None:
    """Everything on the sheet stands in the timeline; an altered summary hides no letter."""
    assert found(office, "computer") == {reference}
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), reference)
        connection.exec_driver_sql("UPDATE sheets SET sealed = x'00' WHERE case_id = ?", (case.row.id,))
    page = look_for(office, "computer")
    assert ([hit.case.reference for hit in page.hits], page.unopened) == ([reference], 0)
    assert found(office, "pawnbroker") == set()


def test_a_case_that_does_not_open_is_said_and_hides_no_other(office: Office, reference: str) -> None:
    """Somebody wrote over its card."""
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET sealed_card = x'00' WHERE reference = ?", (reference,))
    page = look_for(office, "dog")
    assert (page.found, page.unopened, page.searched) == (1, 1, 1)


def test_what_was_looked_for_is_written_down_nowhere(app: Flask, office: Office, reference: str) -> None:
    """Not in the trail, which has that somebody searched; not on the disk; not in an address."""
    ben = Person(app, office, "ben")
    status, to, page = ben.post("/search", query="canaryquery computer")
    assert (status, to) == (200, "")
    assert "Nothing found" in page
    assert reference not in page
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "search")).all()
    assert [(row.actor, row.case_reference, row.note) for row in rows] == [("ben", None, "1")]
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    for words in (b"canaryquery", b"computer", b"pawnbroker"):
        assert words not in held


def test_the_page_shows_the_word_marked_and_no_markup_of_a_source(app: Flask, office: Office) -> None:
    """What a source wrote is text."""
    office.open(letter(office, message="<b>bold</b> <script>alert(1)</script> words"), cleared=("ben",))
    _status, _to, page = Person(app, office, "ben").post("/search", query="bold")
    assert "<mark>&lt;b&gt;bold&lt;/b&gt;</mark>" in page
    assert "<script>" not in page


@pytest.mark.parametrize(("query", "said"), [("", "Type a word"), ('  "" ', "Type a word"), ("x" * 201, "at most 200")])
def test_nothing_to_look_for_is_said_kindly(app: Flask, office: Office, query: str, said: str) -> None:
    """And what was typed stands in the box."""
    status, _to, page = Person(app, office, "ben").post("/search", query=query)
    assert status == 422
    assert said in page
    assert re.search(r'id="query" name="query" value="([^"]*)"', page)


def test_pages_of_what_was_found(app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """By buttons, which carry the words along."""
    monkeypatch.setattr(searching, "HITS_A_PAGE", 2)
    for _n in range(3):
        office.open(letter(office, message="the same words"), cleared=("ben",))
    ben = Person(app, office, "ben")
    first = ben.post("/search", query="same")[2]
    second = ben.post("/search", query="same", page="2")[2]
    assert first.count("<mark>") == 2
    assert second.count("<mark>") == 1
    assert 'name="query" value="same"' in second


words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)


@given(st.lists(words, min_size=1, max_size=8))
def test_every_word_of_a_text_is_a_term_of_it(parts: list[str]) -> None:
    """However it is folded; and the whole text as a phrase."""
    text = folded("  ".join(parts))
    for part in parts:
        assert all(term in text for term in read_terms(part))
    if len(" ".join(parts)) < 190:
        assert all(term in text for term in read_terms(f'"{" ".join(parts)}"'))


@given(st.text(max_size=200))
def test_any_query_is_read_or_refused(query: str) -> None:
    """Never with a fault."""
    with suppress(WritingRefused):
        assert all(read_terms(query))


def test_a_case_past_the_limit_keeps_what_came_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is searched as far as that goes, not refused."""
    monkeypatch.setattr(search_text, "LONGEST", 40)
    reference = office.open(letter(office, message="the first words " + "x" * 40 + " the last"))
    assert found(office, "first") == {reference}
    assert (look_for(office, "last").found, look_for(office, "last").cut) == (0, 1)
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "One more.")
    assert found(office, "first") == {reference}


def test_what_was_found_is_narrowed_and_sorted(app: Flask, office: Office) -> None:
    """Those not closed, those closed, all of them; by name; and the choice goes with the page."""
    made = [office.open(letter(office, source()), cleared=("amina",)) for _ in range(3)]
    write_status(
        office.desk, office.signed_in(), made[1], new_blob_id(), "closed", "It is done.", untrusted_outcome="misuse"
    )
    amina = Person(app, office, "amina")

    def shown(**chosen: str) -> list[str]:
        page = amina.post("/search", query="computer", **chosen)[2]
        for name, value in chosen.items():
            assert f'<option value="{value}" selected>' in page, name
        return re.findall(r'class="reference">([\w-]+)<', page)

    assert set(shown()) == set(made)
    assert set(shown(status="open")) == {made[0], made[2]}
    assert shown(status="closed") == [made[1]]
    hits = search(office.desk, Board(), office.signed_in(), "computer", 1, Filter(status="any", sort="name")).hits
    names = [hit.case.card.name for hit in hits if hit.case.card]
    assert names == sorted(names)
    assert shown(status="any", sort="name") == [hit.case.reference for hit in hits]
