"""What two people compare aloud: a public key in six short groups."""

from hashlib import sha256

_GROUPS = 6
_DIGITS = 4


def spoken_fingerprint(public: bytes) -> str:
    """Return 96 bits of SHA-256 of a public key, in six groups of four digits."""
    digits = sha256(public).hexdigest()[: _GROUPS * _DIGITS].upper()
    return " ".join(digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS))
