"""Clearing through HTTP: danger and note first, a choice for each letter that names its reviewers, and its trail."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from keys.letter import Answer
from store.desk.account_tables import audit
from store.desk.reviewers import suspend
from tests.clearing import COLLEAGUES, readers, say, ticked, waiting
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter

OPEN_ALL = "Open all without"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina is officer and reviewer, so is bartek; ben and cora are reviewers, olu is an officer alone."""
    with new_office(tmp_path / "desk", COLLEAGUES) as made:
        yield made


@pytest.fixture
def amina(app: Flask, office: Office) -> Person:
    """The officer, with the key unlocked."""
    return Person(app, office, "amina").unlock()


def test_one_click_opens_for_those_proposed_and_nobody_else(amina: Person, office: Office) -> None:
    """The button names them; the next letter is for others, who have less to do."""
    letter(office)
    assert amina.press(amina.get("/post"), "Open for amina and bartek")[0] == 303
    letter(office)
    status, to, _page = amina.press(amina.get("/post"), "Open for ben and cora")
    assert (status, to) == (303, "/post?opened=now")
    assert "Those you cleared find it among their cases" in amina.get(to)
    assert readers(office) == [("amina", "bartek"), ("ben", "cora")]


def test_danger_then_the_note_then_topics(amina: Person, office: Office) -> None:
    """In the queue and on the letter's page; never the message."""
    danger = (Answer("q-danger", "yes"),)
    noted = letter(office, message="a secret", must_not_reach="Sergeant Blunt", answers=danger, topics=("hate",))
    for page in (amina.get("/post"), amina.get(f"/post/letter/{noted.submission}")):
        order = ["Someone is in danger now", "Sergeant Blunt", "Racist"]
        assert sorted(order, key=page.index) == order
        assert "a secret" not in page
    assert "Open for" not in amina.get("/post")


def test_who_is_named_in_the_note_is_not_ticked_and_takes_two_ticks(amina: Person, office: Office) -> None:
    """A visible warning, a second deliberate tick; without it nothing is opened and the choice stands."""
    noted = letter(office, must_not_reach="Not Ben, he knows him")
    page = amina.get(f"/post/letter/{noted.submission}")
    assert ticked(page) == {"amina", "bartek"}
    assert "The note names ben." in page
    chosen = {"submission": noted.submission, "cleared": ["ben", "cora"]}
    status, _to, page = amina.post("/post/open", **chosen)
    assert status == 422
    assert "ben should not read this. Nothing was opened." in page
    assert ticked(page) == {"ben", "cora"}
    assert readers(office) == []
    assert amina.post("/post/open", **chosen, although="cora")[0] == 422
    assert amina.post("/post/open", **chosen, although="ben")[0] == 303
    assert readers(office) == [("ben", "cora")]


def test_a_conflict_is_told_and_not_what_it_is(amina: Person, office: Office) -> None:
    """A word of the note is quoted, which the officer reads anyway; of the letter none is."""
    say(office, "ben", "Northtown\nWestbury")
    in_letter = letter(office, message="It was in Westbury")
    in_note = letter(office, must_not_reach="anybody in northtown")
    queue = amina.get("/post")
    assert "Not for ben: see why." in queue
    page = amina.get(f"/post/letter/{in_letter.submission}")
    assert "or a conflict that they named" in page
    assert "Westbury" not in page + queue
    assert ticked(page) == {"amina", "bartek"}
    page = amina.get(f"/post/letter/{in_note.submission}")
    assert "Named “Northtown” as a conflict" in page
    assert "Westbury" not in page


def test_recusals_count_from_the_moment_they_are_kept(amina: Person, office: Office) -> None:
    """A letter that was read before is compared again, on the queue and at the button."""
    found = letter(office, message="It was in Westbury")
    before = amina.get("/post")
    assert "Open for amina and bartek" in before
    say(office, "bartek", "Westbury")
    status, _to, page = amina.press(before, "Open for amina and bartek")
    assert status == 422
    assert "The proposal is another one by now" in page
    assert ticked(page) == {"amina", "ben"}
    assert waiting(office) == {found.submission}
    assert "Not for bartek" in amina.get("/post")


def test_at_least_one_reader_and_only_reviewers(amina: Person, office: Office) -> None:
    """Nobody, an officer who is no reviewer, a stranger: nothing is opened, and the other ticks stand."""
    found = letter(office)
    assert "olu" not in amina.get(f"/post/letter/{found.submission}")
    for cleared, said in (([], "Choose at least one"), (["ben", "olu"], "olu cannot be"), (["x"], "x cannot be")):
        status, _to, page = amina.post("/post/open", submission=found.submission, cleared=cleared)
        assert status == 422
        assert said in page
        assert ticked(page) == {"ben"}.intersection(cleared)
    assert readers(office) == []


def test_who_is_suspended_is_not_offered(amina: Person, office: Office) -> None:
    """Neither proposed nor cleared, from a page that was made before either."""
    found = letter(office)
    page = amina.get(f"/post/letter/{found.submission}")
    assert ticked(page) == {"amina", "bartek"}
    with office.desk.database.writing() as connection:
        suspend(connection, "bartek", suspended=True)
    status, _to, refused = amina.press(page, "Open for those ticked")
    assert status == 422
    assert "bartek cannot be cleared" in refused
    assert 'value="bartek"' not in refused
    assert readers(office) == []


def test_open_all_uses_each_letters_own_proposal(amina: Person, office: Office) -> None:
    """What needs a person is left: a note, a conflict, too few who fit; and it says how many."""
    say(office, "cora", "Westbury", topics=("money",))
    say(office, "ben", topics=("money",))
    say(office, "bartek", topics=("money", "hate"))
    plain, hate = letter(office), letter(office, topics=("hate",))
    left = [
        letter(office, must_not_reach="Blunt"),
        letter(office, message="in Westbury"),
        letter(office, topics=("partner",)),
    ]
    assert OPEN_ALL in amina.get("/post")
    assert amina.post("/post/open", all="1")[:2] == (303, "/post")
    assert waiting(office) == {each.submission for each in left}
    assert len(readers(office)) == len([plain, hate])
    assert ("amina", "bartek") in readers(office)
    assert "3 letters were left for you" in amina.get("/post")


def test_who_was_cleared_is_in_the_trail_by_name_and_nothing_else(amina: Person, office: Office) -> None:
    """No reason, no conflict, no word of the note."""
    say(office, "cora", "Westbury")
    found = letter(office, message="in Westbury", must_not_reach="Not Ben")
    chosen = {"submission": found.submission, "cleared": ["ben", "cora"], "although": ["ben", "cora"]}
    assert amina.post("/post/open", **chosen)[0] == 303
    with office.desk.database.reading() as connection:
        records = [(row.act, row.note) for row in connection.execute(audit.select())]
    assert records[-1] == ("open", "ben, cora")
    assert not any("Westbury" in note or "Not Ben" in note for _act, note in records)
