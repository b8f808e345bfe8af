"""A reviewer's HPKE key pair and TOTP secret, sealed under the password.

- Argon2id with the second recommended parameters of RFC 9106 (section 4): m = 64 MiB, t = 3, p = 4, a random salt.
- The seal is the password check: there is no hash to compare, and a stolen database shows neither the secret key nor
  the TOTP secret.
- A wrong user name costs the same work: `stand_in` is a sealed bundle that no password opens.
"""

import secrets
import threading
import unicodedata
from dataclasses import dataclass, field

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SignInRefused
from keys.hpke import SEED_SIZE, SecretKey

RFC9106_MEMORY_KIB = 64 * 1024
RFC9106_PASSES = 3
RFC9106_LANES = 4
SALT_SIZE = 16
TOTP_SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits are recommended
LEAST_PASSWORD = 12  # characters; NIST SP 800-63B: length, no composition rules
LONGEST_PASSWORD = 1024
_NONCE_SIZE = 12
_SEALED_SIZE = SALT_SIZE + _NONCE_SIZE + SEED_SIZE + TOTP_SECRET_BYTES + 16
# Each takes 64 MiB and four lanes: one after another is no slower on two cores, and bounds the memory.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class ReviewerSecret:
    """What a reviewer's password opens: the 96-byte seed of the key pair and the 20-byte TOTP secret."""

    seed: bytes = field(repr=False)
    totp_secret: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> "ReviewerSecret":
        """Return a new secret."""
        return cls(secrets.token_bytes(SEED_SIZE), secrets.token_bytes(TOTP_SECRET_BYTES))

    @classmethod
    def from_bytes(cls, raw: bytes) -> "ReviewerSecret":
        """Return the secret that `to_bytes` wrote. Raises Malformed on any other length."""
        if len(raw) != SEED_SIZE + TOTP_SECRET_BYTES:
            raise Malformed("not a reviewer's secret")
        return cls(raw[:SEED_SIZE], raw[SEED_SIZE:])

    def to_bytes(self) -> bytes:
        """Return the 116 bytes to be sealed."""
        return self.seed + self.totp_secret

    def key(self) -> SecretKey:
        """Return the HPKE secret key."""
        return SecretKey(self.seed)

    def seal_under(self, password: str, username: str) -> Ciphertext:
        """Return the secret sealed under a password, bound to the user name. Takes some 150 ms and 64 MiB."""
        salt = secrets.token_bytes(SALT_SIZE)
        nonce = secrets.token_bytes(_NONCE_SIZE)
        sealed = ChaCha20Poly1305(_stretch(password, salt)).encrypt(nonce, self.to_bytes(), username.encode("utf-8"))
        return Ciphertext(salt + nonce + sealed)

    @classmethod
    def open(cls, sealed: bytes, password: str, username: str) -> "ReviewerSecret":
        """Return the secret. Raises SignInRefused unless password and user name are those it was sealed with."""
        if len(sealed) != _SEALED_SIZE:
            raise SignInRefused("this is no sealed secret of a reviewer")
        salt, nonce, box = (
            sealed[:SALT_SIZE],
            sealed[SALT_SIZE : SALT_SIZE + _NONCE_SIZE],
            sealed[SALT_SIZE + _NONCE_SIZE :],
        )
        try:
            raw = ChaCha20Poly1305(_stretch(password, salt)).decrypt(nonce, box, username.encode("utf-8"))
        except (InvalidTag, ValueError) as reason:
            raise SignInRefused("the password does not open this account") from reason
        return cls.from_bytes(raw)


def stand_in() -> Ciphertext:
    """Return a bundle of the right size that opens with no password: the work for a user name that does not exist."""
    return Ciphertext(secrets.token_bytes(_SEALED_SIZE))


def _stretch(password: str, salt: bytes) -> bytes:
    with _ONE_AT_A_TIME:
        return hash_secret_raw(
            # NFC as RFC 8265 has it: the same keys pressed on another machine are the same password.
            unicodedata.normalize("NFC", password[:LONGEST_PASSWORD]).encode("utf-8", "replace"),
            salt,
            time_cost=RFC9106_PASSES,
            memory_cost=RFC9106_MEMORY_KIB,
            parallelism=RFC9106_LANES,
            hash_len=32,
            type=Type.ID,
        )
