"""Case keys: each opens for its holder and case alone, an item with its own key and in its own place alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.case_key import KEY_SIZE, CaseKey
from keys.errors import SealBroken
from keys.hpke import SecretKey

REVIEWER = SecretKey(bytes(range(96)))
OTHER_REVIEWER = SecretKey(bytes(range(1, 97)))
CASE = "0123456789abcdef" * 2
OTHER_CASE = "fedcba9876543210" * 2


def test_a_clearance_opens_for_its_holder_and_case_alone() -> None:
    """A case key sealed to a reviewer opens for that reviewer in that case, and for nobody else and nowhere else."""
    key = CaseKey.draw()
    clearance = key.seal_to(REVIEWER.public, CASE)
    assert CaseKey.open(clearance, REVIEWER, CASE) == key
    for holder, case in ((OTHER_REVIEWER, CASE), (REVIEWER, OTHER_CASE)):
        with pytest.raises(SealBroken):
            CaseKey.open(clearance, holder, case)


def test_a_case_key_is_random_and_hides_itself() -> None:
    """Two case keys differ, have 32 bytes and print as nothing."""
    one, other = CaseKey.draw(), CaseKey.draw()
    assert one != other
    assert len(one.raw) == KEY_SIZE == 32
    assert repr(one) == "CaseKey()"


@given(st.binary(max_size=9_000).map(lambda document: document.rstrip(b" ")), st.text(max_size=40).map(ascii))
def test_an_item_opens_in_its_place_alone(document: bytes, place: str) -> None:
    """A sealed item opens in its own place with its own key; elsewhere or with another key it is broken."""
    key = CaseKey.draw()
    sealed = key.seal_item(document, place)
    assert key.open_item(sealed, place) == document
    with pytest.raises(SealBroken):
        key.open_item(sealed, place + "x")
    with pytest.raises(SealBroken):
        CaseKey.draw().open_item(sealed, place)


def test_items_come_in_few_sizes() -> None:
    """A note of one word weighs as much as one of a page."""
    key = CaseKey.draw()
    assert len(key.seal_item(b"{}", "p")) == len(key.seal_item(b"x" * 4_000, "p")) == 4096 + 24 + 16


@pytest.mark.parametrize("length", [0, 1, 23, 24, 39, 40, -1])
def test_an_item_cut_short_is_broken(length: int) -> None:
    """An item cut at any place raises SealBroken."""
    key = CaseKey.draw()
    with pytest.raises(SealBroken):
        key.open_item(key.seal_item(b"{}", "p")[:length], "p")


@given(st.integers(0, (4096 + 40) * 8 - 1))
def test_a_changed_bit_of_an_item_is_seen(bit: int) -> None:
    """Whichever bit of a sealed item is turned, it opens no more."""
    key = CaseKey(bytes(32))
    altered = bytearray(key.seal_item(b"{}", "p"))
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        key.open_item(bytes(altered), "p")
