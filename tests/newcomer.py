"""Somebody who was given a link, and what they do with it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from keys.consent_code import draw_consent_code, hash_consent_code
from store.desk.account_tables import audit, invitations
from store.desk.invitations import find_invitation_of, keep_consent
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from tests.desk_office import Office, new_office, sign_in

PASSWORD = "nine brittle lanterns"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, an intake officer, and ada, its administrator."""
    with new_office(tmp_path / "desk", {"ada": (Role.ADMINISTRATOR,)}) as made:
        yield made


@pytest.fixture
def ada(app: Flask, office: Office) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    browser = app.test_client()
    sign_in(browser, office, "ada")
    return browser


@pytest.fixture
def newcomer(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def link_for(ada: FlaskClient, username: str = "zoe", *roles: str) -> str:
    """Have ada invite somebody; return the link's address."""
    form = {"csrf_token": field(ada.get("/people").text, "csrf_token"), "username": username}
    answer = ada.post("/people", data={**form, "role": list(roles) or ["reviewer"]})
    found = re.search(r"http://localhost(/invitation/[\w-]{86})<", answer.text)
    assert found
    return found[1]


def secret_on(page: str) -> str:
    """The secret for typing, as the page shows it."""
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    return found[1]


def filled(page: str, **other: object) -> dict[str, object]:
    """The form, filled in as it should be."""
    code = pyotp.TOTP(secret_on(page)).now()
    return {"offered": field(page, "offered"), "password": PASSWORD, "again": PASSWORD, "code": code, **other}


def join(client: FlaskClient, link: str, **other: object) -> TestResponse:
    """Open the link and send the form."""
    return client.post(link, data=filled(client.get(link).text, **other))


def codes_on(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<li><code>([^<]*)</code></li>", page)


def names(office: Office) -> list[str]:
    """Everybody with an account."""
    with office.desk.database.reading() as connection:
        return [each.username for each in list_reviewers(connection)]


def acts(office: Office) -> list[tuple[str, str, str]]:
    """Actor, act and note of everything recorded so far, in order."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().order_by(audit.c.number)).all()
        return [(row.actor, row.act, row.note) for row in rows]


def change_links(office: Office, **values: object) -> None:
    """Alter every link, as only a test does."""
    with office.desk.database.writing() as connection:
        connection.execute(invitations.update().values(**values))


def consent_to(office: Office, username: str, by: str = "amina") -> str:
    """Have a second person agree; return the code that they hand over."""
    code = draw_consent_code()
    with office.desk.database.writing() as connection:
        link = find_invitation_of(connection, username, 0)
        keep_consent(connection, link.lookup_hash, by, hash_consent_code(code))
    return code


def rows_of(office: Office) -> Iterator[str]:
    with closing(sqlite3.connect(office.desk.paths.database)) as connection:
        yield from connection.iterdump()
