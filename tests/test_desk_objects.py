"""Ids of other cases and other people, in every place that takes one: the answer is that of a thing that never was."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from store.desk.roles import Role
from tests.desk_fields import FIELDS, INTERFACE, asking, written
from tests.desk_office import write_letter
from tests.desk_routes import Desk, furnished, plain, token
from tests.foreign_ids import FOREIGN, ITS_OWN, NEVER_ID, Foreign
from tests.harms import snapshot


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: what is refused changes nothing."""
    with furnished(tmp_path_factory.mktemp("objects") / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def ask(desk: Desk) -> Callable[..., TestResponse]:
    """Ask a route as somebody who may use it, with these fields."""
    return asking(desk)


def takes_ids(desk: Desk) -> set[tuple[str, str]]:
    """Every route with an id that it takes, as the addresses and the forms of the templates have it."""
    found = {(rule.rule, place) for rule in desk.routes() for place in rule.arguments if FIELDS[place] == "id"}
    endpoints = {rule.endpoint: rule.rule for rule in desk.routes()}
    for template in (INTERFACE / "templates").glob("*.html"):
        for form in re.findall(r"<form\b.*?</form>", template.read_text("utf-8"), re.DOTALL):
            action = re.search(r"action=\"\{\{ url_for\('([\w.]+)'", form)
            names = set(re.findall(r'\sname="(\w+)"', form))
            if action:
                found |= {(endpoints[action[1]], name) for name in names if FIELDS[name] == "id"}
    # A list of the staff, for a filter: no object that anybody owns.
    return found - {("/audit", "actor")}


def test_every_id_of_every_route_is_tried(desk: Desk) -> None:
    """An id that no line of the table tries fails here."""
    assert takes_ids(desk) - ITS_OWN == {(each.rule, each.name) for each in FOREIGN} - {("/audit/export", "case")}


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda each: f"{each.name} to {each.rule}")
def test_an_id_of_something_else_is_an_id_of_nothing(
    desk: Desk, ask: Callable[..., TestResponse], foreign: Foreign
) -> None:
    """The same status and page, byte for byte but for what was asked with; no row and no file is another."""
    # Where an address takes both, the one that changes something.
    rule = max(
        (each for each in desk.routes() if each.rule == foreign.rule), key=lambda each: "POST" in (each.methods or ())
    )
    form = foreign.form(desk)

    def answer(value: str) -> tuple[int, str, str | None]:
        in_address = foreign.name in rule.arguments
        in_query = "POST" not in (rule.methods or ()) and not in_address
        places = {foreign.name: value} if in_address else {}
        fields = {**form, **({} if in_address or in_query else {foreign.name: value})}
        got = ask(rule, places, fields, {foreign.name: value} if in_query else {})
        # Names stand on the page in any case.
        page = plain(got) if foreign.name in ("who", "cleared", "name") else plain(got).replace(value, "…")
        return got.status_code, page, got.location

    ids = foreign.ids(desk)
    before, files = desk.rows(), snapshot(desk.office.folder)
    never = answer(foreign.never)
    for what, value in ids.items():
        assert value
        assert answer(value) == never, what
    if "export" not in foreign.rule:
        assert written(before, desk.rows()) == set()
    assert snapshot(desk.office.folder) == files


WRITTEN = {
    "reply": {"text": "canary"},
    "status": {"status": "closed", "reason": "canary", "outcome": "misuse"},
    "note": {"note": "canary"},
}


def test_an_item_of_this_case_is_not_written_over(desk: Desk, ask: Callable[..., TestResponse]) -> None:
    """Nothing is sent, and the words come back."""
    rules = {rule.rule: rule for rule in desk.routes()}
    before = desk.rows()
    for name, form in WRITTEN.items():
        for item in desk.items(desk.mine):
            got = ask(rules[f"/case/<reference>/{name}"], {}, {**form, "item": item}, {})
            assert got.status_code == 422, name
            assert "canary" in got.text
    assert written(before, desk.rows()) == set()


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("whose", ["also_mine", "foreign", "nobody"])
def test_an_id_of_another_case_is_as_good_as_one_that_never_was(tmp_path: Path, name: str, whose: str) -> None:
    """What is written gets an id of its own: who was kept out cannot try whether an item that they knew is there."""
    with furnished(tmp_path / "desk") as own:
        item = NEVER_ID if whose == "nobody" else own.items(getattr(own, whose))[0]
        theirs, count = own.items(own.foreign), len(own.items(own.mine))
        browser = own.browser(Role.REVIEWER.value)
        form = {"csrf_token": token(browser), "item": item, **WRITTEN[name]}
        got = browser.post(f"/case/{own.mine}/{name}", data=form)
        assert (got.status_code, got.location) == (303, f"/case/{own.mine}#latest")
        assert own.items(own.foreign) == theirs
        assert len(own.items(own.mine)) > count
        assert (item in own.items(own.mine)) == (whose == "nobody")


def test_a_letter_of_a_colleagues_case_stays_in_the_post(desk: Desk) -> None:
    """Not opened, not put back, not named; that somebody tried is recorded."""
    office = desk.office
    with office.desk.database.reading() as connection:
        asked = "SELECT reply_key FROM cases WHERE reference = ?"
        key = connection.exec_driver_sql(asked, (desk.foreign,)).scalar_one()
    letter = office.deliver(write_letter(key, "canary"))
    browser = desk.browser(Role.INTAKE_OFFICER.value)
    form = {"csrf_token": token(browser), "submission": letter.submission, "cleared": Role.REVIEWER.value}
    browser.post("/post/unlock", data=form)
    before, seen = desk.rows(), desk.count_acts()
    opened = browser.post("/post/open", data=form)
    assert opened.status_code == 404
    assert not re.search(f"canary|{desk.foreign}", opened.text)
    assert browser.post("/post/retry", data=form).status_code == 303
    after = desk.rows()
    # The readers of that case are told that it waits.
    assert {name for name in after if after[name] != before[name]} == {"audit", "further_letters"}
    assert {act for _who, act in desk.acts_since(seen)} <= {"open-failed", "queue", "retry"}
