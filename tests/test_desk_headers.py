"""Every answer of the desk, whatever it is, carries every header: the list stands here, not in the product alone."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.errors import TryLater
from keys.errors import SealBroken
from serving.worker import BAD_REQUEST
from store.desk.roles import Role
from store.errors import NoRoom
from tests.desk_office import PASSWORD
from tests.desk_routes import NEVER_WAS, ODD_METHODS, Desk, furnished, token

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
# What no page may use, at least.
FEATURES = ("camera", "microphone", "geolocation", "usb", "clipboard-read", "display-capture", "payment")
# The pages whose policy is another, and what it is. A page with a script needs a line here, and a reason.
POLICIES = {
    # A file from a stranger: should a browser show it after all, it shows it without anything.
    "/case/<reference>/attachment/<attachment_id>": POLICY.replace(
        "style-src 'self'; img-src 'self'", "style-src 'none'; img-src 'none'"
    )
    + "; sandbox",
}
# The pages that ask for a passkey, and the one script they have.
WITH_SCRIPT = {
    "/sign-in",
    "/account",
    "/account/end",
    "/account/password",
    "/account/recovery-codes",
    "/account/authenticator",
    "/account/passkeys",
    "/account/passkeys/<passkey_id>",
}
SCRIPT = '<script src="/static/passkeys.js" defer></script>'
SCRIPT_POLICY = f"{POLICY}; script-src 'self'"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with cases."""
    with furnished(tmp_path_factory.mktemp("headers") / "desk") as made:
        yield made


def check(answer: TestResponse, policy: str = POLICY) -> None:
    """Every header is there, once, and no other tells who serves; a cookie is for this desk's pages alone."""
    for name, value in {**HEADERS, "Content-Security-Policy": policy}.items():
        assert [said.rstrip("; ") for said in answer.headers.getlist(name)] == [value], (answer.request.path, name)
    [permissions] = answer.headers.getlist("Permissions-Policy")
    assert all(f"{feature}=()" in permissions for feature in FEATURES)
    assert "*" not in permissions
    for cookie in answer.headers.getlist("Set-Cookie"):
        told = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/"} <= told or "max-age=0" in told, cookie
        assert not any(part.startswith("domain") for part in told)
    for name in ("ETag", "Last-Modified", "Access-Control-Allow-Origin", "X-Powered-By"):
        if answer.request.path.startswith("/static/") and name in ("ETag", "Last-Modified"):
            continue
        assert name not in answer.headers, (answer.request.path, name)


def test_every_route_and_method_answers_with_every_header(desk: Desk) -> None:
    """Signed in, with the right token; signed in without it; and as a stranger."""
    names = {desk.whose(rule) for rule in desk.routes()} - {None}
    # The sign-out comes last, and ends the session.
    routes = sorted(desk.routes(), key=lambda rule: rule.rule == "/sign-out")
    browsers = {name: desk.browser(name) for name in names if name}
    seen: set[int] = set()
    for rule in routes:
        who = desk.whose(rule)
        browser = browsers[who] if who else desk.app.test_client()
        for method in sorted((rule.methods or set()) | set(ODD_METHODS)):
            data = {"csrf_token": token(browser)} if who and method == "POST" else {}
            for caller, form in ((desk.app.test_client(), {}), (browser, {}), (browser, data)):
                answer = caller.open(desk.address(rule), method=method, data=form)
                is_it = answer.status_code == 200 and method in ("GET", "HEAD")
                answer.close()
                policy = POLICIES.get(rule.rule, POLICY) if is_it else POLICY
                if rule.rule in WITH_SCRIPT and (SCRIPT in answer.text or method == "HEAD"):
                    policy = answer.headers["Content-Security-Policy"] if method == "HEAD" else SCRIPT_POLICY
                    assert policy in (POLICY, SCRIPT_POLICY)
                check(answer, policy)
                seen.add(answer.status_code)
    assert {200, 303, 400, 405} <= seen


def test_every_policy_belongs_to_a_page(desk: Desk) -> None:
    """An exception without its page is one too many; and none lets a script in unless it is said here."""
    assert POLICIES.keys() <= {rule.rule for rule in desk.routes()}
    pages = {rule.rule for rule in desk.routes("GET")} - POLICIES.keys()
    for policy in (POLICY, *POLICIES.values()):
        assert "unsafe" not in policy
    assert pages


FAULTS: dict[str, tuple[int, Callable[[], Exception]]] = {
    "a full disk": (507, NoRoom),
    "too many attempts": (429, lambda: TryLater("Wait a moment.", 7)),
    "something altered": (500, lambda: SealBroken("altered")),
    "a fault of ours": (500, lambda: ValueError("canary in a traceback")),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("words", ["", "an hour of work"])
def test_every_fault_answers_with_every_header_and_every_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    """A page of ours, with what was typed, and not a word of what went wrong inside."""
    code, make = FAULTS[fault]

    def fail(*_arguments: object, **_named: object) -> None:
        raise make()

    browser = desk.browser(Role.REVIEWER.value)
    monkeypatch.setattr("journalist_interface.views_case.write_note", fail)
    form = {"csrf_token": token(browser), "note": words, "item": "ab" * 16}
    answer = browser.post(f"/case/{desk.mine}/note", data=form)
    check(answer)
    assert answer.status_code == code
    assert "canary" not in answer.text
    assert "Candour desk</title>" in answer.text
    assert words in answer.text
    assert ("Retry-After" in answer.headers) == (code == 429)


# To somebody who is not signed in; where nothing else is said, the same.
TO_STRANGERS = {"a case that never was": 303, "too long a form": 303, "far too long a form": 303}
REFUSED: dict[str, tuple[int, Callable[[FlaskClient], TestResponse]]] = {
    "an address that never was": (404, lambda browser: browser.get("/never-was")),
    "an address that is no address": (404, lambda browser: browser.get("/%00%ff/../..//")),
    "a case that never was": (404, lambda browser: browser.get(f"/case/{NEVER_WAS}")),
    "another kind of body": (415, lambda browser: browser.post("/account/end", data="x", content_type="text/plain")),
    "too long a form": (413, lambda browser: browser.post("/account/end", data={"session": "x" * 600_000})),
    "far too long a form": (413, lambda browser: browser.post("/account/end", data={"session": "x" * 5_000_000})),
    "another site": (400, lambda browser: browser.post("/account/end", headers={"Origin": "http://evil.example"})),
    "another name of this host": (421, lambda browser: browser.get("/", base_url="http://evil.example")),
    "a wrong password": (401, lambda browser: browser.post("/sign-in", data={"username": "x"})),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_refusal_answers_with_every_header(desk: Desk, what: str, signed_in: bool) -> None:
    """Whoever asks."""
    browser = desk.browser(Role.REVIEWER.value) if signed_in else desk.app.test_client()
    code, ask = REFUSED[what]
    answer = ask(browser)
    check(answer, SCRIPT_POLICY if what == "a wrong password" else POLICY)
    assert answer.status_code == (code if signed_in else TO_STRANGERS.get(what, code))


def test_a_file_that_is_damaged_or_exported_carries_them_too(desk: Desk) -> None:
    """An attachment is never shown, never kept, and has a policy of its own; the trail as a file has that of a page."""
    got = desk.browser(Role.REVIEWER.value).get(f"/case/{desk.mine}/attachment/{desk.attachment(desk.mine)}")
    check(got, POLICIES["/case/<reference>/attachment/<attachment_id>"])
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment;")
    auditor = desk.browser(Role.AUDITOR.value)
    taken = auditor.post("/audit/export", data={"csrf_token": token(auditor), "format": "csv"})
    check(taken)
    assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert taken.headers["Content-Type"].startswith("text/plain")


def test_the_cookie_of_sign_in_and_its_end(desk: Desk) -> None:
    """For this desk's own pages alone, out of reach of any script, as long as the browser runs; then it is gone."""
    form = {"username": "reviewer", "password": PASSWORD, "code": desk.office.code("reviewer")}
    browser = desk.app.test_client()
    entered = browser.post("/sign-in", data=form)
    [cookie] = entered.headers.getlist("Set-Cookie")
    assert cookie.startswith("candour_desk=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Strict"}
    left = browser.post("/sign-out", data={"csrf_token": token(browser)})
    check(left)
    assert left.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    secure = desk.app.test_client().post("/sign-in", base_url="https://localhost", data=form)
    check(secure)
    assert "Secure" in secure.headers["Set-Cookie"]


def test_no_page_runs_or_fetches_anything_from_elsewhere(desk: Desk) -> None:
    """No script, no handler, no style in a tag, no address of another site on any page; frames neither."""
    for role in ("amina", *Role):
        browser = desk.browser(role)
        for rule in desk.routes("GET"):
            if rule.rule in POLICIES or rule.endpoint == "static":
                continue
            page = browser.get(desk.address(rule)).text
            if rule.rule in WITH_SCRIPT:
                page = page.replace(SCRIPT, "", 1)
            assert not re.search(r"<(script|iframe|object|embed|base)\b|\son\w+=|\sstyle=|https?://", page), rule.rule


def test_what_is_no_request_gets_the_headers_too() -> None:
    """The server's own refusal, of what never reached the desk."""
    head = BAD_REQUEST.split(b"\r\n\r\n")[0].decode("ascii")
    said = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    for name, value in HEADERS.items():
        assert said[name] == value
    assert len(BAD_REQUEST.split(b"\r\n\r\n", 1)[1]) == int(said["Content-Length"])
