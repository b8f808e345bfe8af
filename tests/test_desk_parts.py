"""A case with parts, on its page: whom a reply goes to, what a note is about, what a hold and a release reach."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.linking import LinkForm, link, merge, separate
from journalist_interface.errors import WritingRefused
from journalist_interface.writing import write_reply
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.ended_case import work_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    with new_office(tmp_path / "desk", dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))) as made:
        yield made


@pytest.fixture
def parts(office: Office) -> tuple[str, str]:
    """Two cases of two sources, made one: amina reads both, ben the first alone."""
    first = office.open(letter(office, source(), message="Words of one."), cleared=("amina", "ben"))
    second = office.open(letter(office, source(), message="Words of two."), cleared=("amina",))
    link(office.desk, office.signed_in(), first, LinkForm(second, "same-matter", ""))
    merge(office.desk, office.signed_in(), first, second)
    return first, second


@pytest.fixture
def amina(app: Flask, office: Office) -> Person:
    """Who reads both."""
    return Person(app, office, "amina")


def seen(page: str) -> list[str]:
    """What the form says of the parts that it showed."""
    return re.findall(r'name="seen_part" value="([^"]+)"', page)


def test_before_it_is_sent_a_reply_says_whose_source_it_goes_to(amina: Person, parts: tuple[str, str]) -> None:
    """And as long as nobody chose, there is nothing to look at, and nothing to press."""
    first, second = parts
    form = {"item": new_blob_id(), "seen": "99", "text": "Hello there."}
    status, _to, page = amina.post(f"/case/{first}/reply/look", **form, part="")
    assert (status, "Choose whom to answer" in page, "Hello there." in page) == (422, True, True)
    status, _to, page = amina.post(f"/case/{first}/reply/look", **form, part=second)
    assert status == 200
    [told] = re.findall(r'<p class="goes-to"><strong>(.*?)</strong>', page, re.DOTALL)
    assert (second in told, first in told) == (True, False)
    status, _to, page = amina.post(f"/case/{first}/status/look", item=new_blob_id(), status="closed", reason="Done.")
    [told] = re.findall(r'<p class="goes-to"><strong>(.*?)</strong>', page, re.DOTALL)
    assert (second in told, first in told, "of each" in told) == (True, True, True)


def test_whom_it_must_not_reach_is_said_with_whose_source_says_so(office: Office, amina: Person) -> None:
    """What one of them may know, the other may be in danger from."""
    first, second = (
        office.open(letter(office, source(), must_not_reach=whom), cleared=("amina",)) for whom in ("Blunt", "Sharp")
    )
    assert "says the source of" not in amina.get(f"/case/{first}")
    link(office.desk, office.signed_in(), first, LinkForm(second, "same-matter", ""))
    merge(office.desk, office.signed_in(), first, second)
    [shown] = re.findall(r'<section class="must-not strong".*?</section>', amina.get(f"/case/{first}"), re.DOTALL)
    assert re.findall(r"Blunt|Sharp|[0-9A-Z]{4}-[0-9A-Z]{4}", shown) == ["Blunt", first, "Sharp", second]


def test_what_was_kept_in_a_part_before_is_still_shown(app: Flask, office: Office, amina: Person) -> None:
    """Nobody's words go out of sight because somebody made one case of two; a colleague's draft warns as before."""
    first, second = (office.open(letter(office, source()), cleared=("amina", "ben")) for _case in range(2))
    ben = Person(app, office, "ben")
    for kind, words in {"reply": {"text": "canary", "question": "where?"}, "note": {"note": "crow"}}.items():
        assert amina.post(f"/case/{second}/{kind}/draft", **words)[0] == 303
    link(office.desk, office.signed_in(), first, LinkForm(second, "same-matter", ""))
    merge(office.desk, office.signed_in(), first, second)
    page, theirs = amina.get(f"/case/{first}"), ben.get(f"/case/{first}")
    assert [word in page for word in ("canary", "where?", "crow", f"Discard the draft in {second}")] == [True] * 4
    assert ["canary" in theirs, "crow" in theirs, "amina is writing a reply here" in theirs] == [False, False, True]
    amina.post(f"/case/{second}/reply/discard")
    page = amina.get(f"/case/{first}")
    assert ("canary" in page, "crow" in page) == (False, True)


def test_a_note_says_which_part_it_is_about(app: Flask, office: Office, amina: Person, parts: tuple[str, str]) -> None:
    """What is said of the second never stands where somebody reads the first alone."""
    first, second = parts
    form = {"item": new_blob_id(), "note": "canary of the second"}
    status, _to, page = amina.post(f"/case/{first}/note", **form, part="")
    assert (status, "Choose what the note is about" in page, "canary of the second" in page) == (422, True, True)
    assert amina.post(f"/case/{first}/note", **form, part=second)[0] == 303
    assert "canary of the second" in amina.get(f"/case/{first}")
    assert "canary" not in Person(app, office, "ben").get(f"/case/{first}")


def test_a_note_about_a_part_that_is_none_any_more_is_given_back(
    office: Office, amina: Person, parts: tuple[str, str]
) -> None:
    """It would be read by others than those whom its writer saw on the page."""
    first, second = parts
    separate(office.desk, office.signed_in(), first, second)
    form = {"item": new_blob_id(), "note": "canary of the second"}
    status, _to, page = amina.post(f"/case/{first}/note", **form, part=second)
    assert (status, "was parted from this case" in page, "canary of the second" in page) == (422, True, True)
    assert "canary" not in amina.get(f"/case/{first}") + amina.get(f"/case/{second}")


def test_a_hold_reaches_every_part(amina: Person, office: Office, parts: tuple[str, str]) -> None:
    """Whoever hears of a court case holds all of it; lifted, it is all of it too."""
    for action, held in (("hold", True), ("lift", False)):
        assert amina.post(f"/case/{parts[0]}/{action}", reason="A court asks.")[0] == 303
        assert [work_of(office, part).held for part in parts] == [held, held]


def test_a_letters_word_lets_nobody_into_another_case(amina: Person, office: Office) -> None:
    """Somebody must have confirmed that both are one source's before a colleague is let into all of it."""
    keys = [source(), source()]
    first = office.open(letter(office, keys[0]))
    joins = letter(office, keys[1], joins=reply_address(keys[0]), message="")
    second = office.open(joins)
    page = amina.get(f"/case/{first}")
    assert second in page
    form = {"who": "dan", "reason": "He knows.", "seen": "99", "seen_part": seen(page)}
    status, _to, page = amina.post(f"/case/{first}/clear", **form)
    assert (status, "Nobody was let in" in page) == (422, True)


def test_what_is_taken_out_says_what_stays(amina: Person, parts: tuple[str, str]) -> None:
    """Nobody takes a part for the whole."""
    page = amina.get(f"/case/{parts[0]}/take-out")
    assert "Only this part leaves with it" in page
    assert f"/case/{parts[1]}/take-out" in page


def test_the_same_words_with_another_file_are_another_reply(office: Office, parts: tuple[str, str]) -> None:
    """It is not taken for the one that was sent: the file would stay behind without a word."""
    item = new_blob_id()
    write_reply(office.desk, office.signed_in(), parts[0], item, "Hello.", ())
    write_reply(office.desk, office.signed_in(), parts[0], item, "Hello.", ())
    with pytest.raises(WritingRefused, match="was sent already"):
        write_reply(office.desk, office.signed_in(), parts[0], item, "Hello.", (), untrusted_files=["a" * 32])
