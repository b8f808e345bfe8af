"""Recovery codes: what lets somebody in whose authenticator is lost. Sixty random bits, copied by hand without mistake.

Twelve signs of Crockford's Base32, which has no I, L, O and U; who reads an O for a nought, or an I or L for a one, is
understood. What is kept is a hash, so that nothing shows a code a second time.
"""

import secrets
from hashlib import sha256

from keys.errors import Malformed

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_LENGTH = 12  # signs of five bits
_GROUP = 4
_LONGEST_TYPED = 64  # characters, with whatever stands between the groups


def draw_recovery_code() -> str:
    """Return a new code, such as 7K3M-Q9TW-X2PA."""
    return _grouped("".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)))


def read_recovery_code(typed: str) -> str:
    """Return the code that was typed, in its one spelling. Raises Malformed if it is none."""
    if len(typed) > _LONGEST_TYPED:
        raise Malformed("a recovery code has twelve signs")
    signs = "".join(typed.replace("-", " ").split()).upper().translate(_MISREAD)
    if len(signs) != _LENGTH or not set(signs) <= set(_SIGNS):
        raise Malformed("a recovery code has twelve signs of Base32")
    return _grouped(signs)


def hash_recovery_code(code: str) -> bytes:
    """Return the 32 bytes by which a code is known again. Meant to be sealed: sixty bits alone could be guessed."""
    return sha256(b"candour v1 recovery code\x00" + code.encode("ascii")).digest()


def _grouped(signs: str) -> str:
    return "-".join(signs[i : i + _GROUP] for i in range(0, _LENGTH, _GROUP))
