"""Addresses of version 3 onion services (rend-spec-v3, section 6, "Encoding onion addresses")."""

import base64
import re
from hashlib import sha3_256

from onion.errors import AddressRefused
from serving.language import gettext as _

# 32 bytes of Ed25519 public key, two of checksum, one of version: 35 bytes, 56 characters of Base32, then ".onion".
_ADDRESS = re.compile(r"([a-z2-7]{56})\.onion\Z")
_KEY_SIZE = 32
_VERSION = b"\x03"


def check_address(untrusted_text: str) -> str:
    """Return `untrusted_text`, in small letters, if it is `….onion` with a right checksum. Raises AddressRefused."""
    found = _ADDRESS.match(untrusted_text.lower())
    if not found:
        raise AddressRefused(
            _("“{text}” is not an onion address: 56 letters and digits, then .onion.").format(text=untrusted_text[:70])
        )
    raw = base64.b32decode(found[1].upper())
    key, checksum, version = raw[:_KEY_SIZE], raw[_KEY_SIZE:-1], raw[-1:]
    if version != _VERSION or sha3_256(b".onion checksum" + key + version).digest()[:2] != checksum:
        raise AddressRefused(
            _("“{text}” was mistyped somewhere: its checksum is wrong. Copy it again.").format(text=untrusted_text[:70])
        )
    return found[0]
