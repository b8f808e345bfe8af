"""Many cases at once, on pages: ticking, the summary before, and what was done."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_routes import form_to
from tests.quiet_cases import World, closed, quiet_world


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def world(office: Office) -> World:
    """Three quiet cases, a one-way one, and one that ben cannot read."""
    return quiet_world(office)


def ticked(ben: Person, address: str, *wanted: str) -> dict[str, object]:
    """The form below the list with these cases ticked."""
    return {**form_to(ben.get(address), "/bulk").data(), "picked": list(wanted)}


def test_ticking_summary_and_done_on_pages(app: Flask, world: World) -> None:
    """From the list to what was done, by name; with the way back to the very list."""
    ben = Person(app, world.office, "ben")
    listed = ben.post("/", words=world.quiet[0][:2])[1]
    _status, _location, choosing = ben.post("/bulk", **ticked(ben, listed, world.quiet[0], world.one_way))
    assert "The 2 cases you ticked" in choosing
    assert f'href="{listed}"' in choosing.replace("&amp;", "&")
    form = next(each for each in re.findall(r"<form.*?</form>", choosing, re.DOTALL) if 'value="close"' in each)
    data = form_to(form, "/bulk/summary").data(reason="It is <done>.", outcome="not-ours")
    status, _location, summary = ben.post("/bulk/summary", **data)
    assert status == 200
    for said in ("1 source will be told", "1 did not want to come back", "It is &lt;done&gt;.", "Not a matter for us"):
        assert said in summary, said
    before = world.rows()
    assert ben.post("/bulk/summary", **{**data, "reason": ""})[0] == 422
    assert world.rows() == before
    status, _location, done = ben.post("/bulk/do", **form_to(summary, "/bulk/do").data())
    assert "2 cases are closed." in done
    for reference in (world.quiet[0], world.one_way):
        assert closed(world, reference)
        assert reference in done


def test_all_of_the_page_and_all_of_the_list(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a tick of its own; without a tick nothing is chosen; the list is that which was shown."""
    monkeypatch.setattr("journalist_interface.case_list.CASES_A_PAGE", 2)
    ben = Person(app, world.office, "ben")
    form = form_to(ben.get("/"), "/bulk").data()
    assert ben.post("/bulk", **form)[0] == 422
    assert 'name="list_all"' in ben.get("/")
    page = ben.post("/bulk", **form, page_all="1")[2]
    assert "The 2 cases you ticked" in page
    assert "The 4 cases you ticked" in ben.post("/bulk", **form, list_all="1")[2]
    gone = ben.post("/bulk", **{**form, "walk": "0" * 16}, list_all="1")
    assert (gone[0], "not kept any more" in gone[2]) == (422, True)
    monkeypatch.setattr("journalist_interface.views_bulk.MOST_AT_ONCE", 3)
    cut = ben.post("/bulk", **form, list_all="1")[2]
    assert "The 3 cases you ticked" in cut
    assert "1 more of the list are left" in cut


def test_an_alarming_case_stays_unless_it_is_ticked(app: Flask, world: World) -> None:
    """On the page: a box of its own, not ticked."""
    unread = world.office.open(letter(world.office, source()), cleared=("amina", "ben"))
    ben = Person(app, world.office, "ben")
    data = {"deed": "close", "reason": "Done.", "outcome": "misuse", "picked": [unread, world.quiet[0]]}
    summary = ben.post("/bulk/summary", **data)[2]
    box = re.search(rf'<input type="checkbox" id="case-{unread}"[^>]*>', summary)
    assert box
    assert "checked" not in box[0]
    done = ben.post("/bulk/do", **form_to(summary, "/bulk/do").data())[2]
    assert "1 case is closed." in done
    assert not closed(world, unread)
