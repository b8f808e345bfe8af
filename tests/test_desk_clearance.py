"""Clearing through HTTP: danger and note first, a choice for each letter, nothing lost, nothing told past a wall."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface import clearance, views_clearance
from journalist_interface.about_me import Written, read_own_page, save_own_page
from journalist_interface.walls import clear, withdraw
from keys.letter import TOPICS, Answer, Letter
from store.desk.account_tables import audit
from store.desk.case_tables import cases
from store.desk.cases import cleared_for
from store.desk.parcels import list_parcels
from store.desk.post_tables import further_letters
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source

REASON = "second pair of eyes"
OPEN_ALL = "Open all without"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina is officer and reviewer, so is bartek; ben and cora are reviewers, olu is an officer alone."""
    with new_office(
        tmp_path / "desk",
        {"bartek": (), "ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,), "olu": (Role.INTAKE_OFFICER,)},
    ) as made:
        yield made


@pytest.fixture
def amina(app: Flask, office: Office) -> Person:
    """The officer, with the key unlocked."""
    return Person(app, office, "amina").unlock()


def say(office: Office, username: str, recusals: str = "", topics: tuple[str, ...] = (), back_on: str = "") -> None:
    """Have a reviewer say something of themselves."""
    signed_in = office.signed_in(username)
    version = read_own_page(office.desk, signed_in).version
    save_own_page(office.desk, signed_in, Written(topics or list(TOPICS), back_on, recusals, version))


def ticked(page: str) -> set[str]:
    """Whom a page would clear."""
    return set(re.findall(r'name="cleared" value="([^"]*)"[^>]* checked', page))


def readers(office: Office) -> list[tuple[str, ...]]:
    """Who can read each case."""
    with office.desk.database.reading() as connection:
        return sorted(cleared_for(connection, row.id) for row in connection.execute(cases.select()))


def waiting(office: Office) -> set[str]:
    """What is in the post."""
    with office.desk.database.reading() as connection:
        return {parcel.submission for parcel in list_parcels(connection)}


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


def test_ticks_survive_a_lock_in_the_middle(amina: Person, office: Office) -> None:
    """The page keeps the choice; unlocked again, it goes on from there."""
    noted = letter(office, must_not_reach="Not Ben")
    amina.post("/post/lock")
    chosen = {"submission": noted.submission, "cleared": ["ben", "cora"], "although": "ben"}
    status, _to, page = amina.post("/post/open", **chosen)
    assert status == 409
    assert "Nothing was opened" in page
    assert "Chosen: ben and cora." in page
    assert "Not Ben" not in page
    assert amina.press(page, "It is unlocked: go on")[0] == 409
    amina.unlock()
    status, _to, page = amina.press(page, "It is unlocked: go on")
    assert (status, ticked(page)) == (200, {"ben", "cora"})
    assert amina.press(page, "Open for those ticked")[0] == 303
    assert readers(office) == [("ben", "cora")]


def test_the_page_of_a_letter_does_not_load_itself_anew(
    amina: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue does while letters are read; what is ticked on a page of its own stays."""
    found = letter(office)
    amina.get("/post")
    letter(office)
    monkeypatch.setattr(views_clearance, "SHOWING_SECONDS", 0.0)
    page = amina.get(f"/post/letter/{found.submission}")
    assert "1 letter is still being looked at, and may be from the same source." in page
    assert "http-equiv" not in page


def test_a_letter_waits_until_all_letters_were_read(
    amina: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note in the one that is read last may be about this source; the choice stands meanwhile."""
    key = source()
    silent = letter(office, key)
    page = amina.get(f"/post/letter/{silent.submission}")
    queue = amina.get("/post")
    letter(office, key, must_not_reach="Not Bartek")
    monkeypatch.setattr(clearance, "OPENING_SECONDS", 0.0)
    monkeypatch.setattr(views_clearance, "SHOWING_SECONDS", 0.0)
    status, _to, refused = amina.post("/post/open", submission=silent.submission, cleared=["ben"])
    assert status == 422
    assert "1 letter is still being looked at" in refused
    assert ticked(refused) == {"ben"}
    monkeypatch.undo()
    for form, button in ((queue, "Open for amina and bartek"), (page, "Open for those ticked")):
        status, _to, refused = amina.press(form, button)
        assert status == 422
        assert "Not Bartek" in refused
        assert "The note names bartek." in refused
    assert readers(office) == []


def test_what_came_since_the_page_was_made_is_looked_at_first(amina: Person, office: Office) -> None:
    """A note that is no conflict of anybody's still stops the button, once."""
    key = source()
    silent = letter(office, key)
    page = amina.get(f"/post/letter/{silent.submission}")
    letter(office, key, must_not_reach="the woman with the red scarf")
    status, _to, refused = amina.press(page, "Open for those ticked")
    assert status == 422
    assert "Something came to this letter since" in refused
    assert "red scarf" in refused
    assert ticked(refused) == ticked(page)
    assert amina.press(refused, "Open for those ticked")[0] == 303


def test_a_double_click_ends_where_the_first_click_led(amina: Person, office: Office) -> None:
    """On the case, or in the queue with a sentence if the officer cannot read it; what never was stays a 404."""
    mine, theirs = letter(office), letter(office)
    first = amina.post("/post/open", submission=mine.submission, cleared="amina")
    assert "/case/" in first[1]
    assert amina.post("/post/open", submission=mine.submission, cleared="amina")[:2] == first[:2]
    assert amina.post("/post/open", submission=theirs.submission, cleared="ben")[1] == "/post?opened=now"
    second = amina.post("/post/open", submission=theirs.submission, cleared="ben")
    assert second[:2] == (303, "/post?opened=before")
    assert "opened already. Nothing was done twice." in amina.get(second[1])
    assert amina.client.get(f"/post/letter/{theirs.submission}").location == "/post?opened=before"
    assert amina.post("/post/open", submission="a" * 32, cleared="ben")[0] == 404
    assert len(readers(office)) == 2


def test_two_clicks_at_the_same_moment(app: Flask, office: Office, amina: Person) -> None:
    """Neither ends on an error; there is one case."""
    found = letter(office)
    amina.get("/post")
    cookie = amina.client.get_cookie("candour_desk")
    assert cookie
    other = app.test_client()
    other.set_cookie("candour_desk", cookie.value)
    found_form = re.search(r'name="csrf_token" value="([^"]*)"', amina.get("/post"))
    assert found_form
    form = {"csrf_token": unescape(found_form[1]), "submission": found.submission, "cleared": "amina"}
    both, answers = Barrier(2), list[int]()

    def click(client: FlaskClient) -> None:
        both.wait()
        answers.append(client.post("/post/open", data=form).status_code)

    threads = [Thread(target=click, args=(client,)) for client in (amina.client, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert readers(office) == [("amina",)]


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


def test_the_load_tells_nothing_of_what_colleagues_opened(app: Flask, office: Office, amina: Person) -> None:
    """Byte for byte the page is the same before and after others opened cases without this officer."""
    found = letter(office)
    bartek = Person(app, office, "bartek").unlock()
    before = alike(bartek.get(f"/post/letter/{found.submission}"))
    for _case in range(3):
        opened = letter(office)
        assert amina.post("/post/open", submission=opened.submission, cleared=["amina", "ben"])[0] == 303
    assert alike(bartek.get(f"/post/letter/{found.submission}")) == before
    assert "3 cases lately" not in before
    assert amina.get(f"/post/letter/{found.submission}").count("3 cases lately.") == 2
    bartek.post("/post/open", submission=letter(office).submission, cleared=["ben"])
    assert bartek.get(f"/post/letter/{found.submission}").count("1 case lately.") == 1


def test_a_colleague_let_in_counts_for_whoever_can_read_the_case(app: Flask, office: Office, amina: Person) -> None:
    """Also when another did it; once for each case, however often it is recorded."""
    reference = office.open(letter(office, source()), cleared=("amina", "ben"))
    clear(office.desk, office.signed_in("ben"), reference, "cora", REASON)
    found = letter(office)
    page = amina.get(f"/post/letter/{found.submission}")
    assert page.count("1 case lately.") == 3
    assert ticked(page) == {"bartek", "amina"}
    bartek = Person(app, office, "bartek").unlock()
    assert "1 case lately." not in bartek.get(f"/post/letter/{found.submission}")


def test_a_further_letter_goes_to_the_readers_there_are(amina: Person, office: Office) -> None:
    """Nothing is chosen; who can read it already is shown, with what speaks against it."""
    key = source()
    office.open(letter(office, key), cleared=("amina", "ben"))
    plain = letter(office, key)
    queue = amina.get("/post")
    assert "More from" in queue
    assert amina.press(queue, "Open")[0] == 303
    say(office, "ben", "Westbury")
    harmful = letter(office, key, message="in Westbury")
    assert amina.post("/post/open", submission=harmful.submission, by_proposal="1")[0] == 422
    page = amina.get(f"/post/letter/{harmful.submission}")
    assert "or a conflict that they named" in page
    assert 'name="cleared"' not in page
    assert amina.press(page, "Open")[0] == 303
    assert readers(office) == [("amina", "ben")]
    assert plain.submission not in waiting(office)


def alike(page: str) -> str:
    """A page without what is drawn for each, and without the minute at which the key locks by itself."""
    return re.sub(r'locks by itself at [^<]*|name="form_id" value="[0-9a-f]*"', "", page)


def hidden_letter(office: Office, *cleared: str, **more: object) -> tuple[str, Letter]:
    """A case that these can read, and a further letter of its source in the post."""
    key = source()
    reference = office.open(letter(office, key), cleared=cleared)
    return reference, letter(office, key, **more)


def test_of_a_colleagues_further_letter_there_is_no_row_and_no_count(app: Flask, office: Office, amina: Person) -> None:
    """Queue, list of cases, the letter's own address, opening all: as if it were not there."""
    empty = alike(amina.get("/post"))
    _reference, further = hidden_letter(office, "ben")
    page = amina.get("/post")
    assert "The post is empty" in page
    assert alike(page) == empty
    assert "in the post</a>" not in amina.get("/")
    never = amina.client.get(f"/post/letter/{'a' * 32}")
    assert amina.client.get(f"/post/letter/{further.submission}").text == never.text
    for fields in ({"cleared": "amina"}, {"by_proposal": "1"}):
        assert amina.post("/post/open", submission=further.submission, **fields)[0] == 404
    amina.post("/post/open", all="1")
    assert "left for you" not in amina.get("/post")
    assert waiting(office) == {further.submission}
    locked = Person(app, office, "bartek")
    assert "1 letter waits" in locked.get("/post")


def test_the_readers_are_told_and_nobody_else(app: Flask, office: Office, amina: Person) -> None:
    """Once an officer has read the post; with danger if there is any, and whom to let in."""
    reference, _further = hidden_letter(office, "ben", answers=(Answer("q-danger", "yes"),))
    ben = Person(app, office, "ben")
    assert "more in the post" not in ben.get("/")
    amina.get("/post")
    assert "Perhaps danger: 1 more in the post" in ben.get("/")
    page = ben.get(f"/case/{reference}")
    assert "1 further letter of this source waits in the post" in page
    assert "let one of these in below: amina and bartek." in page
    with office.desk.database.reading() as connection:
        (row,) = connection.execute(further_letters.select()).all()
    assert row.holder == "ben"
    for colleague in (amina, Person(app, office, "bartek"), Person(app, office, "cora")):
        assert "more in the post" not in colleague.get("/")


def test_a_letter_that_nobody_could_open_is_opened_by_who_is_let_in(app: Flask, office: Office, amina: Person) -> None:
    """No letter is lost: the officer finds it in the queue from then on, and the reader's page is quiet again."""
    reference, further = hidden_letter(office, "ben")
    amina.get("/post")
    clear(office.desk, office.signed_in("ben"), reference, "amina", REASON)
    ben = Person(app, office, "ben")
    assert "can open it: amina." in ben.get(f"/case/{reference}")
    assert amina.press(amina.get("/post"), "Open")[:2] == (303, f"/case/{reference}")
    assert further.submission not in waiting(office)
    assert "in the post" not in ben.get(f"/case/{reference}")


def test_who_is_kept_out_finds_no_trace_of_what_waits(app: Flask, office: Office, amina: Person) -> None:
    """Not on a page, and no row sealed to them in the database."""
    reference, _further = hidden_letter(office, "ben", "cora")
    amina.get("/post")
    withdraw(office.desk, office.signed_in("cora"), reference, "ben", REASON)
    with office.desk.database.reading() as connection:
        assert [row.holder for row in connection.execute(further_letters.select())] == ["cora"]
    assert "more in the post" not in Person(app, office, "ben").get("/")


def test_an_officer_who_is_let_out_loses_the_row(office: Office, amina: Person) -> None:
    """A letter that was shown is hidden as soon as its case is not theirs any more."""
    reference, _further = hidden_letter(office, "amina", "ben")
    assert "More from" in amina.get("/post")
    withdraw(office.desk, office.signed_in("ben"), reference, "amina", REASON)
    page = amina.get("/post")
    assert "More from" not in page
    assert "The post is empty" in page


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
