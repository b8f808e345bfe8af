"""A running desk opened as localhost, in a Chromium with a virtual authenticator that knows its owner."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page

from journalist_interface.desk_app import create_desk
from serving.server import CLOSE
from store.desk.account_tables import audit
from store.desk.audit_reading import verify_trail
from tests.desk_office import PASSWORD, Office
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


@contextmanager
def desk_with_authenticator(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the running desk, opened as localhost, in a browser with an authenticator that knows its owner."""
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
