"""What the site seals for itself and gives to browsers to keep: under a key from its pepper, and from the one before.

What is sealed is sealed with the newest pepper. What was sealed with the one before opens as well while that is not
over: whoever is in the middle of a report when the pepper changes loses nothing of what their browser holds.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.derivation import site_key

_NONCE_SIZE = 12
_TAG_SIZE = 16
OVERHEAD = _NONCE_SIZE + _TAG_SIZE  # bytes


class SiteBox:
    """Seals and opens for one use, which `label` names (keys.derivation.site_key)."""

    def __init__(self, label: str, pepper: bytes, older: bytes | None = None) -> None:
        self._newest = ChaCha20Poly1305(site_key(pepper, label))
        self._older = None if older is None else ChaCha20Poly1305(site_key(older, label))

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Return `plain` sealed, OVERHEAD bytes longer. It opens with the same `bound` alone."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._newest.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Return what this site sealed. Raises InvalidTag or ValueError."""
        nonce, rest = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        try:
            return self._newest.decrypt(nonce, rest, bound)
        except InvalidTag:
            if self._older is None:
                raise
        return self._older.decrypt(nonce, rest, bound)
