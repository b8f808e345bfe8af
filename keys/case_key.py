"""Case keys: one random key per case, sealed to each cleared reviewer and to the offline recovery key.

Who holds no sealed copy has no case; destroying every sealed copy destroys the case (DESIGN section 4).
"""

import secrets
from dataclasses import dataclass, field

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.padding import text_size_class

KEY_SIZE = 32
_NONCE_SIZE = 24
_CLEARANCE_LABEL = "candour v1 case key"


@dataclass(frozen=True)
class CaseKey:
    """The key of one case. `raw` is 32 bytes and is not printed."""

    raw: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> "CaseKey":
        """Return a new case key."""
        return cls(secrets.token_bytes(KEY_SIZE))

    def seal_to(self, public: bytes, case_id: str) -> Ciphertext:
        """Return this key sealed to a reviewer's (or the recovery) public key, for this case alone."""
        return seal(public, self.raw, _clearance(case_id))

    @classmethod
    def open(cls, sealed: bytes, holder: SecretKey, case_id: str) -> "CaseKey":
        """Return the case key from a clearance. Raises SealBroken if it is not this holder's or not this case's."""
        return cls(holder.open(sealed, _clearance(case_id)))

    def seal_item(self, document: bytes, place: str) -> Ciphertext:
        """Return a JSON document sealed for `place` in the case, padded to its size class (XChaCha20-Poly1305)."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        padded = document.ljust(text_size_class(len(document)), b" ")
        return Ciphertext(
            nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(padded, place.encode("utf-8"), nonce, self.raw)
        )

    def open_item(self, sealed: bytes, place: str) -> bytes:
        """Return the document of `place`. Raises SealBroken if it was altered or belongs elsewhere."""
        try:
            padded = crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed[_NONCE_SIZE:], place.encode("utf-8"), sealed[:_NONCE_SIZE], self.raw
            )
        except (CryptoError, ValueError) as reason:
            raise SealBroken("this item does not open with this case's key") from reason
        return padded.rstrip(b" ")


def _clearance(case_id: str) -> Purpose:
    return Purpose(_CLEARANCE_LABEL, case_id.encode("ascii"))
