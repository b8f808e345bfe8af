"""A good letter, any letter that a source may write within the limits, and the bytes of one with a change in it."""

import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from keys.hpke import SecretKey
from keys.letter import TOPICS, Answer, AttachmentRecord, Letter
from keys.padding import pad_text

KEY = SecretKey(bytes(range(96))).public
ID = "0123456789abcdef" * 2
RECORD = AttachmentRecord("ab" * 16, "photo.jpg", "image/jpeg", 70_000, "cd" * 32)
LETTER = Letter(
    submission=ID,
    day="2026-11-23",
    reply_key=KEY,
    topics=("money",),
    answers=(Answer("when", "On Tuesday"),),
    message="It was in an envelope.",
    must_not_reach="The sergeant",
    attachments=(RECORD,),
)

AWKWARD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200) | st.sampled_from(
    [
        "",
        " ",
        "trailing spaces   ",
        '"quoted" \\ and \\u0000 spelt out',
        "\r\n\t\x01\x1b[31m\x7f",
        "e\u0301 is not \u00e9",
        "\u202eright to left\u202c",
        "\ufeff\u200b\u2028\u2029",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0010ffff\ufffd",
    ]
)
HEX_IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)
RECORDS = st.builds(
    AttachmentRecord,
    blob=HEX_IDS,
    name=AWKWARD,
    declared_type=AWKWARD.map(lambda text: text[:127]),
    size=st.integers(0, 1 << 40),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
)
LETTERS = st.builds(
    Letter,
    submission=HEX_IDS,
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(str),
    reply_key=st.none() | st.just(KEY),
    topics=st.lists(st.sampled_from(sorted(TOPICS)), unique=True).map(tuple),
    answers=st.lists(st.builds(Answer, AWKWARD.map(lambda text: text[:64]), AWKWARD), max_size=4).map(tuple),
    message=AWKWARD,
    must_not_reach=AWKWARD,
    attachments=st.lists(RECORDS, max_size=3, unique_by=lambda record: record.blob).map(tuple),
)


def fields() -> dict[str, Any]:
    """The JSON object of a good letter."""
    found: dict[str, Any] = json.loads(LETTER.to_padded())
    return found


def changed(**changes: Any) -> bytes:
    """A letter's bytes with fields changed or added."""
    return pad_text(json.dumps({**fields(), **changes}).encode())


def without(name: str) -> bytes:
    """A letter's bytes with one field left out."""
    return pad_text(json.dumps({key: value for key, value in fields().items() if key != name}).encode())


def rewritten(change: Callable[[bytes], bytes]) -> bytes:
    """A letter's bytes after a change to its JSON text."""
    return pad_text(change(json.dumps(fields()).encode()))


def record(**changes: Any) -> list[dict[str, Any]]:
    """A list with one attachment record, changed."""
    return [{**RECORD.to_json(), **changes}]


SPELT_KEY = base64.b64encode(KEY).decode()
# The same key bytes, with bits set that Base64 does not use: a second spelling.
LOOSE_KEY = SPELT_KEY[:-3] + chr(ord(SPELT_KEY[-3]) + 1) + "=="
