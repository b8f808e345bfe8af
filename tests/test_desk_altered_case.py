"""Somebody altered a row or took a file away: the case says so where it is, and all else stays readable."""

import re
import secrets
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Column, select, update

from journalist_interface.desk_app import create_desk
from journalist_interface.errors import CannotOpen, WritingRefused
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note
from keys.ciphertext import Ciphertext
from keys.hpke import SecretKey
from keys.letter import Answer
from serving.server import CLOSE
from store.blobs import new_blob_id
from store.desk.case_tables import cases, clearances, items
from tests.desk_office import Office, new_office, sign_in, write_letter

CLOSED = "Cannot be opened"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two reviewers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


@pytest.fixture
def source() -> SecretKey:
    """A source who comes back."""
    return SecretKey(secrets.token_bytes(96))


@pytest.fixture
def case(office: Office, source: SecretKey) -> str:
    """A case with a letter, two files and a note, for both reviewers."""
    danger = write_letter(source.public, "the first letter", answers=(Answer("q-danger", "yes"),))
    letter = office.deliver(danger, {"a.pdf": b"a" * 70_000, "b.pdf": b"b"})
    reference = office.open(letter, cleared=("amina", "bartek"))
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "the note of amina")
    return reference


@pytest.fixture
def other(office: Office) -> str:
    """Another case."""
    return office.open(office.deliver(write_letter(None, "another letter")))


@pytest.fixture
def client(office: Office) -> Iterator[FlaskClient]:
    """A browser in which amina is signed in."""
    app = create_desk(office.folder)
    browser = app.test_client()
    sign_in(browser, office)
    yield browser
    app.extensions[CLOSE]()


def flip(sealed: bytes) -> Ciphertext:
    """Sealed bytes with one bit altered."""
    return Ciphertext(sealed[:90] + bytes([sealed[90] ^ 1]) + sealed[91:])


def nothing(_sealed: bytes) -> Ciphertext:
    """Sealed bytes that are none."""
    return Ciphertext(b"")


def alter(
    office: Office, case: str, column: Column[Any], how: Callable[[Any], object] = flip, **only: object
) -> list[object]:
    """Alter a column in the rows of a case behind the program's back; return what stood there."""
    table = column.table
    of_the_case = select(cases.c.id).where(cases.c.reference == case).scalar_subquery()
    rows = select(table).where((table.c.id if table is cases else table.c.case_id) == of_the_case)
    before = []
    with office.desk.database.writing() as connection:
        for row in connection.execute(rows.filter_by(**only)).mappings():
            this = [key == row[key.name] for key in table.primary_key]
            connection.execute(update(table).where(*this).values({column.name: how(row[column.name])}))
            before.append(row[column.name])
    assert before
    return before


ALTERED = {
    "its card": (cases.c.sealed_card, flip),
    "its card emptied": (cases.c.sealed_card, nothing),
    "its key": (clearances.c.sealed_key, flip),
    "its key emptied": (clearances.c.sealed_key, nothing),
}


@pytest.mark.parametrize("what", ALTERED)
def test_a_case_that_does_not_open_hides_neither_itself_nor_the_others(
    office: Office, case: str, other: str, client: FlaskClient, what: str
) -> None:
    """The list shows it as what it is, with its number and what to do, so does its page; the others are as usual."""
    alter(office, case, *ALTERED[what])
    page = client.get("/")
    assert page.status_code == 200
    rows = re.findall(r"<tr.*?</tr>", page.text, re.DOTALL)
    [closed] = [row for row in rows if case in row]
    [whole] = [row for row in rows if other in row]
    assert CLOSED in closed
    assert "Have the administrator run candour-desk check" in closed
    assert "<a " not in closed
    assert CLOSED not in whole
    assert f'href="/case/{other}?' in whole
    refused = client.get(f"/case/{case}")
    assert refused.status_code == 500
    assert "altered since it was sealed" in refused.text
    assert client.get(f"/case/{other}").status_code == 200


ITEMS = {
    "a note": ("note", "the note of amina", "the first letter"),
    "a letter": ("letter", "the first letter", "the note of amina"),
}


@pytest.mark.parametrize("row", ITEMS)
def test_an_item_that_does_not_open_leaves_the_rest_readable(
    office: Office, case: str, client: FlaskClient, row: str
) -> None:
    """In its place stands that something was altered; a letter that is missing so may hold whom it must not reach."""
    kind, gone, left = ITEMS[row]
    alter(office, case, items.c.sealed, kind=kind)
    page = client.get(f"/case/{case}")
    assert page.status_code == 200
    assert page.text.count(CLOSED) == 1
    assert gone not in page.text
    assert left in page.text
    warned = "may stand in it" in page.text and "One of its letters told of danger" in page.text
    assert warned == (kind == "letter")
    token = unescape(re.findall(r'name="csrf_token" value="([^"]*)"', page.text)[0])
    form = {"csrf_token": token, "item": new_blob_id(), "note": "somebody altered this"}
    assert client.post(f"/case/{case}/note", data=form).status_code == 303
    assert "somebody altered this" in client.get(f"/case/{case}").text


def test_an_item_of_a_kind_that_there_is_not_is_an_altered_one(office: Office, case: str, client: FlaskClient) -> None:
    """As any other alteration: said in its place."""
    alter(office, case, items.c.kind, lambda _kind: "spell", kind="note")
    page = client.get(f"/case/{case}")
    assert page.status_code == 200
    assert CLOSED in page.text


def test_a_file_that_is_gone_is_said_and_not_offered(office: Office, case: str, client: FlaskClient) -> None:
    """The letter names it, the page says that it is missing; its address says so too; the other file is downloaded."""
    links = dict(zip(("a.pdf", "b.pdf"), _links(client, case), strict=True))
    office.desk.vault.path(links["a.pdf"].rsplit("/", 1)[1]).unlink()
    page = client.get(f"/case/{case}").text
    assert "Missing." in page
    assert "a.pdf" in page
    assert _links(client, case) == [links["b.pdf"]]
    gone = client.get(links["a.pdf"])
    assert gone.status_code == 410
    assert "not in the vault any more" in gone.text
    assert client.get(links["b.pdf"]).data == b"b"


def test_a_file_that_was_altered_is_a_page_and_not_half_a_download(
    office: Office, case: str, client: FlaskClient
) -> None:
    """As far as its first frame tells, and its whole self if it is small."""
    links = _links(client, case)
    for link, at in zip(links, (100, -5), strict=True):
        path = office.desk.vault.path(link.rsplit("/", 1)[1])
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)
        refused = client.get(link)
        assert refused.status_code == 500
        assert "altered since it was sealed" in refused.text


def _links(client: FlaskClient, case: str) -> list[str]:
    return re.findall(r'href="(/case/[^"]*/attachment/[0-9a-f]{32})"', client.get(f"/case/{case}").text)


def test_what_was_typed_into_a_case_that_does_not_open_is_given_back(
    office: Office, case: str, client: FlaskClient
) -> None:
    """It broke between reading and writing: no word is lost."""
    page = client.get(f"/case/{case}").text
    token = unescape(re.findall(r'name="csrf_token" value="([^"]*)"', page)[0])
    alter(office, case, *ALTERED["its card"])
    answer = client.post(f"/case/{case}/note", data={"csrf_token": token, "item": "ab" * 16, "note": "an hour's work"})
    assert answer.status_code == 500
    assert "an hour&#39;s work" in answer.text


def test_nobody_is_kept_out_of_a_case_with_a_hole(office: Office, case: str) -> None:
    """Sealed under a key that nobody has any more, what comes back from the backup would be lost."""
    alter(office, case, items.c.sealed, kind="note")
    with pytest.raises(WritingRefused, match="Nobody was kept out"):
        withdraw(office.desk, office.signed_in(), case, "bartek", "a friend")
    assert len(office.desk.vault.published()) == 2


@pytest.mark.parametrize("what", ["its card", "its key"])
def test_a_further_letter_of_such_a_case_stays_in_the_post_and_the_queue_goes_on(
    office: Office, case: str, source: SecretKey, client: FlaskClient, what: str
) -> None:
    """The post is shown, the letter says why it waits, the next one is opened; mended, it opens too."""
    further = office.deliver(write_letter(source.public, "more of it"))
    column, how = ALTERED[what]
    whole = iter(alter(office, case, column, how))
    office.deliver(write_letter(None, "of somebody else", must_not_reach=""))
    with pytest.raises(CannotOpen, match="The letter is kept"):
        office.open(further)
    token = unescape(re.findall(r'name="csrf_token" value="([^"]*)"', client.get("/post").text)[0])
    client.post("/post/unlock", data={"csrf_token": token})
    page = client.get("/post")
    assert page.status_code == 200
    assert "was altered and does not open. The letter is kept." in page.text
    assert client.post("/post/open", data={"csrf_token": token, "all": "1", "cleared": "amina"}).status_code == 303
    assert client.get("/").text.count("<tr") - client.get("/").text.count(CLOSED) == 2  # the head, and the new case
    alter(office, case, column, lambda _altered: next(whole))
    assert office.open(further) == case
