"""An onion service's own descriptor, opened with nothing but its address: as every visitor's Tor opens it.

rend-spec-v3: "Generating credentials", "Deriving descriptor encryption keys", "First layer" and "Second layer of
encryption". One that is meant for known clients has a cookie in its second layer, and does not open so.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha3_256, shake_256
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from onion.address import check_address
from onion.errors import DescriptorBroken

_SALT, _KEY, _IV, _MAC = 16, 32, 16, 32  # bytes
_LONGEST = 50_000  # bytes: what directories take (HiddenServiceMaxDescriptorSize)
# In a certificate: version, type, four bytes of expiry, type of key, the key, the number of extensions.
_BEFORE_EXTENSIONS = 40
_SIGNED_WITH = 4  # the extension that holds the key it is signed with: here the blinded one
_COUNTER = re.compile(r"^revision-counter ([0-9]{1,20})$", re.MULTILINE)
_EFFORT = re.compile(r"^pow-params v1 \S+ ([0-9]{1,10}) \S+", re.MULTILINE)


@dataclass(frozen=True)
class Opened:
    """What a visitor's Tor finds. `effort`: the work asked of each visitor; 0 in quiet times, None without defence."""

    introduction_points: int
    effort: int | None


def open_descriptor(text: str, address: str) -> Opened:
    """Return what stands inside a descriptor of the service at `….onion`. Raises DescriptorBroken."""
    counter = _COUNTER.search(text)
    if len(text) > _LONGEST or counter is None:
        raise DescriptorBroken("no descriptor")
    blinded = _blinded_key(_block(text, "descriptor-signing-key-cert", "ED25519 CERT"))
    identity = base64.b32decode(check_address(address).removesuffix(".onion").upper())[:32]
    credential = sha3_256(b"credential" + identity).digest()
    told = blinded + sha3_256(b"subcredential" + credential + blinded).digest() + int(counter[1]).to_bytes(8, "big")
    first = _unsealed(_block(text, "superencrypted", "MESSAGE"), told, b"hsdir-superencrypted-data")
    inner = _unsealed(_block(first, "encrypted", "MESSAGE"), told, b"hsdir-encrypted-data")
    effort = _EFFORT.search(inner)
    return Opened(
        introduction_points=len(re.findall(r"^introduction-point ", inner, re.MULTILINE)),
        effort=int(effort[1]) if effort else None,
    )


def _unsealed(blob: bytes, told: bytes, constant: bytes) -> str:
    salt, sealed, mac = blob[:_SALT], blob[_SALT:-_MAC], blob[-_MAC:]
    keys = shake_256(told + salt + constant).digest(_KEY + _IV + _MAC)
    key, start, mac_key = keys[:_KEY], keys[_KEY : _KEY + _IV], keys[_KEY + _IV :]
    right = sha3_256(_MAC.to_bytes(8, "big") + mac_key + _SALT.to_bytes(8, "big") + salt + sealed).digest()
    if not compare_digest(right, mac):
        raise DescriptorBroken("it does not open with the address alone")
    plain = Cipher(algorithms.AES256(key), modes.CTR(start)).decryptor().update(sealed)
    # Padded with NULs to hide its length.
    return plain.rstrip(b"\0").decode("ascii", "replace")


def _blinded_key(certificate: bytes) -> bytes:
    rest = certificate[_BEFORE_EXTENSIONS:]
    while len(rest) > 4:
        length, kind = int.from_bytes(rest[:2], "big"), rest[2]
        if kind == _SIGNED_WITH and length == 32:
            return rest[4 : 4 + length]
        rest = rest[4 + length :]
    raise DescriptorBroken("its certificate does not name the blinded key")


def _block(text: str, keyword: str, kind: str) -> bytes:
    found = re.search(
        rf"^{keyword}\n-----BEGIN {kind}-----\n([A-Za-z0-9+/=\n]+?)\n-----END {kind}-----$", text, re.MULTILINE
    )
    try:
        return base64.b64decode(found[1] if found else "", validate=False)
    except binascii.Error as reason:
        raise DescriptorBroken(f"{keyword} is damaged") from reason
