"""Every route of the desk with everything it takes, for tests that are generated over them."""

import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from journalist_interface.case_access import open_case
from journalist_interface.casework.destruction import end_case
from journalist_interface.casework.keeping import change_work
from journalist_interface.desk_app import create_desk
from journalist_interface.gate import roles_for
from journalist_interface.writing import write_status
from keys.hpke import SEED_SIZE, SecretKey
from keys.session_seal import SessionToken
from serving.server import CLOSE
from store.blobs import new_blob_id
from store.desk.audit_reading import Wanted, read_trail
from store.desk.case_requests import requests_to
from store.desk.invitations import Invitation, InvitationKind, add_invitation
from store.desk.roles import Role
from store.desk.tables import metadata
from tests.desk_office import Office, new_office, office_like, sign_in, write_letter

ODD_METHODS = ("HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND")
NEVER_WAS = "0000-0000"
# A link of every furnished desk: the administrator invites "newcomer" to be a reviewer.
LINK = SessionToken.draw().cookie()


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page: where it goes, and its fields with what is in them."""

    action: str
    method: str
    fields: list[tuple[str, str]]

    def data(self, **changes: str | list[str]) -> dict[str, Any]:
        """What a browser sends, with these fields filled in."""
        sent: dict[str, Any] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        return {**sent, **changes}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag in ("input", "textarea", "select") and "name" not in told:
            return  # to look at: no browser sends it
        if tag == "form":
            self.found.append(Form(told.get("action", ""), told.get("method", "get"), []))
        elif tag == "button" and "formaction" in told:
            # Another way out of the same form, with the same fields, also those that come after it.
            self.found.append(Form(told["formaction"], "post", self.found[-1].fields))
        elif tag == "input" and ("checked" in told or told.get("type") not in ("checkbox", "radio")):
            self.found[-1].fields.append((told["name"], told.get("value", "")))
        elif tag == "textarea":
            self._area = told["name"]
            self.found[-1].fields.append((self._area, ""))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and "selected" in told:
            self.found[-1].fields.append((self._select, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.found[-1].fields[-1]
            self.found[-1].fields[-1] = (name, before + data.removeprefix("\n"))


def forms_of(page: str) -> list[Form]:
    """Return the forms of a page, as a browser without scripts reads them."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


def form_to(page: str, action: str) -> Form:
    """Return the form that goes to an address."""
    return next(form for form in forms_of(page) if form.action == action)


@dataclass
class Desk:
    """A desk with an account for each role alone, and cases that some of them can read."""

    app: Flask
    office: Office
    mine: str  # the reviewer and amina can read it
    also_mine: str
    foreign: str  # only bartek can

    def browser(self, username: str) -> FlaskClient:
        """A browser in which somebody is signed in; as often as a test likes within one code's half minute."""
        with self.office.desk.database.writing() as connection:
            connection.execute(text("UPDATE reviewers SET last_totp_step = 0"))
        made = self.app.test_client()
        sign_in(made, self.office, username)
        return made

    def whose(self, rule: Rule) -> str | None:
        """Return the account that may use a route; None: it needs no session."""
        view = self.app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or getattr(view, "open_to_all", False):
            return None
        allowed = roles_for(view)
        # Who has a case to look at, if the route is for everybody.
        return Role.REVIEWER.value if Role.REVIEWER in allowed else min(allowed).value

    def routes(self, method: str = "") -> Iterator[Rule]:
        """Yield the routes, or those that take a method."""
        for rule in self.app.url_map.iter_rules():
            if not method or method in (rule.methods or ()):
                yield rule

    def attachment(self, reference: str) -> str:
        """Return the id of a case's attachment."""
        asked = text("SELECT a.id FROM attachments a JOIN cases c ON c.id = a.case_id WHERE c.reference = :it")
        with self.office.desk.database.reading() as connection:
            return str(connection.execute(asked, {"it": reference}).scalar_one())

    def items(self, reference: str) -> list[str]:
        """Return the ids of a case's items."""
        asked = text(
            "SELECT i.id FROM items i JOIN cases c ON c.id = i.case_id WHERE c.reference = :it ORDER BY position"
        )
        with self.office.desk.database.reading() as connection:
            return list(connection.execute(asked, {"it": reference}).scalars())

    def address(self, rule: Rule, **changes: str) -> str:
        """Return an address of a route, in a case of its user's. Raises KeyError for an id that nobody decided on."""
        places = {
            "reference": self.mine,
            "filename": "desk.css",
            "passkey_id": "0" * 32,
            "token": LINK,
            "username": "bartek",
            "submission": "0" * 32,
            "kind": "reply",
            "template_id": "0" * 32,
            **changes,
        }
        if "attachment_id" in rule.arguments - changes.keys():
            places["attachment_id"] = self.attachment(self.mine)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: places[found[1]], rule.rule)

    def rows(self) -> dict[str, list[str]]:
        """Return every row of every table; without the minute in which a session was used last."""
        with self.office.desk.database.reading() as connection:
            found = {
                name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).all()))  # noqa: S608
                for name in metadata.tables
            }
            found["sessions"] = list(connection.execute(text("SELECT hex(lookup_hash) FROM sessions")).scalars())
            return found

    def acts_since(self, number: int) -> list[tuple[str, str]]:
        """Return who did what after so many records."""
        with self.office.desk.database.reading() as connection:
            return [(link.record.actor, link.record.act) for link in read_trail(connection, Wanted())][number:]

    def link(self, address: str, **fields: str | list[str]) -> str:
        """Have the administrator send a form that gives out a link; return the path of the link."""
        browser = self.browser(Role.ADMINISTRATOR.value)
        page = address.removesuffix("/reset")
        answer = browser.post(address, data=form_to(browser.get(page).text, address).data(**fields))
        found = re.search(r"http://localhost(/\w+/[\w-]{86})", answer.text)
        assert found, answer.text
        return found[1]

    def request(self, username: str = "bartek") -> str:
        """Have the administrator ask for a reset of somebody, if it was not asked for; return its name in forms."""
        asked = text("SELECT lower(hex(lookup_hash)) FROM invitations WHERE username = :it")
        for _attempt in range(2):
            with self.office.desk.database.reading() as connection:
                if found := connection.execute(asked, {"it": username}).scalar():
                    return str(found)
            self.link(f"/people/{username}/reset", kind="password")
        raise AssertionError("nothing was asked for")

    def close(self, *, kept_until: str = "2020-01-01") -> None:
        """Have the reviewer's case closed, and kept until a day that is over, unless another is given."""
        who = self.office.signed_in(Role.REVIEWER.value)
        reason = "It is done."
        write_status(self.office.desk, who, self.mine, new_blob_id(), "closed", reason, untrusted_outcome="no-evidence")
        with self.office.desk.database.writing() as connection:
            case = open_case(connection, who, self.mine)
            change_work(connection, case, lambda work: replace(work, keep_until=kept_until))

    def request_in_case(self) -> str:
        """Have the reviewer ask the supervisor to agree that the case is destroyed; return the request's name."""
        self.close()
        supervisor = Role.SUPERVISOR.value
        assert not end_case(self.office.desk, self.office.signed_in(Role.REVIEWER.value), self.mine, supervisor)
        with self.office.desk.database.reading() as connection:
            return requests_to(connection, supervisor)[0].id

    def count_acts(self) -> int:
        """Return how many records there are."""
        return len(self.acts_since(0))


@cache
def _template() -> tuple[Office, tuple[str, str, str], "tempfile.TemporaryDirectory[str]"]:
    """Return a furnished desk that others are copied from: making accounts takes longer than most tests."""
    held = tempfile.TemporaryDirectory(prefix="candour-furnished-")
    with new_office(Path(held.name) / "desk") as office:
        for role in Role:
            office.add(role.value, role)
        office.add("bartek")
        _invite(office)
        readers = ("amina", Role.REVIEWER.value)
        cases = _case(office, readers), _case(office, readers), _case(office, ("bartek",))
    return office, cases, held


@contextmanager
def furnished(folder: Path) -> Iterator[Desk]:
    """Give the application of a desk with an account for each role, two more, and three cases."""
    template, (mine, also_mine, foreign), _held = _template()
    with office_like(template, folder) as office:
        app = create_desk(folder)
        yield Desk(app, office, mine, also_mine, foreign)
        app.extensions[CLOSE]()


def _case(office: Office, readers: tuple[str, ...]) -> str:
    letter = write_letter(SecretKey(secrets.token_bytes(SEED_SIZE)).public)
    return office.open(office.deliver(letter, {"a.pdf": b"a"}), readers[0], readers)


def _invite(office: Office) -> None:
    now = int(time.time())
    link = Invitation(
        SessionToken.read(LINK).lookup_hash(),
        InvitationKind.JOIN,
        "newcomer",
        frozenset({Role.REVIEWER}),
        Role.ADMINISTRATOR.value,
        asked_at=now,
        expires_at=now + 24 * 3600,
        needs_consent=False,
    )
    with office.desk.database.writing() as connection:
        add_invitation(connection, link)


def token(client: FlaskClient) -> str:
    """Return the form token of a session."""
    page = client.get("/account").text
    return dict(forms_of(page)[0].fields)["csrf_token"]


def plain(answer: TestResponse) -> str:
    """Return a page without what is drawn anew for each page."""
    return re.sub(r'name="(form_id|item|csrf_token)" value="[0-9a-f]*"', "", answer.text)
