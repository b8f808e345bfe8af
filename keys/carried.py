"""A source's secret of a pepper that is going, kept under a key of the pepper that came: only the codename opens it.

When the pepper of a site changes, the codename of a source leads to other keys, but the charity goes on sealing replies
to the public key it has. So the seed of that key is sealed, once, under a key that the codename gives with the new
pepper, and lies in the source's row. Rows of sources who never had another pepper hold random bytes of the same size:
without the codename nobody can tell the two apart.

ChaCha20-Poly1305 (RFC 8439) under a key from HKDF (RFC 5869), with a random nonce: each key seals one seed. The lookup
id of the row is bound in, so that one row's never opens in another.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE

_NONCE_SIZE = 12
_TAG_SIZE = 16
CARRIED_SIZE = _NONCE_SIZE + SEED_SIZE + _TAG_SIZE
_AAD = b"candour v1 carried reply seed "


def seal_carried(seed: bytes, key: bytes, lookup_id: bytes) -> Ciphertext:
    """Return a 96-byte seed sealed under a 32-byte key, for the row of this lookup id: CARRIED_SIZE bytes."""
    if len(seed) != SEED_SIZE:
        raise ValueError(f"a seed has {SEED_SIZE} bytes")
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return Ciphertext(nonce + ChaCha20Poly1305(key).encrypt(nonce, seed, _AAD + lookup_id))


def open_carried(sealed: bytes, key: bytes, lookup_id: bytes) -> bytes:
    """Return the seed. Raises SealBroken if it is not this source's: then nothing was ever carried over."""
    try:
        seed = ChaCha20Poly1305(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], _AAD + lookup_id)
    except (InvalidTag, ValueError) as reason:
        raise SealBroken("nothing was carried over for this source") from reason
    if len(seed) != SEED_SIZE:
        raise SealBroken("what was carried over is no seed")
    return seed


def nothing_carried() -> Ciphertext:
    """Return what stands in a row for which nothing was carried over: random bytes."""
    return Ciphertext(secrets.token_bytes(CARRIED_SIZE))
