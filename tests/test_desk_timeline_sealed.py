"""The sealed card names the items of a timeline in their order: none is taken away, moved or put in unnoticed."""

import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_page import CasePage, read_case
from journalist_interface.desk_app import create_desk
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office, sign_in, write_letter
from tests.test_desk_danger_sealed import make_as_before

TOLD = "A part of this case is missing or was moved"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a second reviewer."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        yield made


def long_case(office: Office) -> str:
    """A case in which everything was done that adds to a timeline."""
    source, me = SecretKey(secrets.token_bytes(96)), office.signed_in()
    reference = office.open(office.deliver(write_letter(source.public), {"a.pdf": b"x"}), cleared=("amina",))
    seen = str(len(read(office, reference).entries))
    write_reply(office.desk, me, reference, new_blob_id(), "Can we meet?", ["Where?"], seen)
    write_note(office.desk, me, reference, new_blob_id(), "Ask the registry.")
    clear(office.desk, me, reference, "bartek", "knows the town")
    withdraw(office.desk, me, reference, "bartek", "cousin")
    office.open(office.deliver(write_letter(source.public, "further")))
    seen = str(len(read(office, reference).entries))
    write_status(office.desk, me, reference, new_blob_id(), "passed-on", "", seen)
    return reference


def read(office: Office, reference: str) -> CasePage:
    """The case as amina reads it."""
    return read_case(office.desk, office.signed_in(), reference)


def harm(office: Office, statement: str) -> None:
    """Write into the database, as its thief would."""
    with sqlite3.connect(office.desk.paths.database) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        assert connection.execute(statement).rowcount
    connection.close()


HARMS = {
    "a note goes": "DELETE FROM items WHERE kind = 'note'",
    "the last goes": "DELETE FROM items WHERE position = (SELECT max(position) FROM items)",
    "the first letter goes": "DELETE FROM items WHERE position = 1",
    "one is moved to the end": "UPDATE items SET position = 99 WHERE kind = 'note'",
    "one is put in": "INSERT INTO items SELECT '"
    + "a" * 32
    + "', case_id, kind, 50, made_at, sealed, state FROM items "
    "WHERE kind = 'note'",
}


def test_what_is_done_in_a_case_leaves_it_whole(office: Office) -> None:
    """Letters, replies, notes, a status, walls with a new key."""
    page = read(office, long_case(office))
    assert len(page.entries) >= 7
    assert not page.lacks_a_part


@pytest.mark.parametrize("statement", HARMS.values(), ids=list(HARMS))
def test_a_harmed_timeline_says_so_and_the_rest_is_read(office: Office, statement: str) -> None:
    """And it goes on saying so, whatever is added later and under whatever key."""
    reference = long_case(office)
    harm(office, statement)
    assert read(office, reference).lacks_a_part
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "Look at this.")
    page = read(office, reference)
    assert page.lacks_a_part
    assert any(entry.document is not None for entry in page.entries)


def test_a_card_of_before_takes_the_timeline_as_it_stands(office: Office) -> None:
    """From the first reading on it is held to it."""
    reference = long_case(office)
    make_as_before(office, reference)
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "Before anybody read it.")
    assert not read(office, reference).lacks_a_part
    harm(office, HARMS["the last goes"])
    assert read(office, reference).lacks_a_part


def test_the_page_says_it(office: Office) -> None:
    """At its top, and only then."""
    reference = long_case(office)
    app = create_desk(office.folder)
    client = app.test_client()
    sign_in(client, office)
    assert TOLD not in client.get(f"/case/{reference}").text
    harm(office, HARMS["a note goes"])
    page = client.get(f"/case/{reference}")
    assert TOLD in page.text
    assert "Can we meet?" in page.text
    app.extensions[CLOSE]()
