"""Second factors, sealed under a key that comes from the account's secret seed.

- HKDF-SHA256 (RFC 5869) with a label of its own: the key tells nothing of the seed, and opens no case.
- Bound to user name, kind and id: a row that is copied to another account, or changed into another kind, opens nothing.
- So the database shows no factor, and whoever can write to it, but has no password, can add none. They can erase one,
  or put back one that was used.
"""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE

_LABEL = b"candour v1 second factors"
_NONCE_SIZE = 12
_HANDLE_LABEL = b"candour v1 passkey user handle"
_SIZE = 32


@dataclass(frozen=True)
class FactorPlace:
    """The one row that a sealed factor belongs to."""

    username: str
    kind: str
    id: str

    def to_bytes(self) -> bytes:
        """Return the place in one spelling: each part after its length in four bytes."""
        parts = [part.encode("utf-8", "replace") for part in (self.username, self.kind, self.id)]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class FactorKey:
    """Seals and opens the second factors of one account. Hides itself when printed."""

    __slots__ = ("_box", "handle")

    def __init__(self, seed: bytes) -> None:
        """Derive the key from the account's 96-byte seed."""
        if len(seed) != SEED_SIZE:
            raise ValueError(f"a reviewer's seed has {SEED_SIZE} bytes")
        # Expand alone: the seed is already uniform (RFC 5869, section 3.3).
        self._box = ChaCha20Poly1305(HKDFExpand(SHA256(), _SIZE, _LABEL).derive(seed))
        # By which an authenticator knows the account again, so that a new passkey takes the old one's place.
        self.handle = HKDFExpand(SHA256(), _SIZE, _HANDLE_LABEL).derive(seed)

    @classmethod
    def stand_in(cls) -> "FactorKey":
        """Return a key that opens nothing: the same work where no password opened the account."""
        return cls(secrets.token_bytes(SEED_SIZE))

    def seal(self, content: bytes, place: FactorPlace) -> Ciphertext:
        """Return `content` sealed for one row."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return Ciphertext(nonce + self._box.encrypt(nonce, content, place.to_bytes()))

    def open(self, sealed: bytes, place: FactorPlace) -> bytes:
        """Return what was sealed. Raises SealBroken if it was not sealed by this account for this row."""
        try:
            return self._box.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place.to_bytes())
        except (InvalidTag, ValueError) as reason:
            raise SealBroken("this second factor is not one of this account's") from reason

    def __repr__(self) -> str:
        return "<key of second factors>"
