"""Codes that people copy by hand: Crockford's Base32 in groups of four, which has no I, L, O and U.

Who reads an O for a nought, or an I or L for a one, is understood.
"""

import secrets

from keys.errors import Malformed

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # five bits each
_MISREAD = str.maketrans("OIL", "011")
_GROUP = 4
_LONGEST_TYPED = 64  # characters, with whatever stands between the groups


def draw_paper_code(signs: int) -> str:
    """Return a random code of so many signs, such as 7K3M-Q9TW-X2PA."""
    return _grouped("".join(secrets.choice(_SIGNS) for _ in range(signs)))


def read_paper_code(typed: str, signs: int) -> str:
    """Return the code that was typed, in its one spelling. Raises Malformed if it is none of so many signs."""
    if len(typed) > _LONGEST_TYPED:
        raise Malformed(f"a code has {signs} signs")
    found = "".join(typed.replace("-", " ").split()).upper().translate(_MISREAD)
    if len(found) != signs or not set(found) <= set(_SIGNS):
        raise Malformed(f"a code has {signs} signs of Base32")
    return _grouped(found)


def _grouped(signs: str) -> str:
    return "-".join(signs[i : i + _GROUP] for i in range(0, len(signs), _GROUP))
