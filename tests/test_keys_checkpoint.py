"""Checkpoints: one spelling, a signature over every field, nothing believed that does not fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.checkpoint import Checkpoint, SigningKey, TrailPoint, read_checkpoint, read_public_key
from keys.errors import KeysError, Malformed, SignatureBroken

VECTOR = json.loads((Path(__file__).parent / "vectors" / "checkpoint.json").read_text())
KEY = SigningKey(bytes.fromhex(VECTOR["secret"]))
MADE = KEY.sign(TrailPoint("5c" * 16, 42, bytes(range(32))), 1_795_566_600)
DOCUMENT = MADE.to_document()


def test_a_checkpoint_made_today_is_the_one_of_the_vector() -> None:
    """Ed25519 draws no random bytes: a change of format, label or library that changed a byte is seen."""
    assert DOCUMENT.decode() == VECTOR["document"]
    assert KEY.public.hex() == VECTOR["public"]


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    """The same values, whose signature fits; the time is spelt out for people."""
    found = read_checkpoint(DOCUMENT)
    found.check_signature()
    assert found == MADE
    assert found.time == "2026-11-25T00:30:00Z"


def test_every_key_is_another() -> None:
    """A drawn key is the key of its secret, and no two are alike."""
    key, secret = SigningKey.draw()
    assert SigningKey(secret).public == key.public
    assert SigningKey.draw()[0].public != key.public


@given(st.integers(0, len(DOCUMENT) * 8 - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    """Whatever is flipped, the document is refused or its signature is."""
    altered = bytearray(DOCUMENT)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeysError):
        read_checkpoint(bytes(altered)).check_signature()


NAMED = KEY.sign(TrailPoint("5c" * 16, 42, bytes(range(32))), 1_795_566_600, "Evan, the auditor")


def test_a_checkpoint_may_say_whom_it_was_given_to() -> None:
    """It is signed like the rest, and spelt in one way; without a name nothing is spelt otherwise than before."""
    found = read_checkpoint(NAMED.to_document())
    found.check_signature()
    assert (found, found.given_to) == (NAMED, "Evan, the auditor")
    assert b'"for"' not in DOCUMENT
    assert NAMED.to_document().decode() == VECTOR["named"]
    for forged in (replace(NAMED, given_to="Eve"), replace(NAMED, given_to=""), replace(MADE, given_to="Eve")):
        with pytest.raises(SignatureBroken):
            forged.check_signature()


@pytest.mark.parametrize("name", ["x" * 65, " Evan", "Evan ", "two\nlines", "a\x1b[2Jb", "\u202eEvan", "\u200b"])
def test_a_name_is_one_line_that_can_be_read(name: str) -> None:
    """Nobody signs, and nobody reads, a name that hides something."""
    with pytest.raises(Malformed):
        KEY.sign(NAMED.point, NAMED.at, name)
    with pytest.raises(Malformed):
        read_checkpoint(replace(NAMED, given_to=name).to_document())


def test_a_name_that_is_empty_is_left_out() -> None:
    """Two spellings of one checkpoint would be one too many."""
    with pytest.raises(Malformed):
        read_checkpoint(NAMED.to_document().replace(b"Evan, the auditor", b""))


FORGERIES: dict[str, Callable[[Checkpoint], Checkpoint]] = {
    "another desk": lambda made: replace(made, point=replace(made.point, desk="00" * 16)),
    "another number": lambda made: replace(made, point=replace(made.point, number=41)),
    "another chain value": lambda made: replace(made, point=replace(made.point, chain=bytes(32))),
    "another time": lambda made: replace(made, at=made.at + 1),
    "another signer": lambda made: replace(made, signer=SigningKey(bytes(32)).public),
    "a signer that is no point of the curve": lambda made: replace(made, signer=b"\xff" * 32),
    "another signature": lambda made: replace(made, signature=bytes(64)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_signature_covers_every_field(forgery: str) -> None:
    """A checkpoint with one field exchanged does not pass for the one that was signed."""
    forged = read_checkpoint(FORGERIES[forgery](MADE).to_document())
    with pytest.raises(SignatureBroken):
        forged.check_signature()


STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"checkpoint",
    "a list": b"[]",
    "cut short": DOCUMENT[:-20],
    "a byte more": DOCUMENT + b" ",
    "without its line end": DOCUMENT.rstrip(b"\n"),
    "spaced out": DOCUMENT.replace(b'":', b'": '),
    "another order": json.dumps(json.loads(DOCUMENT), sort_keys=True, separators=(",", ":")).encode() + b"\n",
    "a field more": DOCUMENT.replace(b"{", b'{"more":1,', 1),
    "a field twice": DOCUMENT.replace(b'"number":42', b'"number":42,"number":42'),
    "another version": DOCUMENT.replace(b'"candour_checkpoint":1', b'"candour_checkpoint":2'),
    "record nought": DOCUMENT.replace(b'"number":42', b'"number":0'),
    "a number in words": DOCUMENT.replace(b'"number":42', b'"number":"42"'),
    "half a record": DOCUMENT.replace(b'"number":42', b'"number":42.5'),
    "a number beyond any": DOCUMENT.replace(b'"number":42', b'"number":' + b"9" * 30),
    "capitals": DOCUMENT.replace(b"5c5c", b"5C5C"),
    "a time without seconds": DOCUMENT.replace(b"00:30:00Z", b"00:30Z"),
    "a time of no calendar": DOCUMENT.replace(b"2026-11-25", b"2026-02-30"),
    "a time in one digit": DOCUMENT.replace(b"2026-11-25T00", b"2026-11-25T0"),
    "a signature too short": DOCUMENT.replace(b'"}', b'').rstrip(b"\n")[:-2] + b'"}\n',
    "larger than any": DOCUMENT + b" " * 4096,
}  # fmt: skip


@pytest.mark.parametrize("document", STRANGE)
def test_another_spelling_is_refused(document: str) -> None:
    """One meaning, one spelling: a paper copy can be compared letter by letter."""
    assert STRANGE[document] != DOCUMENT
    with pytest.raises(Malformed):
        read_checkpoint(STRANGE[document])


@pytest.mark.parametrize("text", ["", "5c" * 31, "5C" * 32, "5c" * 32 + "\n", "zz" * 32])
def test_a_public_key_has_one_spelling(text: str) -> None:
    """64 small hexadecimal digits."""
    with pytest.raises(Malformed):
        read_public_key(text)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_secret_of_another_size_is_no_key(size: int) -> None:
    """A file cut short is damaged, not a key."""
    with pytest.raises(Malformed):
        SigningKey(bytes(size))
