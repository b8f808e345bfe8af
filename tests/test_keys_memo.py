"""What the source host remembers for a source opens for that source alone, and has one size whatever it says."""

import secrets

import pytest

from keys.errors import SealBroken
from keys.memo import (
    ANSWER_MARKS_SIZE,
    MEMO_SIZE,
    Memo,
    empty_memo,
    no_answers,
    open_answered,
    seal_answered,
)
from keys.reply import MOST_QUESTIONS

KEY, LOOKUP, REPLY = secrets.token_bytes(32), secrets.token_bytes(32), "ab" * 16
MEMOS = (Memo(), Memo(withdrawn="2026-11-20"), Memo("2026-11-20", "2026-11-19"))


@pytest.mark.parametrize("memo", MEMOS, ids=str)
def test_a_memo_comes_back_and_weighs_as_much_as_random_bytes(memo: Memo) -> None:
    """Sealed twice it is twice another text."""
    sealed, again = memo.seal(KEY, LOOKUP), memo.seal(KEY, LOOKUP)
    assert Memo.open(sealed, KEY, LOOKUP) == Memo.open(again, KEY, LOOKUP) == memo
    assert len(sealed) == len(again) == len(empty_memo()) == MEMO_SIZE
    assert sealed != again


def test_a_memo_opens_in_its_place_with_its_key_alone() -> None:
    """Nor does what was altered, cut, or never a memo."""
    sealed = bytes(MEMOS[1].seal(KEY, LOOKUP))
    attacks = {
        "another source's row": (sealed, KEY, secrets.token_bytes(32)),
        "another source's key": (sealed, secrets.token_bytes(32), LOOKUP),
        "altered": (sealed[:-1] + bytes([sealed[-1] ^ 1]), KEY, LOOKUP),
        "cut": (sealed[:20], KEY, LOOKUP),
        "nothing": (b"", KEY, LOOKUP),
        "random bytes": (bytes(empty_memo()), KEY, LOOKUP),
        "marks of answers": (bytes(seal_answered({1}, KEY, REPLY)), KEY, LOOKUP),
    }
    for raw, key, lookup_id in attacks.values():
        with pytest.raises(SealBroken):
            Memo.open(raw, key, lookup_id)


@pytest.mark.parametrize("places", [set(), {0}, {1, 4}, set(range(MOST_QUESTIONS))], ids=str)
def test_the_questions_answered_come_back(places: set[int]) -> None:
    """As many as a reply may have; in the size of random bytes."""
    sealed = seal_answered(places, KEY, REPLY)
    assert open_answered(sealed, KEY, REPLY) == places
    assert len(sealed) == len(no_answers()) == ANSWER_MARKS_SIZE
    for raw, key, reply in (
        (sealed, KEY, "cd" * 16),
        (sealed, secrets.token_bytes(32), REPLY),
        (no_answers(), KEY, REPLY),
        (b"", KEY, REPLY),
    ):
        with pytest.raises(SealBroken):
            open_answered(raw, key, reply)
