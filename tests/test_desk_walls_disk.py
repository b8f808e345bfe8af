"""Everybody who is not cleared for a case, with password, sessions and the whole disk: they find nothing of it.

The desk is a rich one, and every word of its cases is a canary. Each person tries every key they have on every sealed
value of the database and its log, the vault and the post (tests/desk_intruder.py), and asks for every page and address.
"""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.desk_app import create_desk
from journalist_interface.gate import COOKIE, roles_for
from serving.server import CLOSE
from tests.desk_intruder import Intruder, traces_of
from tests.desk_office import new_office, sign_in
from tests.walled_world import OUTSIDERS, World, make_world, pending

NEVER_WAS = "0000-0000"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """That desk."""
    with new_office(tmp_path_factory.mktemp("walls") / "desk") as office:
        yield make_world(office)


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[Flask]:
    """The desk's application."""
    made = create_desk(world.office.folder)
    yield made
    made.extensions[CLOSE]()


@pytest.fixture(scope="module")
def browsers(app: Flask, world: World) -> dict[str, FlaskClient]:
    """A browser for each person, signed in; the officers have unlocked the post."""
    found = {}
    for name in (*OUTSIDERS, "amina"):
        found[name] = app.test_client()
        sign_in(found[name], world.office, name)
    for name in ("olga", "amina"):
        assert found[name].post("/post/unlock", data={"csrf_token": token(found[name])}).status_code == 303
    return found


def token(client: FlaskClient) -> str:
    """The form token of the session."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert found
    return unescape(found[1])


def intruder(world: World, browsers: dict[str, FlaskClient], name: str) -> Intruder:
    """That person, turned, with the cookie of the session that is open."""
    cookie = browsers[name].get_cookie(COOKIE)
    assert cookie is not None
    return Intruder(world.office, name, (cookie.value,), world.kept.get(name, ()))


# What each person reads with their own keys: it shows that those who read nothing would be seen to, if they did.
READS = {
    "amina": ("walled", "own", "post"),
    "bartek": ("own",),
    "olga": ("post",),
    "adam": (),
    "aud": (),
    "sue": (),
}


@pytest.mark.parametrize("name", READS)
def test_with_every_key_and_every_byte_of_the_disk(world: World, browsers: dict[str, FlaskClient], name: str) -> None:
    """Words, files, the two-word name, reasons: those of one's own cases, and none of another's, in any spelling."""
    words = {"walled": world.walled.all(), "own": world.own.all(), "post": pending(world)}
    # What the desk's own hands left out of a case's words.
    words["own"] = [word for word in words["own"] if not word.startswith(("own-further", "own-friend", "own-cleared"))]
    found = intruder(world, browsers, name).finds()
    for whose, canaries in words.items():
        expected = canaries if whose in READS[name] else []
        assert sorted(traces_of(canaries, found)) == sorted(expected), whose


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_number_in_a_row_is_the_size_of_a_file(world: World, browsers: dict[str, FlaskClient], name: str) -> None:
    """A file that one has is not recognised by its length: neither its own, nor that of what is sealed of it."""
    who = intruder(world, browsers, name)
    [size] = {len(content) for content in world.walled.files.values()} - {len(world.walled["content"])}
    numbers = {value for value in who._values() if isinstance(value, int)}
    numbers |= {path.stat().st_size for path in who._files()}
    assert not {size, size + 24 + -(-size // 65_536) * 17} & numbers


def answer_as_seen(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """Everything of an answer."""
    return answer.status_code, list(answer.headers), answer.data


def addresses(world: World) -> list[tuple[str, str, dict[str, str]]]:
    """Every request about the walled case, with {case} in the place of its reference."""
    item = world.items[0]
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("GET", "/case/{case}", {}),
        ("GET", "/case/{case}?boxes=12", {}),
        *(("GET", f"/case/{{case}}/attachment/{each}", {}) for each in (*world.attachments, item)),
    ]
    for form, fields in {
        "reply": {"item": item, "text": "x", "question": "y"},
        "status": {"item": item, "status": "closed", "reason": "x", "outcome": "misuse"},
        "note": {"item": item, "note": "x"},
        "safety": {"step": "raise", "reason": "x"},
        "clear": {"who": "bartek", "reason": "x"},
        "withdraw": {"who": "amina", "reason": "x"},
    }.items():
        asked += [("POST", f"/case/{{case}}/{form}", fields), ("POST", f"/case/{{case}}/{form}", {})]
    return asked


@pytest.mark.parametrize("name", OUTSIDERS)
def test_every_address_of_the_case_answers_as_one_that_never_was(
    world: World, browsers: dict[str, FlaskClient], name: str
) -> None:
    """Status, headers and body, byte for byte; for each route and each form, with ids that are the case's own."""
    client = browsers[name]
    form_token = token(client)
    for method, address, fields in addresses(world):
        data = {"csrf_token": form_token, **fields} if method == "POST" else None
        seen = [
            answer_as_seen(client.open(address.replace("{case}", reference), method=method, data=data))
            for reference in (world.reference, NEVER_WAS)
        ]
        assert seen[0] == seen[1], (method, address)
        assert seen[0][0] == 404, (method, address)


def test_another_cases_ids_open_nothing_in_ones_own(world: World, browsers: dict[str, FlaskClient]) -> None:
    """The files of the walled case, asked for under bartek's own, are files that never were."""
    client = browsers["bartek"]
    for attachment in world.attachments:
        there = client.get(f"/case/{world.own_reference}/attachment/{attachment}")
        never = client.get(f"/case/{world.own_reference}/attachment/{'0' * 32}")
        assert answer_as_seen(there) == answer_as_seen(never)
        assert there.status_code == 404


def pages(app: Flask, name: str) -> list[str]:
    """Every page without a reference in its address that this person may see, and what can be asked of them."""
    roles = frozenset(OUTSIDERS[name])
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            rule.endpoint != "static"
            and "GET" in (rule.methods or ())
            and not rule.arguments
            and roles & roles_for(view)
        ):
            found += [rule.rule, f"{rule.rule}?page=2", f"{rule.rule}?page=999"]
    return found


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_page_says_a_word_of_the_case(app: Flask, world: World, browsers: dict[str, FlaskClient], name: str) -> None:
    """Nor that there is one: no reference, no name, no count; but that the auditor's trail has its number."""
    looked_at = pages(app, name)
    assert {"/", "/account"} <= set(looked_at)
    shown = b"".join(browsers[name].get(address, follow_redirects=True).data for address in looked_at)
    assert traces_of(world.walled.all(), shown) == []
    assert traces_of(pending(world), shown) == []
    assert (world.reference.encode() in shown) == (name == "aud")


def test_the_list_and_its_count_are_of_ones_own_cases(world: World, browsers: dict[str, FlaskClient]) -> None:
    """One case, on one page, however it is asked for; and the colleagues to choose from are the same for every case."""
    page = browsers["bartek"].get("/?status=any").text
    assert '<span class="count">1</span>' in page
    assert re.findall(r'href="/case/([^"?]*)\?', page) == [world.own_reference]
    own = browsers["bartek"].get(f"/case/{world.own_reference}").text
    offered = set(re.findall(r'<option value="(\w+)"', own)) - {"being-read", "passed-on", "closed"}
    assert "cora" in offered
    assert not offered & {"olga", "adam", "aud", "sue"}


def test_the_auditor_finds_and_takes_away_numbers_only(world: World, browsers: dict[str, FlaskClient]) -> None:
    """Every record about the case, on the page and in both files: who, what, when, which number."""
    client = browsers["aud"]
    trail = client.get("/audit", query_string={"case": world.reference}).data
    for form in ("csv", "jsonl"):
        ask = {"csrf_token": token(client), "format": form}
        exported = client.post("/audit/export", data=ask).data
        assert world.reference.encode() in exported
        trail += exported
    assert world.reference.encode() in trail
    assert traces_of([*world.walled.all(), *world.own.all(), *pending(world)], trail) == []
