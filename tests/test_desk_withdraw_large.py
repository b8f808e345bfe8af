"""Keeping somebody out of a case with large files takes a while: nobody else waits, and going away stops nothing."""

import http.client
import re
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface import resealing
from journalist_interface.case_documents import LetterDocument, NoteDocument
from journalist_interface.case_page import read_case
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.checking import check_desk
from journalist_interface.downloading import start_download
from keys.hpke import SecretKey
from keys.vault import VaultReader
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office, sign_in, write_letter
from tests.source_site import serving_process

PATIENCE_SECONDS = 60
FILES = {"a.pdf": b"a" * 300_000, "b.pdf": b"b" * 10}
LARGE = {"large.bin": secrets.token_bytes(1_000_000) * 40}
DESK = [sys.executable, "-c", "from journalist_interface.starting import main; main()", "serve"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with three reviewers."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek")
        made.add("cora", Role.REVIEWER)
        yield made


@pytest.fixture
def source() -> SecretKey:
    """A source who comes back."""
    return SecretKey(secrets.token_bytes(96))


@pytest.fixture
def case(office: Office, source: SecretKey) -> str:
    """A case that all three can read."""
    return office.open(office.deliver(write_letter(source.public), FILES), cleared=("amina", "bartek", "cora"))


class Gate:
    """Stops resealing at a file of the vault until it is let go on; never for longer than anybody is patient."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def reader(self, *arguments: Any) -> VaultReader:
        """Open a vault file when the gate is open."""
        self.reached.set()
        self.open.wait(PATIENCE_SECONDS)
        return VaultReader(*arguments)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """The gate, at the first file that is resealed."""
    made = Gate()
    monkeypatch.setattr(resealing, "VaultReader", made.reader)
    return made


def browser(app: Flask, office: Office, name: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    made = app.test_client()
    sign_in(made, office, name)
    return made


def token(client: FlaskClient) -> str:
    """The form token of the session."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert found
    return unescape(found[1])


@contextmanager
def keeping_out(client: FlaskClient, case: str, gate: Gate) -> Iterator["Future[int]"]:
    """Have bartek be kept out, as far as the gate; it is opened at the end, and not before."""
    form = {"csrf_token": token(client), "who": "bartek", "reason": "a friend"}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(lambda: client.post(f"/case/{case}/withdraw", data=form).status_code)
        try:
            assert gate.reached.wait(PATIENCE_SECONDS)
            yield answer
            assert not answer.done()
        finally:
            gate.open.set()
        assert answer.result(PATIENCE_SECONDS) == 303


def contents(office: Office, case: str) -> dict[str, bytes]:
    """Every attachment as amina downloads it."""
    found = {}
    for entry in read_case(office.desk, office.signed_in(), case).entries:
        if isinstance(entry.document, LetterDocument):
            for file in entry.document.attachments:
                download = start_download(office.desk, office.signed_in(), case, file.id)
                found[file.name] = b"".join(download.pieces())
    return found


def test_while_files_are_sealed_anew_nobody_waits(app: Flask, office: Office, case: str, gate: Gate) -> None:
    """Others read and write, in this very case too; the courier brings, an officer opens. A note of then is kept."""
    amina, cora = browser(app, office, "amina"), browser(app, office, "cora")
    with keeping_out(amina, case, gate):
        for address in ("/", f"/case/{case}", "/account"):
            assert cora.get(address).status_code == 200
        [link, *_more] = re.findall(r'href="(/case/[^"]*/attachment/\w+)"', cora.get(f"/case/{case}").text)
        assert cora.get(link).data in FILES.values()
        note = {"csrf_token": token(cora), "item": new_blob_id(), "note": "written meanwhile"}
        assert cora.post(f"/case/{case}/note", data=note).status_code == 303
        other = office.deliver(write_letter(None))  # as the courier does
        assert office.open(other, cleared=("cora",)) != case
    documents = [entry.document for entry in read_case(office.desk, office.signed_in(), case).entries]
    assert NoteDocument("cora", "written meanwhile") in documents
    assert read_case(office.desk, office.signed_in(), case).readers == ("amina", "cora")
    assert contents(office, case) == FILES
    assert all(finding.sound for finding in check_desk(office.folder))


def test_a_further_letter_waits_for_the_new_key(
    app: Flask, office: Office, case: str, source: SecretKey, gate: Gate
) -> None:
    """Opened meanwhile it would come under the old key: it comes after, whole."""
    letter = office.deliver(write_letter(source.public, "more"), {"c.pdf": b"c"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    with ThreadPoolExecutor() as pool:
        with keeping_out(browser(app, office, "amina"), case, gate):
            opened = pool.submit(office.open, letter)
            while not (opened.done() or CASE_TURNS._changed._waiters):  # type: ignore[attr-defined]  # who waits
                assert time.monotonic() < deadline
            assert not opened.done()
        assert opened.result(PATIENCE_SECONDS) == case
    assert contents(office, case) == {**FILES, "c.pdf": b"c"}


class Visitor:
    """A reviewer's browser on the wire, to the desk as a process of its own."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._cookie = ""

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, *, stay: bool = True) -> tuple[int, str]:
        """Send a request; return status and page. Without `stay` the connection is cut as soon as it was sent."""
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE_SECONDS)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, path, urlencode(form or {}), headers | {"Cookie": self._cookie})
        if not stay:
            connection.close()
            return 0, ""
        answer = connection.getresponse()
        page = answer.read().decode()
        self._cookie = (answer.getheader("Set-Cookie") or self._cookie).split(";")[0]
        connection.close()
        return answer.status, page


def test_whoever_goes_away_meanwhile_leaves_no_half_wall(office: Office) -> None:
    """A browser that is closed changes nothing: the wall is finished, and no file is left over."""
    reference = office.open(office.deliver(write_letter(None), LARGE), cleared=("amina", "bartek"))
    office.desk.database.leave_no_trace()
    with serving_process(DESK, office.folder) as (url, process):
        visitor = Visitor(url)
        form = {"username": "amina", "password": PASSWORD, "code": office.code()}
        assert visitor.ask("POST", "/sign-in", form)[0] == 303
        _status, page = visitor.ask("GET", f"/case/{reference}")
        found = re.search(r'name="csrf_token" value="([^"]*)"', page)
        assert found
        leaving = {"csrf_token": unescape(found[1]), "who": "bartek", "reason": "a friend"}
        visitor.ask("POST", f"/case/{reference}/withdraw", leaving, stay=False)
        assert visitor.ask("GET", "/")[0] == 200
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "bartek was kept out" not in visitor.ask("GET", f"/case/{reference}")[1]:
            assert time.monotonic() < deadline
            assert process.poll() is None
    assert read_case(office.desk, office.signed_in(), reference).readers == ("amina",)
    assert contents(office, reference) == LARGE
    assert len(office.desk.vault.published()) == 1
    assert list((office.folder / "vault" / "incoming").iterdir()) == []
    assert all(finding.sound for finding in check_desk(office.folder))
