"""The recovery key: it opens every case, and exists as shares on paper alone.

256 random bits are its root (33 words a share; the 96-byte seed itself would take 84), and the seed of the HPKE key is
derived from them (HKDF-SHA256, RFC 5869, under a label of its own).
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.errors import Malformed
from keys.hpke import SEED_SIZE, SecretKey
from keys.recovery_shares import SECRET_SIZE, split

_LABEL = b"candour v1 recovery key seed"


@dataclass(frozen=True)
class RecoverySecret:
    """The root of a recovery key: 32 bytes that are not printed, and never written anywhere whole."""

    raw: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> "RecoverySecret":
        """Return a new one."""
        return cls(secrets.token_bytes(SECRET_SIZE))

    def key(self) -> SecretKey:
        """Return the recovery key."""
        # Expand alone: the root is uniform already (RFC 5869, section 3.3).
        return SecretKey(HKDFExpand(SHA256(), SEED_SIZE, _LABEL).derive(self.raw))

    def split(self, needed: int, shares: int) -> tuple[str, ...]:
        """Return its shares, any `needed` of which give it back."""
        return split(self.raw, needed, shares)


def key_of_file(untrusted_text: str) -> SecretKey:
    """Return the key in a `recovery-key.txt`, as desks had it before there were shares. Raises Malformed."""
    words = untrusted_text.split()
    try:
        return SecretKey(base64.b64decode(words[-1], validate=True))
    except (IndexError, binascii.Error, ValueError):
        # Not "from": what does not decode may be a mistyped key.
        raise Malformed("no recovery key is in this file") from None
