"""A case that is somebody else's is refused with the work of one that never was: no clock tells them apart.

Counted are the questions to the database, the instructions that SQLite takes for them, what is written, and what is
unsealed: a time would depend on the machine.
"""

import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from keys.hpke import SecretKey
from store.desk.cases import find_case
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, sign_in, write_letter

NEVER_WERE = ("0000-0000", "ZZZZ-ZZZZ", "7K3M-Q9TW")
# One more column is read from the index in which the reference was found: tens of nanoseconds.
MOST_INSTRUCTIONS_APART = 5


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a reviewer who is not cleared for most cases."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        yield made


@pytest.fixture
def foreign(office: Office) -> list[str]:
    """Cases of others; one of bartek's own stands among them."""
    found = [office.open(office.deliver(write_letter(None), {"a.pdf": b"a"})) for _case in range(3)]
    office.open(office.deliver(write_letter(None)), cleared=("bartek",))
    return found


@pytest.fixture
def client(app: Flask, office: Office) -> FlaskClient:
    """A browser in which bartek is signed in."""
    browser = app.test_client()
    sign_in(browser, office, "bartek")
    return browser


class Work:
    """What a request asks of the database, writes to it, and unseals."""

    def __init__(self, app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        self.opened = 0
        self._log = Path(f"{office.desk.paths.database}-wal")
        really = SecretKey.open

        def counted(key: SecretKey, *more: Any) -> bytes:
            self.opened += 1
            return really(key, *more)

        monkeypatch.setattr(SecretKey, "open", counted)
        engine = app.extensions["candour_desk"].desk.database._engine

        @event.listens_for(engine, "before_cursor_execute")
        def _note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            self.statements.append(statement)

    def of(self, client: FlaskClient, method: str, address: str, data: dict[str, str] | None) -> tuple[object, ...]:
        """Return the work of one request."""
        self.statements, self.opened = [], 0
        before = self._log.read_bytes()
        status = client.open(address, method=method, data=data).status_code
        return status, self.statements, self.opened, self._log.read_bytes() == before


ASKED = {
    "read": ("GET", "", {}),
    "an attachment": ("GET", "/attachment/FILE", {}),
    "reply": ("POST", "/reply", {"item": "ab" * 16, "text": "x"}),
    "status": ("POST", "/status", {"item": "ab" * 16, "status": "closed", "reason": "x", "outcome": "misuse"}),
    "note": ("POST", "/note", {"item": "ab" * 16, "note": "x"}),
    "raise danger": ("POST", "/safety", {"step": "raise", "reason": "x"}),
    "let in": ("POST", "/clear", {"who": "bartek", "reason": "x"}),
    "keep out": ("POST", "/withdraw", {"who": "amina", "reason": "x"}),
    "an empty form": ("POST", "/note", {}),
}


@pytest.mark.parametrize("what", ASKED)
def test_the_refusal_takes_the_same_work(
    office: Office,
    app: Flask,
    foreign: list[str],
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """The same questions in the same order, nothing unsealed, nothing written."""
    method, tail, fields = ASKED[what]
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert found
    data = {"csrf_token": unescape(found[1]), **fields} if method == "POST" else None
    work = Work(app, office, monkeypatch)
    tail = tail.replace("FILE", min(office.vault_files()))
    done = [work.of(client, method, f"/case/{reference}{tail}", data) for reference in (*foreign, *NEVER_WERE)]
    status, statements, opened, nothing_written = done[0]
    assert (status, opened, nothing_written) == (404, 0, True)
    assert statements
    assert [each == done[0] for each in done] == [True] * len(done)


def test_sqlite_does_as_much_for_one_as_for_the_other(office: Office, foreign: list[str]) -> None:
    """To a few instructions: the same seek in the same two trees, found or not."""
    with office.desk.database.reading() as connection:
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # it is SQLite's

        def instructions(reference: str) -> int:
            count = 0

            def one_more() -> int:
                nonlocal count
                count += 1
                return 0

            driver.set_progress_handler(one_more, 1)
            with pytest.raises(Missing):
                find_case(connection, "bartek", reference)
            driver.set_progress_handler(None, 1)
            return count

        counts = [instructions(reference) for reference in (*foreign, *NEVER_WERE)]
    assert min(counts) > 0
    assert max(counts) - min(counts) < MOST_INSTRUCTIONS_APART
