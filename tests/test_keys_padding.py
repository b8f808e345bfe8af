"""Size classes: few for text, Padmé for attachments."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Malformed
from keys.padding import SMALLEST_ATTACHMENT, attachment_size_class, pad_text, text_size_class, unpad_text


def padme(size: int) -> int:
    """Padmé as the paper writes it (Nikitin et al., PoPETs 2019, algorithm 1), with floating-point logarithms."""
    exponent = math.floor(math.log2(size))
    significant = math.floor(math.log2(exponent)) + 1
    last = exponent - significant
    unit = 1 << last
    return math.ceil(size / unit) * unit


@given(st.integers(SMALLEST_ATTACHMENT + 1, 1 << 40))
def test_attachments_follow_the_paper(size: int) -> None:
    """Above 64 KiB the size class is the paper's formula, computed another way; it costs 12 % at most."""
    assert attachment_size_class(size) == padme(size)
    assert size <= attachment_size_class(size) <= size * 1.12


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 20))
def test_size_classes_never_shrink(size: int, more: int) -> None:
    """A larger file never has a smaller class, and a class is its own class."""
    assert attachment_size_class(size) <= attachment_size_class(size + more)
    assert attachment_size_class(attachment_size_class(size)) == attachment_size_class(size)


@pytest.mark.parametrize("size", [0, 1, 10_000, SMALLEST_ATTACHMENT - 1, SMALLEST_ATTACHMENT])
def test_small_attachments_all_weigh_the_same(size: int) -> None:
    """Whatever is 64 KiB or less weighs 64 KiB."""
    assert attachment_size_class(size) == SMALLEST_ATTACHMENT == 65_536


def test_few_attachment_classes_exist() -> None:
    """Between one and two megabytes there are 32 classes in all."""
    assert len({attachment_size_class(size) for size in range(1 << 20, 2 << 20, 1_000)}) <= 33


CLASSES = {0: 4096, 1: 4096, 4095: 4096, 4096: 4096, 4097: 8192, 8192: 8192, 8193: 16384, 100_000: 131_072}


@pytest.mark.parametrize(("size", "wanted"), CLASSES.items())
def test_text_classes_are_powers_of_two_from_4_kib(size: int, wanted: int) -> None:
    """Text goes into the next power of two, 4 KiB at least."""
    assert text_size_class(size) == wanted


@given(st.binary(max_size=20_000).map(lambda text: text.rstrip(b" ")))
def test_padding_comes_off_as_it_went_on(text: bytes) -> None:
    """What is padded comes back, and its padded length is exactly its class."""
    assert len(pad_text(text)) == text_size_class(len(text))
    assert unpad_text(pad_text(text)) == text


WRONG_LENGTHS = {
    "nothing at all": b"",
    "no padding": b"{}",
    "a space too few": b"{}".ljust(4095),
    "a space too many": b"{}".ljust(4097),
    "a class too large": b"{}".ljust(8192),
    "not a class": b"{}".ljust(6000),
}


@pytest.mark.parametrize("padded", WRONG_LENGTHS.values(), ids=WRONG_LENGTHS.keys())
def test_another_length_is_refused(padded: bytes) -> None:
    """Text that is not padded to exactly its class is Malformed: padding carries no message."""
    with pytest.raises(Malformed):
        unpad_text(padded)
