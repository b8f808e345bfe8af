"""The shape of a sealed message, looked at before gpg is: one recipient, one encrypted part, and so far nothing else.

What we seal is exactly one PKESK packet (tag 1) and one SEIPD packet (tag 18), in this order (RFC 9580, section 4). A
message from a hostile source host may begin with a hundred thousand recipients, each of which gpg would try.
"""

from keys.errors import OpenPGPFailed

HEAD_BYTES = 1024
_PKESK = 1
_SEIPD = 18
# A session key sealed to Curve25519 takes about 100 bytes, to RSA of 8,192 bits about 1,000.
_LONGEST_PKESK = HEAD_BYTES - 8


def check_shape(head: bytes) -> None:
    """Raise OpenPGPFailed unless the first `HEAD_BYTES` of a message begin as ours do."""
    tag, length, start = _packet(head, 0)
    if tag != _PKESK or length is None or length > _LONGEST_PKESK:
        raise OpenPGPFailed("the message does not begin with one recipient")
    if _packet(head, start + length)[0] != _SEIPD:
        raise OpenPGPFailed("the message has more than one recipient, or is not encrypted as ours are")


def _packet(head: bytes, at: int) -> tuple[int, int | None, int]:
    """Return a packet's tag, its length (None if it is not given whole), and where its body starts."""
    lead = head[at : at + 6].ljust(6, b"\x00")
    if not lead[0] & 0x80:
        raise OpenPGPFailed("the message is not OpenPGP")
    if lead[0] & 0x40:
        tag = lead[0] & 0x3F
        if lead[1] < 192:
            return tag, lead[1], at + 2
        if lead[1] < 224:
            return tag, ((lead[1] - 192) << 8) + lead[2] + 192, at + 3
        return tag, int.from_bytes(lead[2:6], "big") if lead[1] == 255 else None, at + 6
    size = (1, 2, 4, 0)[lead[0] & 0x03]
    length = int.from_bytes(lead[1 : 1 + size], "big") if size else None
    return (lead[0] >> 2) & 0x0F, length, at + 1 + size
