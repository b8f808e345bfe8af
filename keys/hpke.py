"""The one door to HPKE (RFC 9180, base mode) with the hybrid post-quantum KEM MLKEM768_X25519, from pyca/cryptography.

- A sealed message is `enc || ciphertext`, as the library makes it.
- `purpose` and `context` go into HPKE's `info`: what was sealed for one purpose or place never opens as another.
- Keys have one spelling: ML-KEM part, then X25519 part, raw bytes.
"""

from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken

MLKEM_SEED_SIZE = 64  # FIPS 203, d || z
SEED_SIZE = MLKEM_SEED_SIZE + 32
MLKEM_PUBLIC_SIZE = 1184  # FIPS 203, ML-KEM-768 encapsulation key
PUBLIC_KEY_SIZE = MLKEM_PUBLIC_SIZE + 32

# Any scalar serves: each is a multiple of eight (RFC 7748, section 5), so a point of small order gives zero with all.
_TRIAL = X25519PrivateKey.from_private_bytes(bytes(32))
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True)
class Purpose:
    """What a sealed message is for, and the one place it belongs to."""

    label: str
    context: bytes

    def info(self) -> bytes:
        """Return HPKE's `info`: the label, a zero byte that no label holds, the SHA-256 of the context."""
        return self.label.encode("ascii") + b"\x00" + sha256(self.context).digest()


class SecretKey:
    """A secret key made from its 96-byte seed. Hides itself when printed."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise ValueError(f"an HPKE seed has {SEED_SIZE} bytes")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:MLKEM_SEED_SIZE])
        x25519 = X25519PrivateKey.from_private_bytes(seed[MLKEM_SEED_SIZE:])
        self._key = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    def open(self, sealed: bytes, purpose: Purpose) -> bytes:
        """Return what was sealed to this key for `purpose`. Raises SealBroken if it was not, or was altered."""
        try:
            return _SUITE.decrypt(sealed, self._key, info=purpose.info())
        except (InvalidTag, ValueError) as reason:
            raise SealBroken(f"not sealed to this key for {purpose.label}") from reason

    def __repr__(self) -> str:
        return "<HPKE secret key>"


def check_public_key(untrusted_public: bytes) -> bytes:
    """Return the public key if it is one. Raises Malformed otherwise: call it once, where the bytes arrive."""
    _load_public(untrusted_public)
    return untrusted_public


def seal(public: bytes, plaintext: bytes, purpose: Purpose) -> Ciphertext:
    """Return `plaintext` sealed to a 1,216-byte public key. Raises Malformed if that is not a public key."""
    return Ciphertext(_SUITE.encrypt(plaintext, _load_public(public), info=purpose.info()))


def _load_public(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_KEY_SIZE:
        raise Malformed(f"an HPKE public key has {PUBLIC_KEY_SIZE} bytes")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_SIZE])
        x25519 = X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_SIZE:])
        # A point of small order loads, but nothing can be sealed to it (RFC 7748, section 6.1).
        _TRIAL.exchange(x25519)
    except ValueError as reason:
        raise Malformed("not an HPKE public key") from reason
    return hpke.MLKEM768X25519PublicKey(mlkem, x25519)
