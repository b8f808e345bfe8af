"""Every POST of the desk, forged in every way: a page of ours, a proper status, and not one row is another."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from journalist_interface.csrf import is_same_site
from store.desk.roles import Role
from tests.desk_routes import ODD_METHODS, Desk, furnished, token

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: nothing here changes it."""
    with furnished(tmp_path_factory.mktemp("forged") / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def browsers(desk: Desk) -> dict[str, FlaskClient]:
    """A browser for each account that some route needs; and bartek's."""
    names = {desk.whose(rule) for rule in desk.routes("POST")} | {"bartek"}
    return {name: desk.browser(name) for name in names if name}


@pytest.fixture(scope="module")
def ended(desk: Desk, browsers: dict[str, FlaskClient]) -> dict[str, str]:
    """For each of them the token of a session that has ended."""
    found = {}
    for name in browsers:
        browser = desk.browser(name)
        found[name] = token(browser)
        browser.post("/sign-out", data={"csrf_token": found[name]})
    return found


def changes(desk: Desk) -> list[tuple[Rule, str]]:
    """Every route that changes something for somebody signed in, and who that is."""
    return [(rule, who) for rule in desk.routes("POST") if (who := desk.whose(rule))]


def test_the_routes_are_found(desk: Desk) -> None:
    """Generated tests over nothing would be green."""
    assert len(changes(desk)) >= 15
    assert [rule for rule in desk.routes("POST") if desk.whose(rule) is None]


def is_our_page(page: str) -> bool:
    """Whether it is a page of the desk, and not a library's."""
    return "· Candour desk</title>" in page and "Traceback" not in page and "Werkzeug" not in page


def test_no_change_without_the_token_of_the_session(
    desk: Desk, browsers: dict[str, FlaskClient], ended: dict[str, str]
) -> None:
    """None, another session's, an ended session's, one in the address, one cut short, one that is no ASCII."""
    before = desk.rows()
    tokens = {name: token(browser) for name, browser in browsers.items()}
    for rule, who in changes(desk):
        wrongs: dict[str, tuple[dict[str, str], str]] = {
            "none": ({}, ""),
            "another's": ({"csrf_token": tokens["bartek"]}, ""),
            "an ended session's": ({"csrf_token": ended[who]}, ""),
            "in the address": ({}, f"?csrf_token={tokens[who]}"),
            "cut short": ({"csrf_token": tokens[who][:-1]}, ""),
            "in capitals": ({"csrf_token": tokens[who].upper().replace("A", "\uff21")}, ""),
            "odd": ({"csrf_token": "é\x00"}, ""),
        }
        for wrong, (data, query) in wrongs.items():
            answer = browsers[who].post(desk.address(rule) + query, data=data)
            assert answer.status_code == 400, (rule.rule, wrong)
            assert is_our_page(answer.text), (rule.rule, wrong)
    assert desk.rows() == before


STRANGE_ORIGINS = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another port of this machine": {"Sec-Fetch-Site": "same-site"},
    "a word that no browser says": {"Sec-Fetch-Site": "SAME-ORIGIN"},
    "nothing said of the site": {"Sec-Fetch-Site": ""},
    "another origin": {"Origin": "http://evil.example"},
    "another port as origin": {"Origin": "http://localhost:1"},
    "our name inside another": {"Origin": "http://localhost.evil.example"},
    "our name as a user": {"Origin": "http://localhost@evil.example"},
    "an origin that is none": {"Origin": "http://[localhost"},
    "an empty origin": {"Origin": ""},
    "another origin, called ours": {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
}


@pytest.mark.parametrize("strange", STRANGE_ORIGINS)
def test_no_change_that_comes_from_elsewhere(desk: Desk, browsers: dict[str, FlaskClient], strange: str) -> None:
    """Even with the right token; sign-in, and whatever else needs no session, listens too."""
    before = desk.rows()
    stranger = desk.app.test_client()
    for rule in desk.routes("POST"):
        who = desk.whose(rule)
        browser = browsers[who] if who else stranger
        data = {"csrf_token": token(browser)} if who else {}
        answer = browser.post(desk.address(rule), data=data, headers=STRANGE_ORIGINS[strange])
        assert answer.status_code == 400, rule.rule
        assert is_our_page(answer.text), rule.rule
    assert desk.rows() == before


def test_whoever_does_not_say_where_a_form_comes_from_is_believed() -> None:
    """No browser says it to an onion service by plain http: the token and the cookie stand there alone."""
    assert is_same_site(None, None, "localhost")
    for said in ("same-origin", "none"):
        assert is_same_site(said, "null", "localhost")
    assert is_same_site("same-origin", "http://desk.example:8080", "desk.example:8080")
    assert not is_same_site(None, "http://desk.example", "desk.example:8080")


def test_no_change_in_another_kind_of_body(desk: Desk, browsers: dict[str, FlaskClient]) -> None:
    """What a page elsewhere can send without asking (text/plain), files, JSON: refused before it is read."""
    before = desk.rows()
    stranger = desk.app.test_client()
    kinds = ("text/plain", "multipart/form-data; boundary=x", "application/json", "application/x-www-form-urlencodedx")
    for rule in desk.routes("POST"):
        who = desk.whose(rule)
        browser = browsers[who] if who else stranger
        body = f"csrf_token={token(browser) if who else ''}"
        for kind in kinds:
            answer = browser.post(desk.address(rule), data=body, content_type=kind)
            # The one that takes files reads them itself, and this is no such form: test_desk_reply_files_form.py.
            status = 400 if rule.rule == "/case/<reference>/files" and kind.startswith("multipart") else 415
            assert (answer.status_code, is_our_page(answer.text)) == (status, True), (rule.rule, kind)
    assert desk.rows() == before


def test_every_other_method_is_refused_with_a_page_of_ours(desk: Desk, browsers: dict[str, FlaskClient]) -> None:
    """GET of what takes a POST, POST of what takes a GET, and methods that nobody uses; no list of what there is."""
    before = desk.rows()
    stranger = desk.app.test_client()
    for rule in desk.routes():
        who = desk.whose(rule)
        browser = browsers[who] if who and who in browsers else stranger
        taken = {method for other in desk.routes() if other.rule == rule.rule for method in other.methods or ()}
        for method in {"GET", "POST", *ODD_METHODS} - taken:
            for caller in (browser, stranger):
                answer = caller.open(desk.address(rule), method=method)
                assert answer.status_code == 405, (rule.rule, method)
                assert method == "HEAD" or is_our_page(answer.text), (rule.rule, method)
                assert "Allow" not in answer.headers
    assert desk.rows() == before


def test_a_head_is_a_page_without_its_body(desk: Desk, browsers: dict[str, FlaskClient]) -> None:
    """The same status as GET, and nothing of the content."""
    for rule in desk.routes("HEAD"):
        who = desk.whose(rule)
        browser = browsers.get(who or "", desk.app.test_client())
        asked, headed = browser.get(desk.address(rule)), browser.head(desk.address(rule))
        assert headed.status_code == asked.status_code, rule.rule
        assert headed.data == b""
        asked.close()
        headed.close()


def test_a_cookie_that_is_none_leads_to_sign_in(desk: Desk) -> None:
    """Odd cookies, old ones, two at once: no page, no fault."""
    for cookie in ("", "x", "é", "a" * 5000, "." * 50, "0" * 64, "%00", "; candour_desk=x; candour_desk=y"):
        for rule in desk.routes():
            if desk.whose(rule) is None:
                continue
            for method in {"GET", "POST"} & (rule.methods or set()):
                answer = desk.app.test_client().open(
                    desk.address(rule),
                    method=method,
                    headers={"Cookie": f"candour_desk={cookie}".encode().decode("latin-1")},
                )
                assert (answer.status_code, answer.location) == (303, "/sign-in"), (rule.rule, cookie)


def test_a_change_is_nobodys_but_the_one_whose_cookie_it_is(desk: Desk, browsers: dict[str, FlaskClient]) -> None:
    """A colleague's cookie with my token, and mine with theirs, are both refused."""
    mine, theirs = browsers[Role.REVIEWER.value], browsers["bartek"]
    before = desk.rows()
    for browser, wrong in ((mine, token(theirs)), (theirs, token(mine))):
        answer = browser.post("/sign-out", data={"csrf_token": wrong}, content_type=FORM)
        assert answer.status_code == 400
    assert desk.rows() == before
