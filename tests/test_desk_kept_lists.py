"""What a session remembers of its lists: no address holds a word of a case, and the next case is one key away."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.kept_lists import MOST_WALKS, KeptLists, Spoken
from journalist_interface.walls import withdraw
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import Person, letter, source

TAG = "canary tag"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def references(office: Office) -> list[str]:
    """Three cases that ben can read, each of them with the tag and given to cora, the newest change first."""
    made = [office.open(letter(office, source()), cleared=("amina", "ben", "cora")) for _ in range(3)]
    for reference in made:
        set_work(office.desk, office.signed_in("ben"), reference, WorkForm("cora", "high", TAG))
    return [each.case.reference for each in read_list(office.desk, office.signed_in("ben")).cases]


def addresses(page: str) -> list[str]:
    """Every address that a page leads or sends to."""
    return [unescape(each) for each in re.findall(r'(?:href|action)="([^"]*)"', page)]


def names(office: Office) -> list[str]:
    """The two-word names of ben's cases."""
    cards = [each.card for each in read_list(office.desk, office.signed_in("ben")).cases]
    return [card.name for card in cards if card is not None]


def test_no_address_holds_a_word_of_a_case(app: Flask, office: Office, references: list[str]) -> None:
    """Neither where a form leads to, nor on the list, the case, Today, saved lists, search: no tag, no name."""
    ben = Person(app, office, "ben")
    words = [TAG, "cora", *names(office), *(word for name in names(office) for word in name.split())]
    seen = []
    for typed in ({"words": names(office)[0]}, {"tag": TAG, "sort": "due"}, {"assignee": "cora"}, {"words": TAG}):
        status, location, _page = ben.post("/", **typed)
        assert status == 303
        page = ben.get(location)
        assert references[0] in page
        seen += [location, *addresses(page)]
        status, location, page = ben.post(location.replace("/?", "/saved?"), called=f"my {typed}")
        assert status == 303, page
    for page in (ben.get("/saved"), ben.get("/today"), ben.get(f"/case/{references[0]}")):
        assert TAG in page or "my {" in page
        seen += addresses(page)
    seen += addresses(ben.post("/search", query=TAG)[2])
    told = [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in words]  # “raft” is no word of “draft”
    found = [address for address in seen for word in told if word.search(re.sub(r"[+_]", " ", address))]
    assert found == []
    assert len([each for each in seen if "list=" in each]) > 10


def test_a_tag_leads_to_its_cases(app: Flask, office: Office, references: list[str]) -> None:
    """From the list and from the case."""
    set_work(office.desk, office.signed_in("ben"), references[2], WorkForm("cora", "high", "other"))
    ben = Person(app, office, "ben")
    for page in (ben.get("/"), ben.get(f"/case/{references[0]}")):
        link = re.search(rf'<a class="tag" href="([^"]*)">{TAG}</a>', page)
        assert link
        listed = ben.get(unescape(link[1]))
        assert [each in listed for each in references] == [True, True, False]


def test_a_number_means_nothing_in_another_session(app: Flask, office: Office, references: list[str]) -> None:
    """Nor in a later one of the same person; the page says that the words are forgotten, and lists without them."""
    ben = Person(app, office, "ben")
    location = ben.post("/", words="nothing has this")[1]
    assert references[0] not in ben.get(location)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    again = Person(app, office, "ben")
    page = again.get(location)
    assert "is forgotten" in page
    assert references[0] in page
    assert "nothing has this" not in page
    assert again.post("/", words="nothing has this")[1] != location


def test_what_was_typed_is_searched_as_before(app: Flask, office: Office, references: list[str]) -> None:
    """An old address with words in it narrows nothing; the form shows what the list is narrowed to."""
    ben = Person(app, office, "ben")
    assert all(each in ben.get("/?words=nothing&tag=nothing&assignee=nobody-here") for each in references)
    page = ben.get(ben.post("/", words=f"{TAG} {references[1]}", priority="high")[1])
    assert references[1] in page
    assert references[0] not in page
    assert f'value="{TAG} {references[1]}"' in page
    assert '<option value="high" selected>' in page


def way(page: str) -> dict[str, str]:
    """Where a case's page leads: back to the list, to the case before, to the next."""
    found = re.search(r'<nav class="way".*?</nav>', page, re.DOTALL)
    links = re.findall(r'<a (?:rel="\w+" )?href="([^"]*)" accesskey="(\w)"', found[0]) if found else []
    return {key: unescape(address) for address, key in links}


def test_going_through_a_list(app: Flask, office: Office, references: list[str]) -> None:
    """In its order, whatever changes on the way; also after a form of the case; and back to it, where one was."""
    ben = Person(app, office, "ben")
    listed = ben.post("/", tag=TAG)[1]
    link = re.search(rf'href="(/case/{references[0]}\?[^"]*)"', ben.get(listed))
    assert link
    page = ben.get(unescape(link[1]))
    assert "1 of 3" in page
    assert way(page).keys() == {"u", "n"}
    assert way(page)["n"].startswith(f"/case/{references[1]}?")
    # A note makes it the newest of the list, and its tag goes: the way on is as it was.
    status, location, _page = ben.post(f"/case/{references[0]}/note", note="Rang Cleo.", item=new_blob_id())
    assert status == 303
    assert ben.post(f"/case/{references[0]}/work", priority="high", tags="")[0] == 303
    assert way(ben.get(location)) == way(page)
    assert references[0] not in ben.get(way(page)["u"])
    second = ben.get(way(page)["n"])
    assert "2 of 3" in second
    assert way(second)["b"].startswith(f"/case/{references[0]}?")
    third = ben.get(way(second)["n"])
    assert way(third).keys() == {"u", "b"}
    assert way(ben.get(f"/case/{references[2]}")) == way(third)


def test_whoever_was_kept_out_goes_past_it(app: Flask, office: Office, references: list[str]) -> None:
    """A case that is not theirs any more is neither next nor before, and its own page is no page."""
    ben = Person(app, office, "ben")
    link = re.search(rf'href="(/case/{references[0]}\?[^"]*)"', ben.get("/"))
    assert link
    withdraw(office.desk, office.signed_in(), references[1], "ben", "A friend of his.")
    page = ben.get(unescape(link[1]))
    assert way(page)["n"].startswith(f"/case/{references[2]}?")
    assert references[1] not in page
    assert references[1] not in ben.get(way(page)["n"])


def test_a_way_of_another_list_or_none_is_none(app: Flask, office: Office, references: list[str]) -> None:
    """A number that nobody drew, and one of a list that has not this case."""
    ben = Person(app, office, "ben")
    one = ben.get(ben.post("/", words=references[1])[1])
    link = re.search(rf"/case/{references[1]}\?walk=(\w+)", one)
    assert link
    for number in ("x", "0" * 16, link[1]):
        page = ben.get(f"/case/{references[0]}?walk={number}")
        assert way(page) == {}
        assert '<p class="crumb">' in page


def test_found_and_needed_cases_are_gone_through_too(app: Flask, office: Office, references: list[str]) -> None:
    """Search hits, and the sections of Today, of which five are shown."""
    ben = Person(app, office, "ben")
    overdue = "/?due=overdue&sort=due"
    for page, up in ((ben.post("/search", query="computer")[2], "/search"), (ben.get("/today"), overdue)):
        link = re.findall(rf'href="(/case/{references[0]}\?[^"]*)"', page)
        assert link
        found = way(ben.get(unescape(link[0])))
        assert found["u"] == up
        assert re.match(r"/case/[\w-]+\?walk=\w+$", found["n"])


def test_memory_of_lists_is_bounded() -> None:
    """The list not gone through for longest is forgotten; the same words have one number, other words another."""
    kept = KeptLists()
    first = kept.begin("cases", "", ("a", "b"))
    assert kept.begin("cases", "", ("a", "b")).number == first.number
    assert kept.begin("cases", "", ("b", "a")).number != first.number
    for number in range(MOST_WALKS - 2):
        kept.begin("cases", f"page={number}", ("a",))
        assert kept.walk(first.number) is first or kept.walk(first.number) == first
    for number in range(MOST_WALKS):
        kept.begin("cases", f"other={number}", ("a",))
    assert kept.walk(first.number) is None
    assert kept.walk_to("a", first.number) is None
    assert kept.number(Spoken(tag="x")) == kept.number(Spoken(tag="x")) != kept.number(Spoken(words="x"))
    assert kept.number(Spoken()) == ""
    assert KeptLists().number(Spoken(tag="x")) != kept.number(Spoken(tag="x"))
    assert "canary" not in repr(Spoken("canary", "canary", "canary")) + repr(kept.begin("cases", "", ("canary",)))
