"""The reply: sealed to one source, of few sizes, opened from the codename all the way."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.codename import Codename
from keys.derivation import derive
from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.padding import pad_text
from keys.reply import LONGEST_QUESTION, LONGEST_REPLY, MOST_QUESTIONS, Question, Reply, reply_address
from keys.strict_json import write_object

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "reply.json").read_text("utf-8"))
KEY = SecretKey(bytes(range(96)))
OTHER_KEY = SecretKey(bytes(range(1, 97)))
ID = "0123456789abcdef" * 2
OTHER_ID = "fedcba9876543210" * 2
DAY = "2026-11-23"
REPLY = Reply(ID, DAY, "Thank you.", (Question(OTHER_ID, "When is it safe?"),), 2)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
HEX_IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)


def test_a_committed_reply_opens_from_the_codename_for_ever() -> None:
    """The committed codename and pepper lead to the key that opens the committed sealed reply."""
    keys = derive(Codename.read(VECTOR["codename"].upper()), bytes.fromhex(VECTOR["pepper"]))
    reply = Reply.open(bytes.fromhex(VECTOR["sealed"]), VECTOR["id"], keys.reply_key())
    assert reply == Reply(
        VECTOR["id"],
        VECTOR["day"],
        VECTOR["text"],
        tuple(Question(**question) for question in VECTOR["questions"]),
        VECTOR["number"],
    )


@settings(max_examples=40)
@given(HEX_IDS, TEXT, st.lists(st.builds(Question, HEX_IDS, TEXT), max_size=MOST_QUESTIONS), st.integers(1, 1_000_000))
def test_a_reply_is_read_as_it_was_written(reply_id: str, text: str, questions: list[Question], number: int) -> None:
    """Whatever is written within the limits is what the source reads."""
    reply = Reply(reply_id, DAY, text, tuple(questions), number)
    assert Reply.open(reply.seal_to(KEY.public), reply_id, KEY) == reply


def sealed_size(text: str, *questions: str) -> int:
    """The size of a sealed reply."""
    asked = tuple(Question(OTHER_ID, question) for question in questions)
    return len(Reply(ID, DAY, text, asked).seal_to(KEY.public))


def test_short_replies_all_weigh_the_same() -> None:
    """A reply of nothing, one of a sentence and one with three questions are of one size; longer ones double."""
    overhead = 1088 + 32 + 16
    assert sealed_size("") == sealed_size("x" * 1_000) == sealed_size("x", "a", "b", "c") == 4096 + overhead
    assert sealed_size("x" * 4_000) == sealed_size("x" * 7_000) == 8192 + overhead
    assert sealed_size("x" * LONGEST_REPLY, "y" * 1_000) == 16384 + overhead


def test_a_reply_opens_only_as_itself_and_for_its_source() -> None:
    """Another source's key, or the place of another reply, opens nothing."""
    sealed = REPLY.seal_to(KEY.public)
    with pytest.raises(SealBroken):
        Reply.open(sealed, ID, OTHER_KEY)
    with pytest.raises(SealBroken):
        Reply.open(sealed, OTHER_ID, KEY)
    with pytest.raises(SealBroken):
        Reply.open(sealed[:-1], ID, KEY)


BEYOND_LIMITS = {
    "a text a character too long": Reply(ID, DAY, "x" * (LONGEST_REPLY + 1)),
    "a question a character too long": Reply(ID, DAY, "", (Question(OTHER_ID, "x" * (LONGEST_QUESTION + 1)),)),
    "a question too many": Reply(ID, DAY, "", (Question(OTHER_ID, "?"),) * (MOST_QUESTIONS + 1)),
    "a number below one": Reply(ID, DAY, "", number=0),
    "a number beyond the most": Reply(ID, DAY, "", number=1_000_001),
    "an id that is none": Reply("not an id", DAY, ""),
    "an id in capitals": Reply(ID.upper(), DAY, ""),
    "a day that is none": Reply(ID, "2026-13-01", ""),
    "a day that the calendar lacks": Reply(ID, "2026-02-30", ""),
    "a NUL in the text": Reply(ID, DAY, "a\x00b"),
    "a question without a real id": Reply(ID, DAY, "", (Question("", "?"),)),
}


@pytest.mark.parametrize("reply", BEYOND_LIMITS.values(), ids=BEYOND_LIMITS.keys())
def test_sealing_refuses(reply: Reply) -> None:
    """What the source could not read is refused on sealing, where it can still be mended."""
    with pytest.raises(Malformed):
        reply.seal_to(KEY.public)


def test_a_reply_at_every_limit_is_sealed() -> None:
    """The longest text and the most and longest questions, in the widest characters, still fit."""
    questions = tuple(Question(f"{number:032x}", "\U0001f99d" * LONGEST_QUESTION) for number in range(MOST_QUESTIONS))
    reply = Reply(ID, DAY, "\U0001f99d" * LONGEST_REPLY, questions, 1_000_000)
    assert Reply.open(reply.seal_to(KEY.public), ID, KEY) == reply


def test_a_reply_that_names_another_id_inside_is_refused() -> None:
    """A reply sealed for one id while saying another is Malformed: the two must agree."""
    inside = {"candour_reply": 1, "id": OTHER_ID, "day": DAY, "number": 1, "text": "", "questions": []}
    purpose = Purpose("candour v1 reply", f"{ID} {reply_address(KEY.public)}".encode("ascii"))
    sealed = seal(KEY.public, pad_text(write_object(dict(inside))), purpose)
    with pytest.raises(Malformed, match="another id"):
        Reply.open(sealed, ID, KEY)


def test_the_address_tells_a_key_without_being_it() -> None:
    """An address is 64 hexadecimal digits, the same for the same key and no other."""
    assert reply_address(KEY.public) == reply_address(bytes(KEY.public)) != reply_address(OTHER_KEY.public)
    assert len(reply_address(KEY.public)) == 64


def test_a_reply_is_not_printed() -> None:
    """The repr of a reply shows neither its text nor its questions."""
    assert "Thank" not in repr(REPLY)
    assert "safe" not in repr(REPLY)
