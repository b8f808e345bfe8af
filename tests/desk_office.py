"""A desk for tests: real keys made by real gpg, a real database, and parcels sealed as the source host seals them."""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from pathlib import Path

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import select

from journalist_interface.accounts import make_account, open_passphrase
from journalist_interface.case_list import CaseListPage, read_case_list
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import ANY, Filter
from journalist_interface.desk_folder import Desk, open_desk
from journalist_interface.key_names import name_key
from journalist_interface.opening import open_parcel
from journalist_interface.passkeys import seal_passkey
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.sessions import SignedIn
from journalist_interface.setting_up import Beginner, set_up_desk
from keys.factor_seal import FactorKey
from keys.intake_secret import agent_running
from keys.letter import Answer, AttachmentRecord, Letter
from keys.openpgp import seal_bytes
from keys.padding import attachment_size_class
from keys.passkey import stand_in_passkey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from keys.totp import spoken_secret
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.audit_reading import verify_trail
from store.desk.case_tables import attachments
from store.desk.factors import add_factors, new_factor_id
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.parcels import Parcel, ParcelPart, put_parcel
from store.desk.reviewers import add_reviewer, find_reviewer
from store.desk.roles import Role
from store.drafts import Blob

EVERY_CASE = Filter(status=ANY)
PASSWORD = "seven quiet otters"
DAY = "2026-11-20"


@dataclass
class Office:
    """A desk, and everybody's secrets, which a test may use as their owners would."""

    desk: Desk
    secrets: dict[str, ReviewerSecret]
    recovery: NewShares

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.desk.paths.folder

    def signed_in(self, username: str = "amina") -> SignedIn:
        """Return a reviewer at work."""
        return SignedIn(username, self.secrets[username].key(), SessionToken.draw())

    def passphrase(self, username: str = "amina") -> str:
        """Return the intake key's passphrase, as that officer opens it."""
        with self.desk.database.reading() as connection:
            return open_passphrase(find_reviewer(connection, username), self.secrets[username].key())

    def add(self, username: str, *roles: Role) -> None:
        """Add an account; without roles, an intake officer who is a reviewer too."""
        roles = roles or (Role.INTAKE_OFFICER, Role.REVIEWER)
        account = make_account(username, PASSWORD, roles, self.passphrase())
        with self.desk.database.writing() as connection:
            add_reviewer(connection, account.reviewer)
            name_key(connection, username, username, account.reviewer.public_key)
        self.secrets[username] = account.secret

    def give_passkey(self, username: str) -> str:
        """Give an account a passkey that no device has; return its id."""
        passkey = replace(stand_in_passkey(b"x" * 16), rp_id="localhost", label="key on my ring")
        row = seal_passkey(FactorKey(self.secrets[username].seed), username, new_factor_id(), passkey)
        with self.desk.database.writing() as connection:
            add_factors(connection, [row])
        return row.id

    def code(self, username: str = "amina", steps: int = 0) -> str:
        """Return the one-time code of now, or of so many steps from now."""
        return pyotp.TOTP(spoken_secret(self.secrets[username].totp_secret)).at(int(time.time()) + 30 * steps)

    def seal(self, plaintext: bytes) -> Blob:
        """Seal to the intake key, into the post."""
        with self.desk.post.draft() as draft:
            seal_bytes(self.desk.paths.intake_key, plaintext, draft.file.fileno())
            blob = draft.seal_finished()
            self.desk.post.publish([blob.id])
        self.desk.post.settle([blob.id])
        return blob

    def deliver(self, letter: Letter, files: Mapping[str, bytes] | None = None) -> Letter:
        """Put a submission into the post as the courier does; return the letter with its attachments."""
        parts = []
        records = list(letter.attachments)
        for name, content in (files or {}).items():
            blob = self.seal(content.ljust(attachment_size_class(len(content)), b"\x00"))
            digest = hashlib.sha256(content).hexdigest()
            records.append(AttachmentRecord(blob.id, name, "application/pdf", len(content), digest))
            parts.append(ParcelPart(blob.id, "attachment", blob.size, blob.sha256))
        letter = replace(letter, attachments=tuple(records))
        sealed = self.seal(letter.to_padded())
        parts.insert(0, ParcelPart(sealed.id, "letter", sealed.size, sealed.sha256))
        put_parcel(self.desk.database, Parcel(letter.submission, DAY, DAY, None, tuple(parts)))
        return letter

    def vault_files(self) -> set[str]:
        """Return the names of the vault files that cases name."""
        with self.desk.database.reading() as connection:
            return set(connection.execute(select(attachments.c.id)).scalars())

    def open(self, letter: Letter, username: str = "amina", cleared: tuple[str, ...] = ("amina",)) -> str:
        """Open a submission; return the reference of its case."""
        return open_parcel(self.desk, self.signed_in(username), self.passphrase(username), letter.submission, cleared)


def write_letter(reply_key: bytes | None, message: str = "He sells what the computer knows.", **more: object) -> Letter:
    """Return a letter with sensible content."""
    letter = Letter(
        submission=new_blob_id(),
        day=DAY,
        reply_key=reply_key,
        topics=("money",),
        answers=(Answer("q-danger", "no"), Answer("q-how-know", "saw-it")),
        message=message,
        must_not_reach="Sergeant Blunt",
    )
    return replace(letter, **more)  # type: ignore[arg-type]  # a test names the fields of Letter


@cache
def _template() -> tuple[Office, tempfile.TemporaryDirectory[str]]:
    """Return a desk that others are copied from: making keys takes longer than most tests."""
    held = tempfile.TemporaryDirectory(prefix="candour-office-")
    folder = Path(held.name) / "desk"
    before = os.umask(0o077)  # as the command does
    try:
        recovery = NewShares.draw(Scheme(shares=3, needed=2))
        made = set_up_desk(folder, [Beginner("amina", PASSWORD)], recovery, lambda _new: None)
    finally:
        os.umask(before)
    office = Office(open_desk(folder), {"amina": made.people[0].account.secret}, recovery)
    office.desk.database.close()
    return office, held


@cache
def _peopled(people: tuple[tuple[str, tuple[Role, ...]], ...]) -> tuple[Office, "tempfile.TemporaryDirectory[str]"]:
    """Return a desk with these people, that others are copied from: each password takes a fifth of a second."""
    if not people:
        return _template()
    held = tempfile.TemporaryDirectory(prefix="candour-office-")
    with new_office(Path(held.name) / "desk") as office:
        for username, roles in people:
            office.add(username, *roles)
    return office, held


@contextmanager
def new_office(folder: Path, people: Mapping[str, tuple[Role, ...]] | None = None) -> Iterator[Office]:
    """Give a desk of its own in a new folder, with amina as its first intake officer, and `people`."""
    template, _held = _peopled(tuple((people or {}).items()))
    with office_like(template, folder) as office:
        yield office


@contextmanager
def office_like(template: Office, folder: Path) -> Iterator[Office]:
    """Give a desk in a new folder with everything that this one has, which must be closed."""
    shutil.copytree(template.folder, folder, ignore=shutil.ignore_patterns("S.*", "*.lock"))
    office = Office(open_desk(folder), dict(template.secrets), template.recovery)
    try:
        with agent_running(office.desk.paths.gnupg):
            yield office
    finally:
        office.desk.database.close()


def sign_in(client: FlaskClient, office: Office, username: str = "amina") -> None:
    """Sign a browser in."""
    form = {"username": username, "password": PASSWORD, "code": office.code(username)}
    assert client.post("/sign-in", data=form).status_code == 303


def sent_replies(office: Office) -> int:
    """Return how many replies wait for the courier."""
    with office.desk.database.reading() as connection:
        return sum(delivery.kind is Kind.REPLY for delivery in waiting_deliveries(connection, 1000))


def read_list(desk: Desk, signed_in: SignedIn, chosen: Filter = EVERY_CASE) -> CaseListPage:
    """The first page of the list, as somebody finds it who has just signed in."""
    return read_case_list(desk, Board(), signed_in, chosen, 1)


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def token(client: FlaskClient) -> str:
    """Return the form token of the session."""
    return field(client.get("/post").text, "csrf_token")


def acts(office: Office) -> list[str]:
    """Return the acts recorded so far, in order."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        return [row.act for row in connection.execute(audit.select().order_by(audit.c.number))]
