"""Standing recusals: what a reviewer must not be given cases about, in their own words, one a line.

Sealed twice: to the intake key, so that every officer who has it unlocked can compare them with a letter, officers to
come too; and to the reviewer's own key, so that the reviewer can go on writing.
Rules:
- Both bear the user name: a row that is given to somebody else opens as nobody's.
- Every sealed copy has one size, so that it cannot be seen who named much, or anything at all.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.intake_secret import open_bytes
from keys.openpgp import seal_bytes
from keys.strict_json import read_object, write_object

FORMAT_VERSION = 1
MOST_LINES = 40
LONGEST_LINE = 200  # characters
MOST_CHARACTERS = 3_000  # of all lines
_DOCUMENT_SIZE = 16 * 1024  # bytes: 3,000 characters of four bytes, and what JSON adds
_OWN_LABEL = "candour v1 standing recusals"


def seal_for_officers(intake_key: Path, username: str, lines: Sequence[str]) -> Ciphertext:
    """Return the lines sealed to the intake key. Raises OpenPGPFailed."""
    held = os.memfd_create("recusals")
    try:
        seal_bytes(intake_key, _document(username, lines), held)
        return Ciphertext(os.pread(held, os.fstat(held).st_size, 0))
    finally:
        os.close(held)


def open_as_officer(home: Path, passphrase: str, username: str, sealed: Ciphertext) -> tuple[str, ...]:
    """Return a reviewer's lines, opened with the intake key.

    Raises OpenPGPFailed if they do not open: sealed to an earlier intake key, or altered; SealBroken if they are
    somebody else's.
    """
    held = os.memfd_create("recusals")
    with os.fdopen(held, "r+b") as file:
        file.write(sealed)
        file.flush()
        file.seek(0, io.SEEK_SET)
        return _lines(username, open_bytes(home, passphrase, file, _DOCUMENT_SIZE))


def seal_for_oneself(public: bytes, username: str, lines: Sequence[str]) -> Ciphertext:
    """Return the lines sealed to the reviewer's own public key."""
    return seal(public, _document(username, lines), _own(username))


def open_as_oneself(key: SecretKey, username: str, sealed: Ciphertext) -> tuple[str, ...]:
    """Return one's own lines. Raises SealBroken if they are not this key's, or were altered."""
    return _lines(username, key.open(sealed, _own(username)))


def _own(username: str) -> Purpose:
    return Purpose(_OWN_LABEL, username.encode("utf-8"))


def _document(username: str, lines: Sequence[str]) -> bytes:
    if len(lines) > MOST_LINES or max(map(len, lines), default=0) > LONGEST_LINE or _length(lines) > MOST_CHARACTERS:
        raise ValueError("more recusals than the format holds")
    document = write_object({"candour_recusals": FORMAT_VERSION, "username": username, "lines": list(lines)})
    return document.ljust(_DOCUMENT_SIZE, b" ")


def _length(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _lines(username: str, padded: bytes) -> tuple[str, ...]:
    try:
        fields = read_object(padded.rstrip(b" "), _DOCUMENT_SIZE)
        fields.exactly("candour_recusals", FORMAT_VERSION)
        fields.exactly("username", username)
        lines = fields.list_of("lines", MOST_LINES, _line)
        fields.end()
    except Malformed as reason:
        raise SealBroken("these recusals are not this reviewer's") from reason
    return lines


def _line(untrusted: object) -> str:
    if not isinstance(untrusted, str) or len(untrusted) > LONGEST_LINE:
        raise Malformed("a line is no text, or too long")
    return untrusted
