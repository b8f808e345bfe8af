"""Somebody with an account, its password, and every byte of the desk's disk, who tries every key on everything.

What is tried: each sealed value of each row and each file of vault and post, with each key that the account opens, that
its sessions open, that its clearances open, and that it kept from before. What comes out, and all that lies in clear,
is what this person knows.
"""

import base64
import io
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from journalist_interface.accounts import open_passphrase
from journalist_interface.case_places import attachment_place, card_place, item_place, sheet_place
from journalist_interface.errors import NotAnOfficer
from keys.case_key import CaseKey
from keys.errors import OpenPGPFailed, SealBroken
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import open_bytes
from keys.reply import _purpose
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from keys.vault import VaultReader
from store.desk.reviewers import find_reviewer
from tests.desk_office import PASSWORD, Office

_LARGEST = 64 << 20  # bytes of an opened message


@dataclass
class Intruder:
    """One account turned. `cookies` are its own sessions', `kept` the case keys that it kept from before."""

    office: Office
    username: str
    cookies: tuple[str, ...] = ()
    kept: tuple[CaseKey, ...] = ()
    case_keys: set[bytes] = field(default_factory=set)

    def finds(self) -> bytes:
        """Everything that this person can read, one after the other."""
        clear = [path.read_bytes() for path in self._files()]
        rows = list(self._values())
        clear += [value if isinstance(value, bytes) else str(value).encode() for value in rows]
        sealed = {value for value in rows if isinstance(value, bytes)}
        return b"\n".join([*clear, *self._opened(sealed)])

    def _files(self) -> Iterator[Path]:
        return (path for path in sorted(self.office.folder.rglob("*")) if path.is_file())

    def _values(self) -> Iterator[object]:
        with closing(sqlite3.connect(self.office.desk.paths.database)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  (a name from the schema)
                    yield from row

    def _ids(self, table: str, column: str = "id") -> list[str]:
        with closing(sqlite3.connect(self.office.desk.paths.database)) as connection:
            return [row[0] for row in connection.execute(f"SELECT {column} FROM {table}")]  # noqa: S608  (our own words)

    def _opened(self, sealed: set[bytes]) -> Iterator[bytes]:
        secret_keys = list(self._secret_keys())
        case_ids, item_ids, attachment_ids = self._ids("cases"), self._ids("items"), self._ids("attachments")
        sheet_kinds = self._ids("sheets", "DISTINCT kind")
        keys = {key.raw: key for key in self.kept}
        for holder in secret_keys:
            yield from self._messages(holder)
            for value in sealed:
                for case_id in case_ids:
                    with suppress(SealBroken):
                        key = CaseKey.open(value, holder, case_id)
                        keys[key.raw] = key
                for reply in item_ids:
                    with suppress(SealBroken):
                        yield holder.open(value, _purpose(reply, holder.public))
        self.case_keys = set(keys)
        for key in keys.values():
            for case_id in case_ids:
                places = [card_place(case_id), *(item_place(case_id, item_id) for item_id in item_ids)]
                places += [sheet_place(case_id, kind) for kind in sheet_kinds]
                yield from _items(key, sealed, places)
                yield from self._attachments(key, [attachment_place(case_id, each) for each in attachment_ids])

    def _secret_keys(self) -> Iterator[SecretKey]:
        """The account's own secret key, by its password and by each of its sessions."""
        with self.office.desk.database.reading() as connection:
            reviewer = find_reviewer(connection, self.username)
        yield ReviewerSecret.open(reviewer.sealed_secret, PASSWORD, self.username).key()
        with closing(sqlite3.connect(self.office.desk.paths.database)) as connection:
            sessions = [row[0] for row in connection.execute("SELECT sealed FROM sessions")]
        for cookie in self.cookies:
            for sealed in sessions:
                with suppress(SealBroken):
                    yield SecretKey(SessionToken.read(cookie).open(sealed)[:SEED_SIZE])

    def _messages(self, holder: SecretKey) -> Iterator[bytes]:
        """What lies sealed to the intake key, if this person holds its passphrase."""
        try:
            with self.office.desk.database.reading() as connection:
                passphrase = open_passphrase(find_reviewer(connection, self.username), holder)
        except NotAnOfficer:
            return
        for path in self._files():
            if path.parent.name == "sealed":
                with suppress(OpenPGPFailed), path.open("rb") as sealed:
                    yield open_bytes(self.office.desk.paths.gnupg, passphrase, sealed, _LARGEST)

    def _attachments(self, key: CaseKey, places: list[str]) -> Iterator[bytes]:
        for path in self._files():
            if "vault" in path.parts:
                content = path.read_bytes()
                for place in places:
                    with suppress(SealBroken):
                        yield b"".join(VaultReader(key, place, io.BytesIO(content)).pieces())


def _items(key: CaseKey, sealed: Iterable[bytes], places: list[str]) -> Iterator[bytes]:
    for value in sealed:
        for place in places:
            with suppress(SealBroken):
                yield key.open_item(value, place)


def traces_of(canaries: Iterable[str], found: bytes) -> list[str]:
    """Return those of the words that stand in what was found, also as hexadecimal, as UTF-16 and as Base64."""
    lowered = found.lower()
    return [word for word in canaries if any(form in lowered for form in _forms(word))]


def _forms(word: str) -> Iterator[bytes]:
    plain = word.encode()
    yield plain.lower()
    yield plain.hex().encode()
    yield word.lower().encode("utf-16-le")
    for shift in range(3):
        # Where it begins in a group of three decides how it looks; what is shared with its neighbours is left out.
        coded = base64.b64encode(bytes(shift) + plain)
        yield coded[4:-4].lower()
