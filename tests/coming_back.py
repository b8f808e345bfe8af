"""Whoever lost a password or an authenticator, and the two who let them back in: at browsers, for tests."""

import re
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.sessions import SignedIn
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from tests.desk_office import Office, sign_in

NEW_PASSWORD = "eleven patient herons wading"
PEOPLE = {
    "ben": (Role.REVIEWER,),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
    "dora": (Role.ADMINISTRATOR,),
}


@dataclass
class Desk:
    """Browsers at the desk, each with one person in it."""

    app: Flask
    office: Office

    def who(self, username: str) -> FlaskClient:
        """A browser in which somebody is signed in."""
        made = self.app.test_client()
        sign_in(made, self.office, username)
        return made

    def ask(self, kind: str = "password", username: str = "ben") -> str:
        """Have dora ask for a reset; return the path of the link."""
        self.dora = self.who("dora")
        answer = post(self.dora, f"/people/{username}/reset", f"/people/{username}", kind=kind)
        assert answer.status_code == 200, answer.text
        return found(r"http://localhost(/reset/[\w-]{86})", answer.text)

    def consent(self, username: str = "cora") -> str:
        """Have somebody consent to what waits; return the code."""
        client = self.who(username)
        request = found(r'name="request" value="(\w{64})"', client.get("/consents").text)
        answer = post(client, "/consents/agree", "/consents", request=request)
        assert answer.status_code == 200, answer.text
        return found(r"<code class=\"large\">([\w-]+)</code>", answer.text)


def found(pattern: str, text: str) -> str:
    """What stands in a page."""
    match = re.search(pattern, text)
    assert match, text
    return unescape(match[1])


def post(client: FlaskClient, address: str, page: str, **form: str) -> TestResponse:
    """Send a form of a page."""
    token = found(r'name="csrf_token" value="([^"]*)"', client.get(page).text)
    return client.post(address, data={"csrf_token": token, **form})


class Back(NamedTuple):
    """What came of it, the new authenticator's secret, and the code that was typed."""

    answer: TestResponse
    secret: str
    code: str


def come_back(app: Flask, link: str, consent: str, password: str = NEW_PASSWORD, **other: str) -> Back:
    """Fill in the page behind a link, as its owner does."""
    client = app.test_client()
    page = client.get(link).text
    secret = found(r"<p><code>([A-Z2-7]{32})</code></p>", page)
    form = {
        "offered": found(r'name="offered" value="([^"]*)"', page),
        "consent": consent,
        "password": password,
        "again": password,
        "code": pyotp.TOTP(secret).now(),
        **other,
    }
    return Back(client.post(link, data=form), secret, form["code"])


def sealed_secret(office: Office, username: str = "ben") -> bytes:
    """What the password of somebody opens."""
    with office.desk.database.reading() as connection:
        return find_reviewer(connection, username).sealed_secret


def at_work(office: Office, password: str, username: str = "ben") -> SignedIn:
    """Somebody with the key that a password opens. Raises SignInRefused."""
    key = ReviewerSecret.open(sealed_secret(office, username), password, username).key()
    return SignedIn(username, key, SessionToken.draw())


def everything(office: Office) -> bytes:
    """Every byte of the database and its log."""
    return b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
