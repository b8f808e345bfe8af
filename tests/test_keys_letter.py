"""The letter: exact bytes, exact sizes, and a reader that takes nothing else."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from keys.errors import Malformed
from keys.hpke import PUBLIC_KEY_SIZE
from keys.letter import (
    LONGEST_ANSWER,
    LONGEST_MESSAGE,
    LONGEST_NAME,
    MOST_ANSWERS,
    MOST_ATTACHMENTS,
    TOPICS,
    Answer,
    AttachmentRecord,
    Letter,
)
from keys.padding import pad_text
from tests.letters_drawn import (
    ID,
    KEY,
    LETTER,
    LETTERS,
    LOOSE_KEY,
    RECORD,
    SPELT_KEY,
    changed,
    fields,
    record,
    rewritten,
    without,
)

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "letter.json").read_text("utf-8"))[
    "vectors"
]


def from_vector(vector: dict[str, Any]) -> Letter:
    """The letter a committed vector describes."""
    key = vector["reply_key"]
    return Letter(
        submission=vector["submission"],
        day=vector["day"],
        reply_key=None if key is None else base64.b64decode(key),
        topics=tuple(vector["topics"]),
        answers=tuple(Answer(one["question"], one["answer"]) for one in vector["answers"]),
        message=vector["message"],
        must_not_reach=vector["must_not_reach"],
        attachments=tuple(
            AttachmentRecord(one["blob"], one["name"], one["type"], one["size"], one["sha256"])
            for one in vector["attachments"]
        ),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=["with everything", "one way"])
def test_a_letter_is_the_same_bytes_for_ever(vector: dict[str, Any]) -> None:
    """The committed letter is written as exactly the committed bytes, and is read back from them."""
    letter = from_vector(vector)
    padded = letter.to_padded()
    assert len(padded) == vector["padded_size"]
    assert hashlib.sha256(padded).hexdigest() == vector["padded_sha256"]
    assert Letter.from_padded(padded) == letter


@settings(max_examples=150)
@given(LETTERS)
def test_any_letter_is_read_as_it_was_written(letter: Letter) -> None:
    """Whatever a source types within the limits arrives character for character."""
    assert Letter.from_padded(letter.to_padded()) == letter


def test_letters_come_in_few_sizes() -> None:
    """A letter weighs 4 KiB or the next power of two, whatever it says."""
    bare = replace(LETTER, reply_key=None, answers=(), must_not_reach="", attachments=(), message="")
    sizes = [len(replace(bare, message="x" * length).to_padded()) for length in (0, 1, 3_000, 4_000, 9_000, 100_000)]
    assert sizes == [4096, 4096, 4096, 8192, 16384, 131072]
    assert len(LETTER.to_padded()) == 4096


def test_a_lone_surrogate_is_written_as_a_replacement_character() -> None:
    """Half a character that a broken browser sends becomes U+FFFD; nothing else is lost."""
    letter = replace(LETTER, message="before \ud83d after")
    assert Letter.from_padded(letter.to_padded()).message == "before \ufffd after"


def test_a_letter_at_every_limit_is_read() -> None:
    """The longest message in the widest characters, the most answers and attachments, still make a letter."""
    letter = replace(
        LETTER,
        message="\U0001f99d" * LONGEST_MESSAGE,
        must_not_reach="\u20ac" * LONGEST_ANSWER,
        topics=tuple(sorted(TOPICS)),
        answers=tuple(Answer(f"q{number}", "a" * 100) for number in range(MOST_ANSWERS)),
        attachments=tuple(replace(RECORD, blob=f"{number:032x}") for number in range(MOST_ATTACHMENTS)),
    )
    assert Letter.from_padded(letter.to_padded()) == letter


BROKEN = {
    "an unknown field": changed(priority="high"),
    "a message that is no text": changed(message=["x"]),
    "a message that is null": changed(message=None),
    "a message with a lone surrogate": changed(message="\ud83d"),
    "a message with a NUL": changed(message="a\x00b"),
    "a message a character too long": changed(message="x" * (LONGEST_MESSAGE + 1)),
    "version two": changed(candour_letter=2),
    "a version that is true": changed(candour_letter=True),
    "a version that is a float": changed(candour_letter=1.0),
    "an id in capitals": changed(submission=ID.upper()),
    "an id with a line end": changed(submission=ID + "\n"),
    "an id a digit short": changed(submission=ID[:-1]),
    "an id in full-width digits": changed(submission="\uff11" * 32),
    "a day with a time": changed(day="2026-11-23T10:00"),
    "a day in another century": changed(day="1999-01-01"),
    "a thirteenth month": changed(day="2026-13-01"),
    "a thirtieth of February": changed(day="2026-02-30"),
    "an unknown topic": changed(topics=["gossip"]),
    "a topic that is a number": changed(topics=[1]),
    "a topic that is a list": changed(topics=[["money"]]),
    "more topics than there are": changed(topics=["money"] * 7),
    "topics that are a text": changed(topics="money"),
    "an answer with an unknown field": changed(answers=[{"question": "q", "answer": "a", "more": ""}]),
    "an answer without its question": changed(answers=[{"answer": "a"}]),
    "an answer that is a text": changed(answers=["a"]),
    "an answer a character too long": changed(answers=[{"question": "q", "answer": "x" * (LONGEST_ANSWER + 1)}]),
    "an answer too many": changed(answers=[{"question": "q", "answer": "a"}] * (MOST_ANSWERS + 1)),
    "a reply key that is no Base64": changed(reply_key="*" * 1624),
    "a reply key with a line end": changed(reply_key=SPELT_KEY + "\n"),
    "a reply key with a second spelling": changed(reply_key=LOOSE_KEY),
    "a reply key in full-width letters": changed(reply_key="\uff21" * 1624),
    "a reply key a byte short": changed(reply_key=base64.b64encode(KEY[:-1]).decode()),
    "a reply key to which nothing can be sealed": changed(reply_key=base64.b64encode(KEY[:1184] + bytes(32)).decode()),
    "a reply key that is empty": changed(reply_key=""),
    "a reply key that is a number": changed(reply_key=1),
    "two attachments with the same blob": changed(attachments=record() * 2),
    "an attachment too many": changed(
        attachments=[{**RECORD.to_json(), "blob": f"{number:032x}"} for number in range(MOST_ATTACHMENTS + 1)]
    ),
    "an attachment whose blob is a path": changed(attachments=record(blob="../" + "a" * 29)),
    "an attachment of negative size": changed(attachments=record(size=-1)),
    "an attachment beyond all size": changed(attachments=record(size=(1 << 40) + 1)),
    "an attachment of size true": changed(attachments=record(size=True)),
    "an attachment of fractional size": changed(attachments=record(size=1.5)),
    "an attachment with a short SHA-256": changed(attachments=record(sha256="cd" * 31)),
    "an attachment whose name is too long": changed(attachments=record(name="x" * (LONGEST_NAME + 1))),
    "an attachment with an unknown field": changed(attachments=record(path="/etc/passwd")),
    "a number that is NaN": rewritten(lambda text: text.replace(b"70000", b"NaN")),
    "a number that is infinite": rewritten(lambda text: text.replace(b"70000", b"-Infinity")),
    "a number beyond all floats": rewritten(lambda text: text.replace(b"70000", b"1e999")),
    "a number of ten thousand digits": rewritten(lambda text: text.replace(b"70000", b"7" * 10_000)),
    "a field given twice": rewritten(lambda text: text[:-1] + b', "day": "2026-11-23"}'),
    "a field of an answer given twice": rewritten(
        lambda text: text.replace(b'"answer": "On Tuesday"', b'"answer": "On Tuesday", "answer": "On Friday"')
    ),
    "lists a hundred thousand deep": rewritten(
        lambda text: text.replace(b'["money"]', b"[" * 100_000 + b"]" * 100_000)
    ),
    "bytes that are not UTF-8": rewritten(lambda text: text.replace(b"envelope", b"envel\xffpe")),
    "UTF-8 longer than it need be": rewritten(lambda text: text.replace(b"envelope", b"envel\xc0\xafpe")),
    "a surrogate in UTF-8": rewritten(lambda text: text.replace(b"envelope", b"\xed\xa0\xbd")),
    "a byte order mark": rewritten(lambda text: b"\xef\xbb\xbf" + text),
    "UTF-16": pad_text(json.dumps(fields()).encode("utf-16")),
    "two documents": rewritten(lambda text: text + text),
    "something after the document": rewritten(lambda text: text + b" x"),
    "a document cut short": rewritten(lambda text: text[:-1]),
    "a list": pad_text(b"[]"),
    "null": pad_text(b"null"),
    "nothing but padding": pad_text(b""),
    "no byte at all": b"",
    "no padding": json.dumps(fields()).encode(),
    "padding of zeros": json.dumps(fields()).encode().ljust(4096, b"\x00"),
    "padding a class too large": json.dumps(fields()).encode().ljust(8192, b" "),
}


@pytest.mark.parametrize("padded", BROKEN.values(), ids=BROKEN.keys())
def test_a_letter_is_refused_with(padded: bytes) -> None:
    """A letter that breaks any rule of the format is Malformed as a whole."""
    with pytest.raises(Malformed):
        Letter.from_padded(padded)


@pytest.mark.parametrize("name", sorted(fields()))
def test_a_letter_is_refused_without(name: str) -> None:
    """No field of a letter may be missing."""
    with pytest.raises(Malformed, match=name):
        Letter.from_padded(without(name))


def test_a_letter_says_what_its_source_wishes() -> None:
    """To take it back; to be one with another codename. A letter that wishes nothing is as letters always were."""
    wishes = replace(LETTER, withdraws=True, joins="ab" * 32)
    assert Letter.from_padded(wishes.to_padded()) == wishes
    assert b"withdraws" not in LETTER.to_padded()
    assert b"joins" not in LETTER.to_padded()


@pytest.mark.parametrize(
    "wish", [{"withdraws": False}, {"withdraws": 1}, {"joins": ""}, {"joins": "AB" * 32}, {"joins": "ab" * 31}]
)
def test_a_wish_has_one_spelling(wish: dict[str, Any]) -> None:
    """What is not wished is not said."""
    with pytest.raises(Malformed):
        Letter.from_padded(changed(**wish))


@pytest.mark.parametrize("wish", [{"withdraws": True}, {"joins": "ab" * 32}])
def test_only_a_source_who_can_come_back_wishes(wish: dict[str, Any]) -> None:
    """Nobody could know whose the other letters are."""
    with pytest.raises(Malformed, match="who can come back"):
        Letter.from_padded(changed(reply_key=None, **wish))


def test_the_table_starts_from_a_good_letter() -> None:
    """Unchanged, the letter that every attack starts from is read: each refusal above is due to its change alone."""
    assert Letter.from_padded(changed()) == Letter.from_padded(rewritten(bytes)) == LETTER
    assert base64.b64decode(LOOSE_KEY) == KEY
    assert len(KEY) == PUBLIC_KEY_SIZE


def test_a_document_beyond_the_longest_is_refused() -> None:
    """More JSON than any letter may have is refused by its length, before it is parsed."""
    with pytest.raises(Malformed, match="longer than"):
        Letter.from_padded(b"[" * (64 << 20))


def test_a_letter_is_not_printed() -> None:
    """The repr of a letter shows nothing of what the source wrote, and no file name."""
    shown = repr(LETTER)
    for secret in ("envelope", "Tuesday", "sergeant", "photo.jpg", repr(KEY)[2:20]):
        assert secret not in shown
