"""Sealed sessions, case keys and the vault: each opens with its own key and in its own place, whole or not at all."""

import io
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.case_key import KEY_SIZE, CaseKey
from keys.errors import Malformed, SealBroken
from keys.hpke import SecretKey
from keys.session_seal import COOKIE_LENGTH, SessionToken
from keys.vault import FRAME_SIZE, VaultWriter, read_vault

SECRET = b"lookup id and reply seed"
REVIEWER = SecretKey(bytes(range(96)))
OTHER_REVIEWER = SecretKey(bytes(range(1, 97)))
CASE = "0123456789abcdef" * 2
OTHER_CASE = "fedcba9876543210" * 2
PLACE = f"{CASE} attachment 1"
# libsodium's secretstream: a 24-byte header, 17 bytes more on every frame.
HEADER_SIZE = 24
FRAME_OVERHEAD = 17
FRAME = FRAME_SIZE + FRAME_OVERHEAD


# ---- sessions


def test_a_session_opens_with_its_own_cookie() -> None:
    """What is sealed for a session opens with the token read back from its cookie."""
    token = SessionToken.draw()
    read = SessionToken.read(token.cookie())
    assert read.open(token.seal(SECRET)) == SECRET
    assert read.lookup_hash() == token.lookup_hash()
    assert len(token.cookie()) == COOKIE_LENGTH


def test_the_row_holds_no_part_of_the_cookie() -> None:
    """Neither the lookup hash nor the sealed secret contains a half of the cookie or the secret."""
    token = SessionToken.draw()
    row = token.lookup_hash() + token.seal(SECRET)
    assert token._finder not in row
    assert token._key not in row
    assert SECRET not in row
    assert repr(token) == "SessionToken()"


def test_no_two_sessions_are_alike() -> None:
    """Two tokens share neither cookie nor lookup hash, and two seals of one secret differ."""
    one, other = SessionToken.draw(), SessionToken.draw()
    assert one.cookie() != other.cookie()
    assert one.lookup_hash() != other.lookup_hash()
    assert one.seal(SECRET) != one.seal(SECRET)


TOKEN = SessionToken(bytes(range(32)), bytes(range(32, 64)))
COOKIE = TOKEN.cookie()
# The last character holds four bits that no byte uses.
SECOND_SPELLING = COOKIE[:-1] + chr(ord(COOKIE[-1]) + 1)
NOT_COOKIES = {
    "nothing": "",
    "a character short": COOKIE[:-1],
    "a character long": COOKIE + "A",
    "with its padding": COOKIE + "==",
    "a line end in it": COOKIE[:-1] + "\n",
    "in the other Base64 alphabet": "+" + COOKIE[1:],
    "with a sign of no alphabet": "*" + COOKIE[1:],
    "in full-width letters": "\uff21" * COOKIE_LENGTH,
    "with a lone surrogate": "\ud800" + COOKIE[1:],
    "spelt a second way": SECOND_SPELLING,
}


@pytest.mark.parametrize("cookie", NOT_COOKIES.values(), ids=NOT_COOKIES.keys())
def test_a_cookie_is_refused(cookie: str) -> None:
    """A cookie has one spelling; any other text is Malformed."""
    with pytest.raises(Malformed):
        SessionToken.read(cookie)


SEALED_SESSION = TOKEN.seal(SECRET)
SESSION_ATTACKS = {
    "another token": (SessionToken.draw(), SEALED_SESSION),
    "the right key under another finder": (SessionToken(bytes(32), TOKEN._key), SEALED_SESSION),
    "an empty row": (TOKEN, b""),
    "a nonce cut short": (TOKEN, SEALED_SESSION[:5]),
    "a nonce alone": (TOKEN, SEALED_SESSION[:12]),
    "a row cut short": (TOKEN, SEALED_SESSION[:-1]),
    "a row with a byte more": (TOKEN, SEALED_SESSION + b"\x00"),
}


@pytest.mark.parametrize(("token", "sealed"), SESSION_ATTACKS.values(), ids=SESSION_ATTACKS.keys())
def test_a_session_does_not_open_with(token: SessionToken, sealed: bytes) -> None:
    """Another cookie, or a row that was altered, raises SealBroken."""
    with pytest.raises(SealBroken):
        token.open(sealed)


@given(st.integers(0, len(SEALED_SESSION) * 8 - 1))
def test_a_changed_bit_of_a_session_is_seen(bit: int) -> None:
    """Whichever bit of the row is turned, the session is broken."""
    altered = bytearray(SEALED_SESSION)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        TOKEN.open(bytes(altered))


# ---- case keys


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


# ---- the vault

KEY = CaseKey(bytes(range(32)))


def vault_file(plaintext: bytes, key: CaseKey = KEY, place: str = PLACE, piece: int = 50_000) -> bytes:
    """A finished vault file, written in pieces."""
    file = io.BytesIO()
    writer = VaultWriter(key, place, file)
    for start in range(0, len(plaintext), piece):
        writer.write(memoryview(plaintext)[start : start + piece])
    writer.finish()
    return file.getvalue()


def opened(sealed: bytes, key: CaseKey = KEY, place: str = PLACE) -> bytes:
    """The whole plaintext of a vault file."""
    source: IO[bytes] = io.BytesIO(sealed)
    return b"".join(read_vault(key, place, source))


def frames(sealed: bytes) -> list[bytes]:
    """The header and the frames of a vault file."""
    starts = range(HEADER_SIZE, len(sealed), FRAME)
    return [sealed[:HEADER_SIZE], *(sealed[start : start + FRAME] for start in starts)]


SIZES = [0, 1, FRAME_SIZE - 1, FRAME_SIZE, FRAME_SIZE + 1, 2 * FRAME_SIZE, 3 * FRAME_SIZE + 17]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [1_000, FRAME_SIZE, 10 * FRAME_SIZE])
def test_a_file_of_any_size_comes_back(size: int, piece: int) -> None:
    """Whatever its size and the pieces it is written in, a file comes back byte for byte, with one frame at least."""
    plaintext = bytes(index % 251 for index in range(size))
    sealed = vault_file(plaintext, piece=piece)
    assert opened(sealed) == plaintext
    count = max(1, -(-size // FRAME_SIZE))
    assert len(sealed) == HEADER_SIZE + size + count * FRAME_OVERHEAD


THREE = b"a" * FRAME_SIZE + b"b" * FRAME_SIZE + b"c" * 1_000
HEADER, FIRST, SECOND, LAST = frames(vault_file(THREE))
OTHER_HEADER, OTHER_FIRST, *_REST = frames(vault_file(THREE))
ONE_FRAME = vault_file(b"x" * FRAME_SIZE)
EMPTY = vault_file(b"")

VAULT_ATTACKS = {
    "nothing": b"",
    "half a header": HEADER[:10],
    "the header alone": HEADER,
    "cut after the first frame": HEADER + FIRST,
    "cut after the second frame": HEADER + FIRST + SECOND,
    "cut inside the first frame": HEADER + FIRST[:1_000],
    "cut inside the last frame": HEADER + FIRST + SECOND + LAST[:-1],
    "cut to less than a tag": HEADER + FIRST + SECOND + LAST[:5],
    "the frames swapped": HEADER + SECOND + FIRST + LAST,
    "the last frame first": HEADER + LAST,
    "the last frame after the first": HEADER + FIRST + LAST,
    "a frame repeated": HEADER + FIRST + FIRST + SECOND + LAST,
    "the last frame repeated": HEADER + FIRST + SECOND + LAST + LAST,
    "a byte more": HEADER + FIRST + SECOND + LAST + b"\x00",
    "a byte more after one whole frame": ONE_FRAME + b"\x00",
    "a frame more after one whole frame": ONE_FRAME + FIRST,
    "a byte more after an empty file": EMPTY + b"\x00",
    "an empty file cut short": EMPTY[:-1],
    "one whole frame cut short": ONE_FRAME[:-1],
    "another file's header": OTHER_HEADER + FIRST + SECOND + LAST,
    "another file's frame": HEADER + OTHER_FIRST + SECOND + LAST,
}


@pytest.mark.parametrize("sealed", VAULT_ATTACKS.values(), ids=VAULT_ATTACKS.keys())
def test_a_vault_file_is_refused(sealed: bytes) -> None:
    """A file cut, grown, or put together otherwise than it was written raises SealBroken."""
    with pytest.raises(SealBroken):
        opened(sealed)


def test_a_vault_file_opens_in_its_place_alone() -> None:
    """Another case's key, or the name of another place, opens not even the first frame."""
    sealed = vault_file(THREE)
    for key, place in ((CaseKey.draw(), PLACE), (KEY, PLACE + "0")):
        with pytest.raises(SealBroken):
            next(read_vault(key, place, io.BytesIO(sealed)))


@settings(max_examples=60)
@given(st.integers(0, HEADER_SIZE + 2 * FRAME + 1_000 + FRAME_OVERHEAD - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_vault_file_is_seen(place: int, change: int) -> None:
    """Whichever byte of a vault file is changed, it does not open to its end."""
    altered = bytearray(HEADER + FIRST + SECOND + LAST)
    altered[place] ^= change
    with pytest.raises(SealBroken):
        opened(bytes(altered))


def test_an_unfinished_vault_file_is_not_whole() -> None:
    """A file whose writer never finished does not open, whatever reached the disk."""
    file = io.BytesIO()
    writer = VaultWriter(KEY, PLACE, file)
    writer.write(b"x" * (3 * FRAME_SIZE))
    with pytest.raises(SealBroken):
        opened(file.getvalue())


def test_the_vault_shows_nothing_of_what_it_holds() -> None:
    """No part of the plaintext stands in the file."""
    assert b"canary" not in vault_file(b"canary" * 50_000)
