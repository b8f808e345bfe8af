"""Sealed sessions: the server holds a row that only the browser's cookie can open.

The cookie is 64 random bytes, two halves: the SHA-256 of the first finds the row, the second opens it. A stolen
database holds hashes of random values and ciphertext; a stolen cookie without the row holds nothing.
"""

import base64
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken

_HALF = 32
_NONCE_SIZE = 12
COOKIE_LENGTH = 86  # 64 bytes in URL-safe Base64 without padding


@dataclass(frozen=True)
class SessionToken:
    """The two halves of a session cookie. Neither is printed."""

    _finder: bytes = field(repr=False)
    _key: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> "SessionToken":
        """Return a new token."""
        return cls(secrets.token_bytes(_HALF), secrets.token_bytes(_HALF))

    @classmethod
    def read(cls, untrusted_cookie: str) -> "SessionToken":
        """Return the token of a cookie. Raises Malformed if the text is not exactly what `cookie` writes."""
        if len(untrusted_cookie) != COOKIE_LENGTH or not untrusted_cookie.isascii():
            raise Malformed("a session cookie has 86 characters")
        try:
            raw = base64.b64decode(untrusted_cookie + "==", altchars=b"-_", validate=True)
        except ValueError as reason:
            raise Malformed("a session cookie is URL-safe Base64") from reason
        token = cls(raw[:_HALF], raw[_HALF:])
        if token.cookie() != untrusted_cookie:
            raise Malformed("a session cookie has one spelling")
        return token

    def cookie(self) -> str:
        """Return the cookie's value, 86 characters."""
        return base64.urlsafe_b64encode(self._finder + self._key).rstrip(b"=").decode("ascii")

    def lookup_hash(self) -> bytes:
        """Return the 32 bytes by which the row is found."""
        return sha256(b"candour session\x00" + self._finder).digest()

    def seal(self, secret: bytes, purpose: bytes = b"") -> Ciphertext:
        """Return `secret` sealed for the row of this session, or for another purpose: one never opens as the other."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        sealed = ChaCha20Poly1305(self._key).encrypt(nonce, secret, self.lookup_hash() + purpose)
        return Ciphertext(nonce + sealed)

    def open(self, sealed: bytes, purpose: bytes = b"") -> bytes:
        """Return the session's secret. Raises SealBroken if it is not this cookie's and purpose's, or was altered."""
        bound = self.lookup_hash() + purpose
        try:
            return ChaCha20Poly1305(self._key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], bound)
        except (InvalidTag, ValueError) as reason:
            raise SealBroken("this session does not open with this cookie") from reason
