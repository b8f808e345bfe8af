"""Signing in at the desk, for tests: recovery codes, a browser that is in, what the trail says of it."""

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.recovery_codes import draw_codes
from store.desk.account_tables import audit
from store.desk.audit_reading import verify_trail
from tests.desk_office import PASSWORD, Office


def give_codes(office: Office, username: str = "amina") -> tuple[str, ...]:
    """Give an account new codes; return them, as its owner has them on paper."""
    drawn = draw_codes(office.secrets[username].seed, username)
    with office.desk.database.writing() as connection:
        drawn.keep(connection)
    return drawn.codes


def enter(app: Flask, code: str, username: str = "amina", password: str = PASSWORD) -> tuple[FlaskClient, int, str]:
    """Try to sign in; return the browser, the status and where it led."""
    client = app.test_client()
    answer = client.post("/sign-in", data={"username": username, "password": password, "code": code})
    # Each page has a challenge of its own for passkeys.
    page = re.sub(r'data-challenge="[^"]*"', "", answer.text)
    return client, answer.status_code, answer.location or page


def last_record(office: Office) -> tuple[str, str, str]:
    """The newest record of the trail: actor, act, note. The trail as a whole must hold."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        row = connection.execute(audit.select().order_by(audit.c.number.desc()).limit(1)).one()
    return row.actor, row.act, row.note


def browser(app: Flask, office: Office, steps: int = 0) -> FlaskClient:
    """A browser in which amina is signed in with the code of so many steps from now."""
    client, status, _led_to = enter(app, office.code(steps=steps))
    assert status == 303
    return client


def hidden(page: str, name: str) -> str:
    """A hidden value of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])
