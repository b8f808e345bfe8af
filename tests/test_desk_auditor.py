"""The auditor's page: what the others did, found, verified and taken away; and not a word of any case."""

import json
import re
import secrets
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from journalist_interface.desk_app import create_desk
from journalist_interface.trail_page import RECORDS_A_PAGE
from journalist_interface.walls import withdraw
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.desk.audit import Act, record_act
from store.desk.roles import Role
from tests.desk_office import Office, new_office, sign_in, write_letter
from tests.harms import alter_trail

ROW = re.compile(r'<th scope="row">(\d+)</th>')


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an officer, a second one, and an auditor."""
    with new_office(tmp_path / "desk", {"bartek": (), "aud": (Role.AUDITOR,)}) as made:
        yield made


@pytest.fixture
def walled(office: Office) -> str:
    """A case that bartek was kept out of."""
    letter = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public, "a canary"), {"canary.pdf": b"c"})
    reference = office.open(letter, cleared=("amina", "bartek"))
    withdraw(office.desk, office.signed_in(), reference, "bartek", "canary's cousin")
    return reference


@pytest.fixture
def client(office: Office, walled: str) -> Iterator[FlaskClient]:  # noqa: ARG001  (there is something to see)
    """A browser in which the auditor is signed in."""
    app = create_desk(office.folder)
    browser = app.test_client()
    sign_in(browser, office, "aud")
    yield browser
    app.extensions[CLOSE]()


def numbers(page: str) -> list[int]:
    """The numbers of the records on a page."""
    return [int(found) for found in ROW.findall(page)]


def token(client: FlaskClient) -> str:
    """The form token of the session."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/audit").text)
    assert found
    return unescape(found[1])


def test_the_auditor_begins_at_the_trail_and_reads_who_did_what(walled: str, client: FlaskClient) -> None:
    """The newest first; the case is a number; nothing of what is in it, nor why somebody was kept out, is there."""
    assert client.get("/").location == "/audit"
    page = client.get("/audit").text
    shown = numbers(page)
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == 1
    assert walled in page
    assert "withdraw" in page
    for word in ("canary", "cousin", "Sergeant Blunt"):
        assert word not in page
    for link in (">Cases<", ">Post<"):
        assert link not in page


FOUND = {
    "by name": ({"actor": "aud"}, {"key-named", "sign-in"}),
    "by act": ({"act": "withdraw"}, {"withdraw"}),
    "by a day long ago": ({"until": "2020-01-01"}, set()),
    "by a day to come": ({"since": "2199-01-01"}, set()),
    "by both": ({"actor": "bartek", "act": "withdraw"}, set()),
    "a name that nobody has": ({"actor": "' OR 1=1 --"}, set()),
}


@pytest.mark.parametrize("row", FOUND)
def test_records_are_found(client: FlaskClient, row: str) -> None:
    """By what was asked for and by all of it; nothing found is said as such."""
    asked, acts = FOUND[row]
    page = client.get("/audit", query_string=asked).text
    cells = re.findall(r"<tr>\s*<th scope=\"row\">\d+</th>.*?</tr>", page, re.DOTALL)
    assert {re.findall(r"<td[^>]*>(.*?)</td>", cell)[2] for cell in cells} == acts
    assert ("No such record" in page) == (not acts)


def test_a_case_is_found_by_its_number_however_it_is_typed(walled: str, client: FlaskClient) -> None:
    """In small letters and with a space too."""
    typed = f" {walled.lower()} "
    assert len(numbers(client.get("/audit", query_string={"case": typed}).text)) == 2


def test_a_day_that_is_none_is_said(client: FlaskClient) -> None:
    """And what was typed stands in its box."""
    page = client.get("/audit", query_string={"since": "yester<day"}).text
    assert "“yester&lt;day” is no day." in page
    assert 'value="yester&lt;day"' in page


def test_a_long_trail_is_read_page_by_page(office: Office, client: FlaskClient) -> None:
    """Every record stands on one page, with the filters kept from page to page."""
    with office.desk.database.writing() as connection:
        for _number in range(2 * RECORDS_A_PAGE + 7):
            record_act(connection, "bartek", Act.READ, "7K3M-Q9TW")
    found: list[int] = []
    address: str | None = "/audit?actor=bartek&act=read"
    while address:
        page = client.get(address).text
        found += numbers(page)
        onwards = re.search(r'rel="next" href="([^"]*)"', page)
        address = unescape(onwards[1]) if onwards else None
    assert len(found) == len(set(found)) == 2 * RECORDS_A_PAGE + 7
    assert found == sorted(found, reverse=True)


def test_a_broken_trail_is_named(office: Office, client: FlaskClient) -> None:
    """Whole before, and the first record that was altered after."""
    ask = {"csrf_token": token(client)}
    assert "The audit trail is unbroken" in client.post("/audit/verify", data=ask).text
    alter_trail(office.desk.paths.database, "UPDATE audit SET actor = 'bartek' WHERE number = 2")
    page = client.post("/audit/verify", data=ask).text
    assert "The audit trail is broken at record 2" in page
    alter_trail(office.desk.paths.database, "UPDATE audit SET note = x'ff' WHERE number = 3")
    unreadable = client.get("/audit")
    assert unreadable.status_code == 200
    assert "Record 3 cannot be read" in unreadable.text


def test_the_trail_is_taken_away_as_a_file_and_that_is_recorded(client: FlaskClient) -> None:
    """All of it or what was found; the record names the auditor and is in the file."""
    ask = {"csrf_token": token(client), "format": "jsonl"}
    sent = client.post("/audit/export", data=ask)
    assert "attachment" in sent.headers["Content-Disposition"]
    records = [json.loads(line) for line in sent.text.splitlines()]
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    assert (records[-1]["actor"], records[-1]["act"]) == ("aud", "trail-export")
    part = client.post("/audit/export", data={**ask, "format": "csv", "act": "withdraw"})
    assert [line.split(",")[3] for line in part.text.splitlines()] == ["act", "withdraw"]
    assert client.post("/audit/export", data={**ask, "format": "exe"}).status_code == 400
