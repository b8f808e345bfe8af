"""Fuzzing what is opened after a seal: letters, replies, strict JSON, and the shape of a sealed message."""

import json
from pathlib import Path

from keys.errors import Malformed, OpenPGPFailed
from keys.letter import Answer, AttachmentRecord, Letter
from keys.message_shape import HEAD_BYTES, check_shape
from keys.padding import pad_text, text_size_class
from keys.reply import Question, Reply
from keys.strict_json import read_object
from tests.fuzz.pieces import Pieces


def one_input(data: bytes) -> None:
    """Give one document to one of the readers."""
    pieces = Pieces(data)
    reader = pieces.choose((letter, padded_letter, reply, anything, shape))
    reader(pieces.rest())


def letter(document: bytes) -> None:
    """A letter whose padding is right."""
    padded_letter(pad_text(document))


def padded_letter(document: bytes) -> None:
    """A letter is read or Malformed; one that was read is written the same again."""
    try:
        found = Letter.from_padded(document)
    except Malformed:
        return
    written = found.to_padded()
    assert len(written) == text_size_class(len(written.rstrip(b" ")))
    assert Letter.from_padded(written) == found
    assert not any("/" in record.blob or len(record.blob) != 32 for record in found.attachments)


def reply(document: bytes) -> None:
    """A reply is read or Malformed."""
    try:
        found = Reply._read(pad_text(document))
    except Malformed:
        return
    assert found.number >= 1
    assert len(found.questions) <= 12


def anything(document: bytes) -> None:
    """Any JSON is an object without repeated fields, or Malformed."""
    try:
        fields = read_object(document, 100_000, 500)
        fields.end()
    except Malformed:
        return
    assert json.loads(document) == {}


def shape(message: bytes) -> None:
    """The head of a message looks like ours or is refused."""
    try:
        check_shape(message[:HEAD_BYTES])
    except OpenPGPFailed:
        return
    assert message[0] & 0x80


def seeds() -> list[bytes]:
    """Return letters, replies and messages as they should be, and some that are nearly so."""
    record = AttachmentRecord("a" * 32, "\u202ea\u202c.pdf", "application/pdf", 5, "b" * 64)
    letters = [
        Letter("c" * 32, "2026-11-20", None, message="One sentence."),
        Letter(
            "c" * 32, "2026-11-20", None, ("money", "hate"), (Answer("q-when", "now"),), "m", "him", (record, record)
        ),
    ]
    spelt = [one.to_padded().rstrip(b" ") for one in letters]
    replied = {"candour_reply": 1, "id": "d" * 32, "day": "2026-11-20", "number": 1, "text": "t"}
    replied["questions"] = [Question("e" * 32, "Who?").to_json()]
    documents = [b"{}", b'{"a":1,"a":2}', b"[" * 200 + b"]" * 200, b'{"a":1e999}', b'{"a":NaN}', b'{"a":"\\ud800"}']
    messages = [b"\x84\x5e\x03" + bytes(93) + b"\xd2\xff", b"\xc1\x5e\x03" + bytes(93) + b"\xd2\xff", b"\x85\xff\xff"]
    return [
        *(b"\x00" + one for one in spelt),
        *(b"\x01" + pad_text(one) for one in spelt),
        b"\x02" + json.dumps(replied).encode(),
        *(b"\x03" + one for one in documents),
        *(b"\x04" + one for one in messages),
    ]


def prepare(_folder: Path) -> None:
    """Nothing is needed."""
