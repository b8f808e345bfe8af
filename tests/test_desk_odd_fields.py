"""Whatever stands where an id, a number or a choice belongs, in every field and every place of an address: no fault."""

from collections.abc import Callable, Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.desk_fields import FIELDS, asking, names_of_the_interface, written
from tests.desk_routes import Desk, furnished
from tests.fields_read import EVERY_FIELD, read_since, recording
from tests.harms import snapshot


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: what is refused changes nothing."""
    with furnished(tmp_path_factory.mktemp("odd") / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def ask(desk: Desk) -> Callable[..., TestResponse]:
    """Ask a route as somebody who may use it, with these fields."""
    return asking(desk)


ODD = {
    "nothing": "",
    "a space": " ",
    "in small letters": "7k3m-q9tw",
    "too long": "a" * 3_000,
    "NUL": "ab\x00cd",
    "a path": "../../desk.sqlite",
    "a path in disguise": "..%2f..%2fdesk.sqlite",
    "SQL": "' OR '1'='1",
    "a wildcard": "%",
    "no ASCII": "\uff45\u202e\u0663é",
    "a number past every integer": "9" * 30,
    "a number of a thousand digits": "9" * 5_000,
    "a negative number": "-1",
}


def test_every_field_is_decided_on(desk: Desk) -> None:
    """A new field, or a new place in an address, fails here until somebody says what it is."""
    places = {place for rule in desk.routes() for place in rule.arguments}
    # The fields of a macro's or loop's making are read by a view in any case.
    found = {name for name in names_of_the_interface() if "{{" not in name} | places
    assert {"reference", "attachment_id", "submission", "who", "text", "boxes", "current"} <= found
    assert found - FIELDS.keys() == set()


# They take no field, or secrets alone, which have tests of their own.
READ_NOTHING = {
    "/sign-out",
    "/sign-in",
    "/account/password",
    "/post/collect",
    "/post/unlock",
    "/post/lock",
    "/people/<username>/suspend",
    "/people/<username>/readmit",
    "/people/<username>/key",
    "/people/<username>/key/away",
    "/templates/first/keep",
}


@pytest.fixture(scope="module")
def read_at_once(desk: Desk, ask: Callable[..., TestResponse]) -> list[tuple[Rule, set[str]]]:
    """Each route, and what it reads when none of its fields is sent: that is no fault and no change either."""
    before, files, found = desk.rows(), snapshot(desk.office.folder), []
    with recording(desk.app):
        for rule in (each for each in desk.routes() if each.rule not in READ_NOTHING):
            read_since()
            assert ask(rule, {}, {}, {}).status_code < 500, rule.rule
            found.append((rule, read_since()))
    assert written(before, desk.rows()) <= {"audit"}
    assert snapshot(desk.office.folder) == files
    return found


def new_to(tried: set[str], read: set[str]) -> set[str]:
    """Of the names that were read, those that are to be tried and were not yet."""
    names = {name for name, what in FIELDS.items() if what != "words"}
    names -= {"csrf_token", "form_id", "writer", "filename", "all"}
    return (names if EVERY_FIELD in read else names & read) - tried


@pytest.mark.parametrize("odd", ODD)
def test_whatever_stands_where_an_id_belongs(
    desk: Desk, ask: Callable[..., TestResponse], read_at_once: list[tuple[Rule, set[str]]], odd: str
) -> None:
    """In every place of an address, and every field that a route reads, numbers, days and choices too: never a fault,
    never a change. What it does not read cannot matter to it, and is not sent one by one.
    """
    before, files = desk.rows(), snapshot(desk.office.folder)
    for rule, at_once in read_at_once:
        for name in sorted(new_to(set(), rule.arguments)):
            # A slash makes another address of it.
            got = ask(rule, {name: ODD[odd].replace("/", "%5c") or " "}, {}, {})
            assert got.status_code in (404, 308), (rule.rule, name)
        tried = set(rule.arguments)
        waiting = sorted(new_to(tried, at_once))
        with recording(desk.app):
            while waiting:
                # Each that was asked for, which may lead to others that are.
                name = waiting.pop()
                tried.add(name)
                read_since()
                got = ask(rule, {}, {name: ODD[odd]}, {name: ODD[odd]})
                assert got.status_code < 500, (rule.rule, name)
                waiting += sorted(new_to(tried | set(waiting), read_since()))
        # What is recorded is what is read: else this would try nothing, and never fail.
        assert rule.rule != "/case/<reference>/status" or {"status", "item", "outcome", "seen"} <= tried
    # Looking at one's own things is recorded; nothing else is.
    assert written(before, desk.rows()) <= {"audit"}
    assert snapshot(desk.office.folder) == files
