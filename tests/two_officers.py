"""A desk with several intake officers at their own browsers, for tests."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from journalist_interface.accounts import make_account
from journalist_interface.desk_app import create_desk
from journalist_interface.gate import Works
from journalist_interface.intake_custody import need_two, open_own
from keys.spoken import spoken_fingerprint
from serving.server import CLOSE
from store.desk.account_tables import audit, reviewers, roles
from store.desk.reviewers import add_reviewer, find_reviewer
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office, sign_in


def add_waiting_officer(office: Office, username: str) -> str:
    """Add an officer without the intake key, as an invitation does; return the fingerprint of their own key."""
    account = make_account(username, PASSWORD, (Role.INTAKE_OFFICER, Role.REVIEWER))
    with office.desk.database.writing() as connection:
        add_reviewer(connection, account.reviewer)
    office.secrets[username] = account.secret
    return spoken_fingerprint(account.reviewer.public_key)


def have_two_be_needed(office: Office) -> None:
    """Have amina choose it, without a page."""
    need_two(office.desk, office.signed_in(), office.passphrase())


@dataclass
class Officers:
    """A served desk."""

    office: Office
    app: Flask

    @property
    def works(self) -> Works:
        """What the process holds."""
        held: Works = self.app.extensions["candour_desk"]
        return held

    def browser(self, username: str) -> "Browser":
        """A browser in which an officer is signed in, be it in addition to another."""
        client = self.app.test_client()
        self.forget_codes()
        sign_in(client, self.office, username)
        return Browser(client)

    def forget_codes(self) -> None:
        """As if half a minute had gone by: the codes of now may be used again."""
        with self.office.desk.database.writing() as connection:
            connection.execute(update(reviewers).values(last_totp_step=0))

    def add_waiting(self, username: str) -> str:
        """Add an officer without the key; return the fingerprint of theirs."""
        return add_waiting_officer(self.office, username)

    def need_two(self) -> None:
        """Have amina choose that two are needed."""
        amina = self.browser("amina")
        amina.press("unlock")
        assert amina.press("officers", needed="2").status_code == 303
        amina.client.post("/sign-out", data={"csrf_token": amina.token})

    def acts(self, *wanted: str) -> list[tuple[str, str, str]]:
        """Actor, act and note of the records of these acts."""
        with self.office.desk.database.reading() as connection:
            rows = connection.execute(audit.select().where(audit.c.act.in_(wanted)).order_by(audit.c.number)).all()
        return [(row.actor, row.act, row.note) for row in rows]

    def holds_whole(self, username: str) -> bool:
        """Whether the whole passphrase is sealed to an officer."""
        with self.office.desk.database.reading() as connection:
            return find_reviewer(connection, username).sealed_passphrase is not None


@dataclass
class Browser:
    """What an officer sees and presses on the page of the post."""

    client: FlaskClient

    @property
    def page(self) -> str:
        """The text of the page of the post, without tags."""
        text: str = self.client.get("/post").text
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text)))

    @property
    def token(self) -> str:
        """The form token."""
        found = re.search(r'name="csrf_token" value="([^"]*)"', self.client.get("/post").text)
        assert found
        return unescape(found[1])

    @property
    def is_unlocked(self) -> bool:
        """Whether letters are shown."""
        return "It locks by itself at" in self.page

    def press(self, button: str, **fields: str) -> TestResponse:
        """Press a button of the page of the post."""
        return self.client.post(f"/post/{button}", data={"csrf_token": self.token, **fields})


def share_of(office: Office, username: str) -> bytes:
    """The share that an officer's own key opens."""
    with office.desk.database.reading() as connection:
        held = open_own(connection, find_reviewer(connection, username), office.secrets[username].key())
    assert isinstance(held, bytes)
    return held


def everything_on_disk(folder: Path) -> bytes:
    """Every byte of every file of the desk, the database's log too."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def take_role(two: Officers, _amina: Browser | None = None) -> None:
    """Amina is no officer any more."""
    with two.office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.username == "amina", roles.c.role == "intake-officer"))


@contextmanager
def officers_at_work(folder: Path, *further: str) -> Iterator[Officers]:
    """Give a desk at which amina and these others hold the intake key."""
    with new_office(folder) as office:
        for name in further:
            office.add(name)
        app = create_desk(office.folder)
        try:
            yield Officers(office, app)
        finally:
            app.extensions[CLOSE]()
