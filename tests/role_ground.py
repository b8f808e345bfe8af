"""A desk with an account for each role alone, on which any of them asks for any route."""

import re
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.desk_app import create_desk
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.desk.roles import Role
from tests.desk_office import Office, new_office, office_like, sign_in, write_letter

LAST_USED = re.compile(r"""(INSERT INTO "sessions" VALUES\(X'\w+','[\w-]+',X'\w+'),[0-9]+""")


def browser(app: Flask, office: Office, username: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    made = app.test_client()
    sign_in(made, office, username)
    return made


def token(client: FlaskClient) -> str:
    """The form token, from whatever page this account begins on."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/", follow_redirects=True).text)
    assert found
    return unescape(found[1])


@dataclass
class Ground:
    """A desk on which a route is tried: a case, a letter in the post, and browsers by account."""

    app: Flask
    office: Office
    reference: str
    waiting: str
    people: dict[Role, tuple[FlaskClient, str, str]] = field(default_factory=dict)

    def person(self, role: Role) -> tuple[FlaskClient, str, str]:
        """The browser in which this role's account is signed in, its form token, and the id of its passkey."""
        if role not in self.people:
            passkey = self.office.give_passkey(role.value)
            client = browser(self.app, self.office, role.value)
            self.people[role] = client, token(client), passkey
        return self.people[role]

    def ask(self, role: Role, method: str, rule: str) -> TestResponse:
        """Ask for a route as somebody, with ids of things that are there and no field."""
        client, form_token, passkey = self.person(role)
        (attachment,) = self.office.vault_files()
        address = rule.replace("<reference>", self.reference).replace("<attachment_id>", attachment)
        address = address.replace("<username>", "amina").replace("<passkey_id>", passkey)
        address = address.replace("<submission>", self.waiting)
        return client.open(address, method=method, data={"csrf_token": form_token} if method == "POST" else None)

    def never_was(self, role: Role) -> str:
        """What this account finds where nothing ever was."""
        return self.person(role)[0].get("/never-was").text


@cache
def _template() -> tuple[Office, tuple[str, str], "tempfile.TemporaryDirectory[str]"]:
    """Return a desk with a case and a letter that waits, and their names, that others are copied from."""
    held = tempfile.TemporaryDirectory(prefix="candour-roles-")
    with new_office(Path(held.name) / "desk", {role.value: (role,) for role in Role}) as office:
        letter = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"a.pdf": b"a"})
        reference = office.open(letter, cleared=("amina", Role.REVIEWER.value))
        waiting = office.deliver(write_letter(None)).submission
    return office, (reference, waiting), held


@contextmanager
def new_ground(folder: Path) -> Iterator[Ground]:
    """Give a ground of its own."""
    template, (reference, waiting), _held = _template()
    with office_like(template, folder) as office:
        app = create_desk(office.folder)
        yield Ground(app, office, reference, waiting)
        app.extensions[CLOSE]()


def contents(office: Office) -> list[str]:
    """Every row of the desk; without when a session was used last, which is written once a minute."""
    with closing(sqlite3.connect(office.desk.paths.database)) as connection:
        return [LAST_USED.sub(r"\1", row) for row in connection.iterdump()]
