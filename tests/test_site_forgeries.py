"""Forged forms at the running site: without a token, from other sites, with fields and cookies given twice."""

from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask

from bench.source_client import SourceClient
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from tests.site_attacker import LARGE, SMALL, Member, contents, folder, get, one, site

__all__ = ["folder", "site"]


@dataclass(frozen=True)
class Guard:
    """How a route that changes something is guarded, and the status of a form without the right token."""

    how: str
    refused: int


# Every route that takes a POST. A new one needs a decision here.
GUARDS = {
    "/return": Guard("the form token, before the view is called", 400),
    "/report": Guard("the form token, when the streamed form has been read", 400),
    "/inbox": Guard("the form token, when the form has been read", 400),
    "/withdraw": Guard("the form token, in the view, which gives back what was typed", 400),
    "/join": Guard("the form token, in the view, which gives back what was typed", 400),
    "/file": Guard("the form token, before the view", 400),
    "/leave": Guard("none: leaving must never fail, and a post from elsewhere brings no cookie", 303),
}


@pytest.fixture
def member(site: str) -> Member:
    """Somebody who has sent a report and has the inbox open."""
    client = SourceClient(site)
    assert client.report("words", codename=client.take_codename()).status == 200
    page = client.get("/inbox")
    client.close()
    return Member(site, client.cookies["visit"], unescape(page.hidden("csrf_token")), page.hidden("submission"))


def test_every_route_that_changes_something_has_a_guard(folder: DropFolder) -> None:
    """The URL map is asked, not our memory: only GET, HEAD and POST, and every POST is in the table."""
    app: Flask = create_site(folder.root)
    try:
        assert {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())} == set(GUARDS)
        for rule in app.url_map.iter_rules():
            assert rule.methods is not None
            assert rule.methods <= {"GET", "HEAD", "POST"}, rule.rule
    finally:
        app.extensions[EXTENSION].drop.database.close()


WRONG_TOKENS = ("missing", "empty", "another visit's", "this visit's, with a letter changed", "the right one second")


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
@pytest.mark.parametrize("path", GUARDS)
def test_a_form_without_its_visits_token_changes_nothing(
    site: str, folder: DropFolder, member: Member, path: str, wrong: str
) -> None:
    """Whoever is signed in, whatever the form holds: without the token of this very visit nothing is stored or gone."""
    other = SourceClient(site)
    foreign = unescape(other.get("/report").hidden("csrf_token"))
    other.close()
    changed = ("A" if member.token[0] != "A" else "B") + member.token[1:]
    tokens = {
        "missing": [],
        "empty": [""],
        "another visit's": [foreign],
        "this visit's, with a letter changed": [changed],
        "the right one second": [foreign, member.token],
    }[wrong]
    before = contents(folder)
    fields = [
        *(("csrf_token", token) for token in tokens),
        ("message", "forged"),
        ("one_way", "yes"),
        ("reply", "a" * 32),
    ]
    kinds = (
        (SMALL,)
        if path in ("/return", "/withdraw", "/join", "/file")
        else (LARGE,)
        if path == "/report"
        else (SMALL, LARGE)
    )
    for kind in kinds:
        answer = member.post(path, fields, kind=kind)
        assert answer.status == GUARDS[path].refused
    if path != "/leave":
        assert contents(folder) == before


FOREIGN = {
    "another origin": ["Origin: http://evil.example"],
    "another origin that begins as ours": ["Origin: http://candour.onion.evil.example"],
    "an origin that is none": ["Origin: http://[evil"],
    "an extension's origin": ["Origin: moz-extension://evil"],
    "a form on another site": ["Sec-Fetch-Site: cross-site", "Origin: null"],
    "a form on a neighbour": ["Sec-Fetch-Site: same-site"],
}
OWN = {
    "no word": [],
    "a null origin": ["Origin: null"],
    "our origin": ["Origin: http://candour.onion"],
    "the same origin": ["Sec-Fetch-Site: same-origin", "Origin: null"],
    "typed by hand": ["Sec-Fetch-Site: none"],
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_form_that_stood_elsewhere_is_refused_even_with_its_token(
    member: Member, folder: DropFolder, headers: list[str]
) -> None:
    """Where a browser says that a form is not ours, no token helps it."""
    before = contents(folder)
    for path in GUARDS:
        assert member.post(path, [("csrf_token", member.token), ("message", "forged")], *headers).status == 403
    assert contents(folder) == before


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN.keys())
def test_a_form_of_ours_is_taken_whatever_else_the_browser_says(member: Member, headers: list[str]) -> None:
    """Tor Browser, Firefox and Chromium say different things: none of them is required."""
    fields = [("csrf_token", member.token), ("submission", member.submission), ("message", "more")]
    assert member.post("/inbox", fields, *headers).status == 303


def test_of_a_field_given_twice_the_first_counts_everywhere(folder: DropFolder, member: Member) -> None:
    """Never half of each: token, id, act and text are all the first of their name."""
    before = len(contents(folder)["submissions"])
    twice = [("csrf_token", member.token), ("csrf_token", "x"), ("submission", member.submission)]
    twice += [("submission", "b" * 32), ("message", ""), ("message", "second")]
    assert member.post("/inbox", twice).status == 422
    twice[4:] = [("message", "first"), ("message", "second")]
    assert member.post("/inbox", twice).status == 303
    # The same form with the first id: it is the one just sent, and no other.
    assert member.post("/inbox", twice).status == 303
    assert len(contents(folder)["submissions"]) == before + 1
    codenames = [("csrf_token", member.token), ("codename", "one two"), ("codename", "abacus")]
    page = member.post("/return", [(name, value.replace(" ", "+")) for name, value in codenames], kind=SMALL)
    assert page.status == 422
    assert b"one two" in page.body
    assert b"abacus" not in page.body


def test_of_two_visit_cookies_neither_counts(site: str, member: Member) -> None:
    """Somebody who could plant a cookie beside ours could choose which one is read: so none is."""
    other = SourceClient(site)
    other.get("/")
    planted = other.cookies["visit"]
    other.close()
    for cookies in (f"{member.cookie}; visit={planted}", f"{planted}; visit={member.cookie}"):
        both = Member(site, cookies, member.token, member.submission)
        assert b'name="codename"' in one(site, get("/inbox", f"Cookie: visit={cookies}")).body
        assert both.post("/return", [("csrf_token", member.token)], kind=SMALL).status == 400
    assert b'name="codename"' not in one(site, get("/inbox", f"Cookie: visit={member.cookie}")).body


def test_asking_for_a_page_changes_nothing(site: str, folder: DropFolder, member: Member) -> None:
    """GET and HEAD of every page, with the fields of every form, leave every row and blob as it was.

    `/left` alone ends a session, as it says; and reading a reply marks it read, of which there is none here.
    """
    app: Flask = create_site(folder.root)
    paths = [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments and rule.rule != "/left"]
    app.extensions[EXTENSION].drop.database.close()
    before = contents(folder)
    query = f"?csrf_token={member.token}&message=m&one_way=yes&reply={'a' * 32}&act=delete&codename=x&_method=POST"
    for path in paths:
        for method in ("GET", "HEAD"):
            one(
                site, get(path + query, f"Cookie: visit={member.cookie}", "X-HTTP-Method-Override: POST", method=method)
            )
    assert contents(folder) == before


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: str) -> None:
    """One cookie, for this host alone, without a lifetime, not for scripts, not with other sites' posts."""
    (spelt,) = one(site, get("/")).header("Set-Cookie")
    name_and_value, *attributes = spelt.split("; ")
    assert name_and_value.startswith("visit=")
    assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=Lax"}
