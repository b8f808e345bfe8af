"""What the source host remembers of a source for that source alone: sealed under a key from the codename.

Whether a report was withdrawn, whether its source has named an older codename, and which questions were answered: that
must be shown when they come back, and tells a thief of that host what they must not learn. So it is sealed, and has one
size whatever it says. Where nothing is remembered, random bytes of that size stand in its place: the two cannot be told
apart without the codename.
"""

import secrets
from collections.abc import Set
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.strict_json import read_object, write_object

FORMAT_VERSION = 1
_PLAIN_SIZE = 256  # bytes, far more than two days take
_NONCE_SIZE = 12
_TAG_SIZE = 16
MEMO_SIZE = _NONCE_SIZE + _PLAIN_SIZE + _TAG_SIZE
_AAD = b"candour v1 source memo "
_MARKS_SIZE = 2  # a bit for each question a reply may have
ANSWER_MARKS_SIZE = _NONCE_SIZE + _MARKS_SIZE + _TAG_SIZE
_MARKS_AAD = b"candour v1 answered questions "


@dataclass(frozen=True)
class Memo:
    """Two days, each YYYY-MM-DD or empty: the report was withdrawn, and an older codename was named."""

    withdrawn: str = ""
    joined: str = ""

    def seal(self, key: bytes, lookup_id: bytes) -> Ciphertext:
        """Return the memo sealed under its source's memo key, for the row of this lookup id: MEMO_SIZE bytes."""
        document = {"candour_memo": FORMAT_VERSION, "withdrawn": self.withdrawn, "joined": self.joined}
        nonce = secrets.token_bytes(_NONCE_SIZE)
        plain = write_object(document).ljust(_PLAIN_SIZE, b" ")
        return Ciphertext(nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, _AAD + lookup_id))

    @classmethod
    def open(cls, sealed: bytes, key: bytes, lookup_id: bytes) -> "Memo":
        """Return the memo. Raises SealBroken if it is not this source's: nothing was ever remembered."""
        try:
            nonce, rest = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
            plain = ChaCha20Poly1305(key).decrypt(nonce, rest, _AAD + lookup_id)
            fields = read_object(plain.rstrip(b" "), _PLAIN_SIZE)
            fields.exactly("candour_memo", FORMAT_VERSION)
            memo = cls(fields.day_or_empty("withdrawn"), fields.day_or_empty("joined"))
            fields.end()
        except (InvalidTag, ValueError, Malformed) as reason:
            raise SealBroken("this memo is not one of this source") from reason
        return memo


def empty_memo() -> Ciphertext:
    """Return what stands in the place of a memo while there is nothing to remember: random bytes."""
    return Ciphertext(secrets.token_bytes(MEMO_SIZE))


def seal_answered(places: Set[int], key: bytes, reply_id: str) -> Ciphertext:
    """Return which questions of a reply were answered, by their place in it, the first being 0."""
    marks = sum(1 << place for place in places).to_bytes(_MARKS_SIZE, "big")
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return Ciphertext(nonce + ChaCha20Poly1305(key).encrypt(nonce, marks, _MARKS_AAD + reply_id.encode("ascii")))


def open_answered(sealed: bytes, key: bytes, reply_id: str) -> frozenset[int]:
    """Return the places of the questions answered. Raises SealBroken if none of this reply ever was."""
    bound = _MARKS_AAD + reply_id.encode("ascii")
    try:
        marks = ChaCha20Poly1305(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], bound)
    except (InvalidTag, ValueError) as reason:
        raise SealBroken("nothing is noted of this reply") from reason
    number = int.from_bytes(marks, "big")
    return frozenset(place for place in range(8 * _MARKS_SIZE) if number >> place & 1)


def no_answers() -> Ciphertext:
    """Return what stands there while no question of a reply was answered: random bytes."""
    return Ciphertext(secrets.token_bytes(ANSWER_MARKS_SIZE))
