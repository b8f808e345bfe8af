"""Passkeys in a real browser: Chromium with its virtual authenticator, against the running desk."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from journalist_interface.challenges import MOST_USED, SIGN_IN, Challenges
from journalist_interface.desk_app import create_desk
from journalist_interface.passkeys import MOST_PASSKEYS
from journalist_interface.recovery_codes import draw_codes
from keys.errors import PasskeyRefused
from keys.passkey import Passkey, stand_in_passkey
from serving.headers import COMMON_HEADERS, content_security_policy
from serving.server import CLOSE
from store.desk.account_tables import audit, second_factors
from store.desk.audit_reading import verify_trail
from store.desk.factors import FactorKind, count_factors
from tests.desk_office import PASSWORD, Office, new_office, sign_in
from tests.served import served

# What the page's script does, for a challenge and with a strictness that a test chooses.
ASK = """async ([challenge, rp, verification]) => {
  const bytes = (t) => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b)))
    .replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=+$/, "");
  const found = await navigator.credentials.get({
    publicKey: { challenge: bytes(challenge), rpId: rp, userVerification: verification } });
  return JSON.stringify({ id: text(found.rawId), client_data: text(found.response.clientDataJSON),
    authenticator_data: text(found.response.authenticatorData), signature: text(found.response.signature) });
}"""


@dataclass
class Desk:
    """A desk that is being served, and a browser that has an authenticator."""

    app: Flask
    office: Office
    address: str
    page: Page
    devtools: CDPSession
    authenticator: str

    def credentials(self) -> list[dict[str, Any]]:
        """What the authenticator holds."""
        held = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(held["credentials"])

    def challenge(self) -> str:
        """A challenge of the sign-in page."""
        found = re.search(r'data-challenge="([^"]*)"', self.app.test_client().get("/sign-in").text)
        assert found
        return found[1]

    def answer(self, challenge: str, page: Page | None = None, verification: str = "required") -> str:
        """What the authenticator answers to a challenge, on the page that is open."""
        return str((page or self.page).evaluate(ASK, [challenge, "localhost", verification]))

    def post(self, answer: str, username: str = "amina", password: str = PASSWORD, host: str = "") -> int:
        """Sign in with an answer, as any program could; return the status."""
        form = {"username": username, "password": password, "code": "", "passkey": answer}
        headers = {"Host": host or self.address.removeprefix("http://")}
        return self.app.test_client().post("/sign-in", data=form, headers=headers).status_code

    def last_act(self) -> tuple[str, str, str]:
        """Who did what last, and the note. The trail as a whole must hold."""
        with self.office.desk.database.reading() as connection:
            verify_trail(connection)
            row = connection.execute(audit.select().order_by(audit.c.number.desc()).limit(1)).one()
        return row.actor, row.act, row.note


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, scripts on."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield launched
        launched.close()


@pytest.fixture
def desk(office: Office, browser: Browser) -> Iterator[Desk]:
    """The running desk, opened as localhost, in a browser with an authenticator that knows its owner."""
    app = create_desk(office.folder)
    context = browser.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    with served(app) as url:
        yield Desk(app, office, url, page, devtools, made["authenticatorId"])
        context.close()
    app.extensions[CLOSE]()


def by_code(desk: Desk, username: str = "amina", steps: int = 0) -> None:
    """Sign in with the authenticator's code, in the browser."""
    desk.page.goto(desk.address + "/sign-in")
    desk.page.fill("#username", username)
    desk.page.fill("#password", PASSWORD)
    desk.page.fill("#code", desk.office.code(username, steps))
    desk.page.get_by_role("button", name="Sign in").click()
    desk.page.get_by_role("button", name="Sign out").wait_for()


def by_passkey(desk: Desk, username: str = "amina", password: str = PASSWORD) -> None:
    """Press the button for a passkey on the sign-in page, and wait for what comes."""
    desk.page.goto(desk.address + "/sign-in")
    desk.page.fill("#username", username)
    desk.page.fill("#password", password)
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Use a passkey").click()


def enrol(desk: Desk, code: str, label: str = "key on my ring") -> None:
    """Add a passkey on the account page, with a recovery code or another."""
    desk.page.goto(desk.address + "/account/passkeys")
    desk.page.fill("#label", label)
    desk.page.fill("#current", PASSWORD)
    desk.page.fill("#code", code)
    desk.page.get_by_role("button", name="Make the passkey").click()


def enrolled(desk: Desk) -> Desk:
    """Have amina enrol a passkey, and sign out."""
    by_code(desk)
    enrol(desk, desk.office.code(steps=1))
    desk.page.get_by_text("The passkey is added").wait_for()
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.get_by_role("heading", name="Sign in").wait_for()
    return desk


def signed_in_as(desk: Desk) -> str | None:
    """Who is signed in in the browser."""
    who = desk.page.locator("a.who")
    return who.inner_text().split()[-1] if who.count() else None


def test_a_passkey_is_added_and_lets_in(desk: Desk) -> None:
    """Again and again, its counter moving; the trail names the kind; the disk shows nothing of it."""
    enrolled(desk)
    assert desk.last_act()[:2] == ("amina", "sign-out")
    for _ in range(2):
        by_passkey(desk)
        assert signed_in_as(desk) == "amina"
        assert desk.last_act() == ("amina", "sign-in", "passkey")
        desk.page.goto(desk.address + "/account")
        assert desk.page.get_by_text("key on my ring").count()
        desk.page.get_by_role("button", name="Sign out").click()
    (credential,) = desk.credentials()
    raw = b"".join(path.read_bytes() for path in desk.office.folder.glob("desk.sqlite*"))
    assert b"key on my ring" not in raw
    assert credential["signCount"] >= 2


def test_the_passkey_is_not_enough(desk: Desk) -> None:
    """With a wrong password, or another's name, it is the answer that every failure gets; the name stays typed."""
    enrolled(desk)
    for username, password in (("amina", PASSWORD + "x"), ("bartek", PASSWORD), ("nobody", PASSWORD)):
        by_passkey(desk, username, password)
        assert desk.page.get_by_role("alert").inner_text().startswith("That did not work.")
        assert desk.page.input_value("#username") == username
        assert signed_in_as(desk) is None
    by_passkey(desk)
    assert signed_in_as(desk) == "amina"


def test_an_answer_counts_once(desk: Desk) -> None:
    """Whoever has the whole form, password and all, has nothing; not even one that failed the first time."""
    enrolled(desk)
    sent: list[str] = []
    desk.page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    by_passkey(desk)
    assert signed_in_as(desk) == "amina"
    (form,) = [parse_qs(data) for data in sent]
    assert desk.post(form["passkey"][0]) == 401
    desk.page.goto(desk.address + "/sign-in")
    answer = desk.answer(desk.challenge())
    assert desk.post(answer, password="wrong") == 401
    assert desk.post(answer) == 401
    assert desk.post(desk.answer(desk.challenge())) == 303


def test_a_challenge_of_elsewhere_is_none(desk: Desk) -> None:
    """One made up, one of a desk before it was started again, one of an account page."""
    enrolled(desk)
    by_passkey(desk)
    desk.page.goto(desk.address + "/account")
    of_the_account = str(desk.page.locator("[data-challenge]").first.get_attribute("data-challenge"))
    assert desk.post(desk.answer(of_the_account)) == 401
    assert desk.post(desk.answer("AAAA" * 14)) == 401
    assert desk.post(desk.answer(desk.challenge())) == 303


def test_an_answer_made_at_another_origin_is_refused(desk: Desk, browser: Browser) -> None:
    """Another program of this machine, at another port, has the same host name: it may ask, and gains nothing."""
    enrolled(desk)
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/", view_func=lambda: "a false page")
    with served(elsewhere) as url:
        desk.page.goto(url)
        answer = desk.answer(desk.challenge())
        assert json.loads(answer)
        assert desk.post(answer) == 401
        # Nor does it help to come with the false page's own name.
        assert desk.post(desk.answer(desk.challenge()), host=f"{urlsplit(url).hostname}:1") == 401
        desk.page.goto("about:blank")
    assert browser.is_connected()


def test_a_person_who_was_not_recognised_is_refused(desk: Desk) -> None:
    """Present is not enough: whoever picks up a key that lies about has no PIN, finger or face."""
    enrolled(desk)
    for verified, status in ((False, 401), (True, 303)):
        desk.devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": desk.authenticator, "isUserVerified": verified}
        )
        answer = desk.answer(desk.challenge(), verification="required" if verified else "discouraged")
        assert desk.post(answer) == status


def test_a_copy_of_a_passkey_is_noticed(desk: Desk) -> None:
    """Its counter is behind: the copy is refused, and the true one goes on."""
    enrolled(desk)
    (copied,) = desk.credentials()
    for _ in range(3):
        assert desk.post(desk.answer(desk.challenge())) == 303
    (true,) = desk.credentials()
    for held, status in ((copied, 401), (true, 303)):
        desk.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": desk.authenticator})
        desk.devtools.send("WebAuthn.addCredential", {"authenticatorId": desk.authenticator, "credential": held})
        assert desk.post(desk.answer(desk.challenge())) == status


def test_a_removed_passkey_lets_nobody_in(desk: Desk) -> None:
    """The device has it still. Removing it takes the password and a second factor: here, the passkey itself."""
    enrolled(desk)
    by_passkey(desk)
    desk.page.goto(desk.address + "/account")
    desk.page.get_by_role("link", name="Remove it").click()
    desk.page.fill("#current", PASSWORD)
    desk.page.get_by_role("button", name="Use a passkey").click()
    desk.page.get_by_text("The passkey is removed").wait_for()
    assert desk.last_act() == ("amina", "factor-removed", "passkey")
    desk.page.get_by_role("button", name="Sign out").click()
    by_passkey(desk)
    assert signed_in_as(desk) is None
    assert len(desk.credentials()) == 1


def test_a_passkey_is_not_added_without_proof_nor_twice(desk: Desk) -> None:
    """A wrong code adds none; a device that has one is told so by the browser; ten are enough."""
    by_code(desk)
    codes = give_codes(desk.office)
    enrol(desk, "0000-0000-0000", "mine")
    desk.page.get_by_text("second factor is wrong").wait_for()
    assert desk.page.input_value("#label") == "mine"
    assert desk.last_act()[1] == "sign-in-failed"
    enrol(desk, codes[0])
    desk.page.get_by_text("The passkey is added").wait_for()
    assert len(desk.credentials()) == 1  # the one of the first try has been replaced: same account, same device
    enrol(desk, codes[1])
    desk.page.get_by_text("on that device already").wait_for()
    for _ in range(MOST_PASSKEYS - 1):
        desk.office.give_passkey("amina")
    desk.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": desk.authenticator})
    enrol(desk, codes[1], "the eleventh")
    desk.page.get_by_text("no more can be kept").wait_for()
    with desk.office.desk.database.reading() as connection:
        assert count_factors(connection, "amina", FactorKind.PASSKEY) == MOST_PASSKEYS
        # The one that was added used its code up; those that were refused used none.
        assert count_factors(connection, "amina", FactorKind.RECOVERY_CODE) == 9


def give_codes(office: Office) -> tuple[str, ...]:
    """Give amina recovery codes."""
    drawn = draw_codes(office.secrets["amina"].seed, "amina")
    with office.desk.database.writing() as connection:
        drawn.keep(connection)
    return drawn.codes


def test_whoever_writes_to_the_database_adds_no_passkey(desk: Desk) -> None:
    """Their own row, given to somebody else whose password they know, is nobody's."""
    enrolled(desk)
    with desk.office.desk.database.writing() as connection:
        connection.execute(second_factors.update().values(username="bartek"))
    assert desk.post(desk.answer(desk.challenge()), "bartek") == 401


def test_passkeys_are_guessed_as_slowly_as_all_else(desk: Desk) -> None:
    """The brake is before the passkey; a right one waits too."""
    enrolled(desk)
    assert [desk.post("{}") for _ in range(6)] == [401] * 5 + [429]
    assert desk.post(desk.answer(desk.challenge())) == 429


NO_ANSWERS = {
    "no JSON": "x",
    "an empty object": "{}",
    "a list": "[]",
    "a field more": '{"id":"","client_data":"","authenticator_data":"","signature":"","more":""}',
    "no Base64": '{"id":"!","client_data":"!","authenticator_data":"!","signature":"!"}',
    "empty parts": '{"id":"","client_data":"","authenticator_data":"","signature":""}',
    "client data that is no JSON": '{"id":"AA","client_data":"AA","authenticator_data":"AA","signature":"AA"}',
    "client data without a challenge": '{"id":"AA","client_data":"e30","authenticator_data":"AA","signature":"AA"}',
    "nested deeply": "[" * 9_000,
    "far too long": "x" * 100_000,
    "half a surrogate": '{"id":"\\ud800","client_data":"","authenticator_data":"","signature":""}',
}


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_what_is_no_answer_is_a_failure_like_any_other(office: Office, what: str) -> None:
    """Whatever a program sends in the field: 401 at sign-in, a sentence on the account page, no traceback."""
    app = create_desk(office.folder)
    form = {"username": "amina", "password": PASSWORD, "code": "", "passkey": NO_ANSWERS[what]}
    assert app.test_client().post("/sign-in", data=form).status_code == 401
    client = app.test_client()
    sign_in(client, office)
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert found
    form = {"csrf_token": found[1], "label": "x", "current": PASSWORD, "code": "", "passkey": NO_ANSWERS[what]}
    answer = client.post("/account/passkeys", data=form)
    assert answer.status_code == 422
    assert "brought no passkey that the desk can use" in answer.text
    app.extensions[CLOSE]()


WITHOUT: dict[str, Callable[[Browser], Any]] = {
    "scripts": lambda browser: browser.new_context(java_script_enabled=False),
    "a name": lambda browser: browser.new_context(),
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_without_a_script_or_a_name_the_page_works_as_before(desk: Desk, browser: Browser, missing: str) -> None:
    """No button that does nothing, and the page that would add a passkey says why it cannot."""
    context = WITHOUT[missing](browser)
    page = context.new_page()
    address = desk.address if missing == "scripts" else desk.address.replace("localhost", "127.0.0.1")
    page.goto(address + "/sign-in")
    assert not page.get_by_role("button", name="Use a passkey").is_visible()
    for box, typed in (("#username", "amina"), ("#password", PASSWORD), ("#code", desk.office.code())):
        page.fill(box, typed)
    page.get_by_role("button", name="Sign in").click()
    page.goto(address + "/account/passkeys")
    told = "runs no scripts" if missing == "scripts" else "you opened the desk at an address"
    assert told in page.locator("main").inner_text()
    assert not page.get_by_role("button", name="Make the passkey").is_visible()
    context.close()


def test_scripts_are_let_run_only_where_a_second_factor_is_asked_for(office: Office) -> None:
    """Our own file, on these pages alone, and no other loosening."""
    app = create_desk(office.folder)
    client = app.test_client()
    sign_in(client, office)
    with_script = {"/sign-in", "/account", "/account/recovery-codes", "/account/authenticator", "/account/passkeys"}
    for address in (*with_script, f"/account/passkeys/{office.give_passkey('amina')}"):
        headers = client.get(address).headers
        assert headers["Content-Security-Policy"] == content_security_policy({"script-src": "'self'"})
        wanted = COMMON_HEADERS["Permissions-Policy"].replace("credentials-get=()", "credentials-get=(self)")
        assert headers["Permissions-Policy"] == wanted
    for address in ("/", "/post", "/never-was", "/static/passkeys.js"):
        with client.get(address) as answer:
            assert answer.headers["Content-Security-Policy"] == COMMON_HEADERS["Content-Security-Policy"]
            assert answer.headers["Permissions-Policy"] == COMMON_HEADERS["Permissions-Policy"]
            assert b"<script" not in answer.get_data()
    app.extensions[CLOSE]()


def test_challenges_are_over_after_ten_minutes_and_each_is_for_one_purpose() -> None:
    """Nothing is kept of those that were never answered."""
    now = [1000.0]
    challenges = Challenges(lambda: now[0])
    first, late = challenges.draw(b"a"), challenges.draw(b"a")
    assert first != late
    for wrong in (b"", first[:-1], first[:-1] + bytes([first[-1] ^ 1]), Challenges().draw(b"a")):
        with pytest.raises(PasskeyRefused):
            challenges.use(wrong, b"a")
    with pytest.raises(PasskeyRefused):
        challenges.use(first, b"b")
    challenges.use(first, b"a")
    with pytest.raises(PasskeyRefused):
        challenges.use(first, b"a")
    now[0] += 601
    with pytest.raises(PasskeyRefused):
        challenges.use(late, b"a")
    challenges.use(challenges.draw(b"a"), b"a")
    assert len(challenges._used) == 1


def test_who_uses_up_all_of_one_purpose_leaves_those_of_others() -> None:
    """However many answers come for one account's enrolment, another one's and signing in go on."""
    challenges = Challenges(clock=lambda: 0.0)
    for _answer in range(MOST_USED):
        challenges.use(challenges.draw(b"enrol a"), b"enrol a")
    with pytest.raises(PasskeyRefused):
        challenges.use(challenges.draw(b"enrol a"), b"enrol a")
    for other in (SIGN_IN, b"enrol b"):
        challenges.use(challenges.draw(other), other)


def test_every_sealed_passkey_has_one_size() -> None:
    """Its label and its make show in no length."""
    few = stand_in_passkey(b"x" * 16)
    many = Passkey(few.credential, 2**32 - 1, "a" * 253, "é" * 60, 2**34)
    assert len(few.to_bytes()) == len(many.to_bytes()) == 4096
    assert Passkey.from_bytes(many.to_bytes()) == many
