"""The code that opens one backup: its key as people copy it, 56 signs in groups of four.

The desk gives it for a backup of the source host, so that no share of the recovery key is ever typed there. 256 bits of
key and 24 bits of check: a slip is told from a code of another backup.
"""

import base64
import binascii
from hashlib import sha256

from keys.backup_head import KEY_SIZE
from keys.errors import Malformed

_CHECK = 3  # bytes
_GROUP = 4
_SIGNS = (KEY_SIZE + _CHECK) * 8 // 5
# RFC 4648 to Crockford's Base32, in which no two signs are taken for each other.
_TO_PAPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_FROM_PAPER = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZOIL", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABB")
_LONGEST_TYPED = 200  # characters


def spell_backup_code(key: bytes) -> str:
    """Return the code of a backup's key."""
    signs = base64.b32encode(key + _check(key)).decode("ascii").translate(_TO_PAPER)
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))


def read_backup_code(typed: str) -> bytes:
    """Return the key. Raises Malformed if what was typed is no code: then a sign of it is wrong."""
    signs = "".join(typed[:_LONGEST_TYPED].replace("-", " ").split()).upper()
    try:
        if len(signs) != _SIGNS or not signs.isascii() or not signs.isalnum() or "U" in signs:
            raise Malformed(f"a code has {_SIGNS} signs")
        raw = base64.b32decode(signs.translate(_FROM_PAPER))
    except binascii.Error:
        raise Malformed(f"a code has {_SIGNS} signs") from None
    key, check = raw[:KEY_SIZE], raw[KEY_SIZE:]
    if check != _check(key):
        raise Malformed("a sign of the code is wrong")
    return key


def _check(key: bytes) -> bytes:
    return sha256(b"candour v1 backup code\x00" + key).digest()[:_CHECK]
