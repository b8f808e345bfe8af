"""Onion addresses that are right in every part, and belong to nobody."""

import base64
from hashlib import sha3_256, sha256

_VERSION = b"\x03"


def onion_name(number: int = 1) -> str:
    """An address; another number makes another one."""
    key = sha256(bytes([number])).digest()
    checksum = sha3_256(b".onion checksum" + key + _VERSION).digest()[:2]
    return base64.b32encode(key + checksum + _VERSION).decode("ascii").lower() + ".onion"
