"""An armoured OpenPGP public key as somebody pasted it, looked at before gpg is. No I/O.

gpg would take more than one key, a secret one, and compressed packets that swell to gigabytes. So the packets are
walked here first (RFC 9580, sections 4 and 6): what is not part of one public key never reaches gpg.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from keys.errors import RecipientKeyRefused, RefusedKey

LONGEST_ARMOUR = 128 * 1024  # characters; a Curve25519 key has about 700, one with a hundred signatures 30,000
_BLOCK = re.compile(
    r"^-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\n(.*?)^-----END PGP PUBLIC KEY BLOCK-----[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_SECRET_BLOCK = re.compile(r"-----BEGIN PGP (PRIVATE|SECRET) KEY BLOCK-----")
_BEGIN = "-----BEGIN PGP"
_HEADER = re.compile(r"[A-Za-z-]{1,20}: ")
_SIGNATURE, _SECRET_KEY, _PUBLIC_KEY, _SECRET_SUBKEY = 2, 5, 6, 7
_MARKER, _TRUST, _USER_ID, _SUBKEY, _ATTRIBUTE = 10, 12, 13, 14, 17
_OF_A_PUBLIC_KEY = frozenset({_SIGNATURE, _PUBLIC_KEY, _MARKER, _TRUST, _USER_ID, _SUBKEY, _ATTRIBUTE})


def read_armoured_key(untrusted_text: str) -> bytes:
    """Return the packets of the one public key in a text. Raises RecipientKeyRefused."""
    if len(untrusted_text) > LONGEST_ARMOUR:
        raise RecipientKeyRefused(RefusedKey.TOO_LONG)
    text = untrusted_text.replace("\r\n", "\n").replace("\r", "\n")
    if _SECRET_BLOCK.search(text):
        raise RecipientKeyRefused(RefusedKey.SECRET)
    if text.count(_BEGIN) > 1:
        raise RecipientKeyRefused(RefusedKey.SEVERAL)
    block = _BLOCK.search(text)
    if block is None:
        raise RecipientKeyRefused(RefusedKey.NO_KEY)
    packets = _unarmoured(block[1])
    _check_packets([tag for tag, _length in _walk(packets)])
    return packets


def _check_packets(tags: list[int]) -> None:
    if {_SECRET_KEY, _SECRET_SUBKEY} & set(tags):
        raise RecipientKeyRefused(RefusedKey.SECRET)
    if tags.count(_PUBLIC_KEY) > 1:
        raise RecipientKeyRefused(RefusedKey.SEVERAL)
    if not set(tags) <= _OF_A_PUBLIC_KEY or tags[:1] != [_PUBLIC_KEY]:
        raise RecipientKeyRefused(RefusedKey.NO_KEY)


def _unarmoured(inside: str) -> bytes:
    lines = [line.strip() for line in inside.split("\n")]
    while lines and _HEADER.match(lines[0]):
        lines.pop(0)
    body = [line for line in lines if line]
    checksum = body.pop() if body and body[-1].startswith("=") and len(body[-1]) == 5 else ""
    try:
        packets = base64.b64decode("".join(body), validate=True)
        wanted = base64.b64decode(checksum[1:], validate=True) if checksum else None
    except (binascii.Error, ValueError) as reason:
        raise RecipientKeyRefused(RefusedKey.MISCOPIED) from reason
    if wanted is not None and int.from_bytes(wanted, "big") != _crc24(packets):
        raise RecipientKeyRefused(RefusedKey.MISCOPIED)
    return packets


def _walk(packets: bytes) -> Iterator[tuple[int, int]]:
    """Yield the tag and length of each packet. Raises RecipientKeyRefused for a length that is not said, or not so."""
    at = 0
    while at < len(packets):
        tag, length, start = _head(packets, at)
        at = start + length
        if at > len(packets):
            raise RecipientKeyRefused(RefusedKey.MISCOPIED)
        yield tag, length


def _head(packets: bytes, at: int) -> tuple[int, int, int]:
    lead = packets[at : at + 6].ljust(6, b"\x00")
    if not lead[0] & 0x80:
        raise RecipientKeyRefused(RefusedKey.MISCOPIED)
    if lead[0] & 0x40:
        tag, first = lead[0] & 0x3F, lead[1]
        if first < 192:
            return tag, first, at + 2
        if first < 224:
            return tag, ((first - 192) << 8) + lead[2] + 192, at + 3
        if first == 255:
            return tag, int.from_bytes(lead[2:6], "big"), at + 6
        raise RecipientKeyRefused(RefusedKey.NO_KEY)  # in parts: no key is written so
    size = (1, 2, 4, 0)[lead[0] & 0x03]
    if not size:
        raise RecipientKeyRefused(RefusedKey.NO_KEY)  # as long as it goes on
    return (lead[0] >> 2) & 0x0F, int.from_bytes(lead[1 : 1 + size], "big"), at + 1 + size


def _crc24(data: bytes) -> int:
    """Return the checksum of RFC 9580, section 6.1.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _bit in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF
