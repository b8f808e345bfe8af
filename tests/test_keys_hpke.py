"""Sealing with HPKE: what was sealed opens for ever, and only with the right key, purpose and place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.hpke import MLKEM_PUBLIC_SIZE, PUBLIC_KEY_SIZE, SEED_SIZE, Purpose, SecretKey, check_public_key, seal

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "hpke.json").read_text("utf-8"))[
    "vectors"
]
KEY = SecretKey(bytes(range(96)))
OTHER_KEY = SecretKey(bytes(range(1, 97)))
PURPOSE = Purpose("test", b"here")
ENC_SIZE = 1088 + 32  # ML-KEM-768 ciphertext, X25519 share


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['label']}, {len(vector['plaintext'])} digits")
def test_a_committed_message_opens_for_ever(vector: dict[str, Any]) -> None:
    """The seed gives the committed public key, label and context the committed info, and the sealed bytes open."""
    key = SecretKey(bytes.fromhex(vector["seed"]))
    purpose = Purpose(vector["label"], bytes.fromhex(vector["context"]))
    assert key.public.hex() == vector["public"]
    assert purpose.info().hex() == vector["info"]
    assert key.open(bytes.fromhex(vector["sealed"]), purpose).hex() == vector["plaintext"]


@settings(max_examples=40)
@given(st.binary(max_size=5_000), st.binary(max_size=64))
def test_what_is_sealed_opens(plaintext: bytes, context: bytes) -> None:
    """Any bytes sealed to a key open with it, and the sealed form is of a fixed length more."""
    sealed = seal(KEY.public, plaintext, Purpose("test", context))
    assert isinstance(sealed, Ciphertext)
    assert len(sealed) == ENC_SIZE + len(plaintext) + 16
    assert KEY.open(sealed, Purpose("test", context)) == plaintext


def test_sealing_twice_gives_nothing_in_common() -> None:
    """The same plaintext sealed twice looks different, and shows no byte of itself."""
    one, other = seal(KEY.public, b"canary" * 20, PURPOSE), seal(KEY.public, b"canary" * 20, PURPOSE)
    assert one[:ENC_SIZE] != other[:ENC_SIZE]
    assert one[ENC_SIZE:] != other[ENC_SIZE:]
    assert bytes(one).find(b"canary") == -1


SEALED = seal(KEY.public, b"for this key, this purpose and this place", PURPOSE)
WRONG = {
    "another key": (OTHER_KEY, SEALED, PURPOSE),
    "another label": (KEY, SEALED, Purpose("tes", b"here")),
    "another context": (KEY, SEALED, Purpose("test", b"her")),
    "label and context moved against each other": (KEY, SEALED, Purpose("testh", b"ere")),
    "nothing": (KEY, b"", PURPOSE),
    "one byte": (KEY, SEALED[:1], PURPOSE),
    "half an encapsulation": (KEY, SEALED[:500], PURPOSE),
    "the encapsulation alone": (KEY, SEALED[:ENC_SIZE], PURPOSE),
    "without its last byte": (KEY, SEALED[:-1], PURPOSE),
    "with a byte more": (KEY, SEALED + b"\x00", PURPOSE),
    "with an X25519 share of small order": (KEY, SEALED[:1088] + bytes(32) + SEALED[ENC_SIZE:], PURPOSE),
}


@pytest.mark.parametrize(("key", "sealed", "purpose"), WRONG.values(), ids=WRONG.keys())
def test_it_does_not_open_with(key: SecretKey, sealed: bytes, purpose: Purpose) -> None:
    """A wrong key, purpose or place, or a message cut short, raises SealBroken and nothing else."""
    with pytest.raises(SealBroken):
        key.open(sealed, purpose)


@settings(max_examples=60)
@given(st.integers(0, len(SEALED) * 8 - 1))
def test_a_single_changed_bit_is_seen(bit: int) -> None:
    """Whichever bit of a sealed message is turned, it opens no more."""
    altered = bytearray(SEALED)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        KEY.open(bytes(altered), PURPOSE)


NOT_PUBLIC_KEYS = {
    "nothing": b"",
    "a byte short": KEY.public[:-1],
    "a byte long": KEY.public + b"\x00",
    "an ML-KEM part out of its range": b"\xff" * MLKEM_PUBLIC_SIZE + KEY.public[MLKEM_PUBLIC_SIZE:],
    "an X25519 part of zeros": KEY.public[:MLKEM_PUBLIC_SIZE] + bytes(32),
    "an X25519 part of order one": KEY.public[:MLKEM_PUBLIC_SIZE] + b"\x01" + bytes(31),
}


@pytest.mark.parametrize("public", NOT_PUBLIC_KEYS.values(), ids=NOT_PUBLIC_KEYS.keys())
def test_it_is_no_public_key(public: bytes) -> None:
    """What nothing can be sealed to is refused where it arrives, as Malformed, and again where it is used."""
    with pytest.raises(Malformed):
        check_public_key(public)
    with pytest.raises(Malformed):
        seal(public, b"", PURPOSE)


def test_a_public_key_is_itself_after_the_check() -> None:
    """A real public key passes unchanged, with the size the formats count on."""
    assert check_public_key(KEY.public) == KEY.public
    assert len(KEY.public) == PUBLIC_KEY_SIZE == 1216


@pytest.mark.parametrize("size", [0, 64, SEED_SIZE - 1, SEED_SIZE + 1])
def test_a_seed_has_one_size(size: int) -> None:
    """A seed of another size than 96 bytes makes no key."""
    with pytest.raises(ValueError, match="96 bytes"):
        SecretKey(bytes(size))


def test_secrets_hide_themselves() -> None:
    """A secret key prints as its kind, ciphertext as its length."""
    assert repr(KEY) == str(KEY) == "<HPKE secret key>"
    assert repr(SEALED) == f"<ciphertext of {len(SEALED)} bytes>"
