"""Somebody at a browser in front of the desk, letters that a test puts into the post, and the cases made of them."""

import re
import secrets
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import CasePage, read_case
from journalist_interface.downloading import start_download
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Letter
from tests.desk_office import Office, sign_in, write_letter


class Person:
    """Somebody at a browser of their own, signed in."""

    def __init__(self, app: Flask, office: Office, username: str) -> None:
        self.client: FlaskClient = app.test_client()
        sign_in(self.client, office, username)
        found = re.search(r'name="csrf_token" value="([^"]*)"', self.client.get("/", follow_redirects=True).text)
        assert found
        self._token = unescape(found[1])

    def get(self, address: str) -> str:
        """A page."""
        return self.client.get(address).text

    def post(self, address: str, **form: object) -> tuple[int, str, str]:
        """What a form gave: status, address it leads to, page."""
        answer = self.client.post(address, data={"csrf_token": self._token, **form})
        return answer.status_code, answer.location or "", answer.text

    def unlock(self) -> "Person":
        """Unlock the intake key."""
        assert self.post("/post/unlock")[0] == 303
        return self

    def press(self, page: str, button: str) -> tuple[int, str, str]:
        """Send the form of a page that has this button, as it stands there."""
        (chosen,) = [each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{button}<" in each]
        fields: dict[str, list[str]] = {}
        for field in re.findall(r"<input[^>]*>", chosen):
            name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
            assert name
            assert value
            if 'type="hidden"' in field or " checked" in field:
                fields.setdefault(name[1], []).append(unescape(value[1]))
        action = re.search(r'action="([^"]*)"', chosen)
        assert action
        return self.post(action[1], **fields)


def letter(office: Office, key: bytes | None = None, **more: object) -> Letter:
    """Deliver a letter, without a note unless one is given."""
    return office.deliver(write_letter(key, **{"must_not_reach": "", **more}))  # type: ignore[arg-type]  # of Letter


def source() -> bytes:
    """A source's reply key."""
    return SecretKey(secrets.token_bytes(SEED_SIZE)).public


def page_of(office: Office, reference: str, username: str = "amina") -> CasePage:
    """Return a case as that reviewer reads it."""
    return read_case(office.desk, office.signed_in(username), reference)


def letters_of(page: CasePage) -> list[LetterDocument]:
    """Return the letters of a case, in order."""
    return [entry.document for entry in page.entries if isinstance(entry.document, LetterDocument)]


def files_of(office: Office, reference: str) -> list[bytes]:
    """Return every attachment of a case as it is downloaded."""
    held = [attachment for letter in letters_of(page_of(office, reference)) for attachment in letter.attachments]
    return [
        b"".join(start_download(office.desk, office.signed_in(), reference, attachment.id).pieces())
        for attachment in held
        if attachment.id
    ]
