"""Fuzzing file names, from a source's form to the reviewer's disk: path-like, bidirectional, endless, not even text."""

import unicodedata
from pathlib import Path

from werkzeug.http import parse_options_header

from journalist_interface.page_words import FILTERS
from keys.errors import Malformed
from keys.letter import LONGEST_NAME, AttachmentRecord
from serving.file_names import content_disposition, safe_name
from source_interface.attachments import _plain_name
from tests.fuzz.hostile_forms import BOUNDARY, form, part
from tests.fuzz.pieces import SIZES, AwkwardBody, Pieces
from tests.fuzz.target_form_stream import read

HOSTILE_NAMES: dict[str, bytes] = {
    "an ordinary name": b"report.pdf",
    "a name with accents": "Café №5.jpg".encode(),
    "a path": b"../../etc/passwd",
    "a path of Windows": b"C:\\Users\\..\\x.txt",
    "a share of Windows": b"\\\\host\\share\\x",
    "only dots": b"...",
    "a hidden file": b".bashrc",
    "turned round": "\u202egnp.exe\u2066x\u2069".encode(),
    "invisible letters": "a\u200b\u2060\ufeffb.pdf".encode(),
    "a separator of lines": "a\u2028b\u2029c\x85d".encode(),
    "a NUL": b"a.exe\x00.pdf",
    "a lone surrogate": b"a\xed\xa0\x80b",
    "an overlong slash": b"a\xc0\xafb",
    "a new header": b"a\r\nSet-Cookie: visit=x",
    "quotes and a backslash": b'a"b\\"c',
    "percent signs": b"%2e%2e%2f%00%0d%0a",
    "markup": b"<b onload=x>&amp;\"'",
    "letters of many marks": ("e" + "\u0301" * 400).encode(),
    "64 KiB long": b"n" * 65_536 + b".pdf",
    "spaces and dots at its end": b"x.pdf . . ",
    "emoji": "👩🏽\u200d🚒.png".encode(),
    "slashes that are none": "a\u2215b\u2044c\uff0fd".encode(),
    "nothing": b"",
}


def one_input(data: bytes) -> None:
    """Send one name along the whole way, or from a hostile source host's letter to the desk alone."""
    pieces = Pieces(data)
    way = pieces.choose(("in a form", "as text", "in a letter"))
    raw = pieces.rest()
    if way == "in a letter":
        at_the_desk(as_text(raw))
    elif way == "as text":
        on_arrival(as_text(raw))
    else:
        in_a_form(raw)


def as_text(raw: bytes) -> str:
    """Return any text at all, lone surrogates among it: two bytes a character; an odd last byte is dropped."""
    return raw[: len(raw) // 2 * 2].decode("utf-16-le", "surrogatepass")


def in_a_form(raw: bytes) -> None:
    """A name in a part's head: whatever the reader makes of it is a name we can keep."""
    body = AwkwardBody(form([part(b"attachments", b"x", file_name=raw)]), SIZES[0])
    found = read(f"multipart/form-data; boundary={BOUNDARY.decode()}", body)
    for _field, name, _type, _content in [] if found is None else found[1]:
        on_arrival(name)


def on_arrival(name: str) -> None:
    """A source's file name becomes one that a letter can carry: no folder, no control character, bounded."""
    plain = _plain_name(name)
    assert 1 <= len(plain) <= LONGEST_NAME
    assert not any(char in "/\\" or unicodedata.category(char) in ("Cc", "Cs") for char in plain)
    record = AttachmentRecord("a" * 32, plain, "", 1, "b" * 64)
    assert AttachmentRecord.from_json(record.to_json()) == record
    at_the_desk(plain)


def at_the_desk(name: str) -> None:
    """Whatever name a letter carries, the reviewer saves a harmless one, and sees it for what it is."""
    record = AttachmentRecord("a" * 32, name, "", 1, "b" * 64)
    try:
        AttachmentRecord.from_json(record.to_json())
    except Malformed:
        return
    safe = safe_name(name)
    assert safe.strip(". ") == safe != ""
    assert len(safe) <= 120
    assert not any(char in '\\/:*?"<>|' or unicodedata.category(char)[0] == "C" for char in safe)
    header = content_disposition(safe)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    kind, options = parse_options_header(header)
    assert (kind, options) == ("attachment", {"filename": safe})
    shown = FILTERS["plain_name"](name)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in str(shown))


def seeds() -> list[bytes]:
    """Return every hostile name by every road."""
    return [
        one
        for name in HOSTILE_NAMES.values()
        for one in (
            b"\x00" + name,
            b"\x01" + name.decode("utf-8", "replace").encode("utf-16-le"),
            b"\x02" + name.decode("utf-8", "replace").encode("utf-16-le"),
        )
    ]


def prepare(_folder: Path) -> None:
    """Nothing is needed."""
