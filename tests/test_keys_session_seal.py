"""Sealed sessions: a row opens with its own cookie alone, whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Malformed, SealBroken
from keys.session_seal import COOKIE_LENGTH, SessionToken

SECRET = b"lookup id and reply seed"


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
