"""What gpg says an OpenPGP key is (`--show-keys`), so that what is judged is what gpg will use. Nothing is imported.

A folder of its own, empty and gone afterwards, is the only thing gpg may write to.
"""

import tempfile
from dataclasses import dataclass

from keys.openpgp import run_gpg

# NIST SP 800-57 part 1 rev. 5: 128 bits of security, which RSA reaches at 3,072 bits.
LEAST_RSA_BITS = 3072
_RSA = frozenset({"1", "2"})
_ECDH = "18"
_STRONG_CURVES = frozenset({"cv25519", "cv448", "nistp256", "nistp384", "nistp521", "brainpoolP256r1"})
_PARTS = frozenset({"pub", "sub", "sec", "ssb"})


@dataclass(frozen=True)
class KeyPart:
    """A primary key (`pub`, `sec`) or a subkey (`sub`, `ssb`), as gpg's colon listing has it (GnuPG doc/DETAILS).

    `expires` and `created` are in Unix seconds as gpg writes them; `expires` is empty for never.
    """

    kind: str
    validity: str
    bits: int
    algorithm: str
    capabilities: str
    curve: str
    expires: str
    created: str

    @property
    def is_secret(self) -> bool:
        """Whether there is secret key material."""
        return self.kind in ("sec", "ssb")

    @property
    def is_over(self) -> bool:
        """Whether it is expired, revoked, invalid or disabled."""
        return self.validity in ("e", "r", "i", "d", "n")

    @property
    def is_strong(self) -> bool:
        """Whether its algorithm gives 128 bits of security."""
        if self.algorithm in _RSA:
            return self.bits >= LEAST_RSA_BITS
        if self.algorithm == _ECDH:
            return self.curve in _STRONG_CURVES
        # 19 ECDSA, 22 EdDSA: good for a primary key that signs; DSA (17) and Elgamal (16, 20) are refused.
        return self.algorithm in ("19", "22")


@dataclass(frozen=True)
class KeyListing:
    """The parts of a key, the fingerprint of the first, and the user ids: whoever made the key chose their words."""

    parts: tuple[KeyPart, ...]
    fingerprint: str
    user_ids: tuple[str, ...]


def list_key(key: bytes) -> KeyListing:
    """Return what gpg finds in `key`, armoured or not. Raises OpenPGPFailed. The caller has looked at its size."""
    with tempfile.TemporaryDirectory(prefix="candour-key-") as home:
        out = run_gpg(
            [
                *("--homedir", home, "--lock-never", "--no-keyring", "--no-autostart", "--no-auto-check-trustdb"),
                # Not "always": gpg then fails for want of a trust database on the very keys that are revoked or
                # expired, and whoever asks would read of a database instead of the key.
                *("--trust-model", "direct", "--quiet", "--with-colons", "--show-keys"),
            ],
            key,
        )
    return _read(out.decode("utf-8", "replace"))


def _read(listing: str) -> KeyListing:
    parts: list[KeyPart] = []
    fingerprint, user_ids = "", []
    for line in listing.splitlines():
        column = line.split(":")
        if column[0] in _PARTS:
            bits = int(column[2]) if column[2].isdigit() else 0
            # Lower-case letters are what this key itself can do; upper-case ones, what some subkey can.
            own = "".join(letter for letter in column[11] if letter.islower())
            parts.append(KeyPart(column[0], column[1], bits, column[3], own, column[16], column[6], column[5]))
        elif column[0] == "fpr" and not fingerprint:
            fingerprint = column[9]
        elif column[0] == "uid":
            user_ids.append(_unquoted(column[9]))
    return KeyListing(tuple(parts), fingerprint, tuple(user_ids))


def _unquoted(text: str) -> str:
    # gpg writes a colon, a backslash and what is not printable as \xHH, a byte each.
    raw = text.encode("utf-8", "replace").decode("latin-1")
    pieces = raw.split("\\x")
    whole = pieces[0] + "".join(
        chr(int(piece[:2], 16)) + piece[2:] if _is_hex(piece[:2]) else "\\x" + piece for piece in pieces[1:]
    )
    return whole.encode("latin-1", "replace").decode("utf-8", "replace")


def _is_hex(text: str) -> bool:
    return len(text) == 2 and all(char in "0123456789abcdefABCDEF" for char in text)
