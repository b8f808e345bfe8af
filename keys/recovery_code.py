"""Recovery codes: what lets somebody in whose authenticator is lost. Sixty random bits, copied by hand without mistake.

What is kept is a hash, so that nothing shows a code a second time.
"""

from hashlib import sha256

from keys.paper_code import draw_paper_code, read_paper_code

_SIGNS = 12


def draw_recovery_code() -> str:
    """Return a new code, such as 7K3M-Q9TW-X2PA."""
    return draw_paper_code(_SIGNS)


def read_recovery_code(typed: str) -> str:
    """Return the code that was typed, in its one spelling. Raises Malformed if it is none."""
    return read_paper_code(typed, _SIGNS)


def hash_recovery_code(code: str) -> bytes:
    """Return the 32 bytes by which a code is known again. Meant to be sealed: sixty bits alone could be guessed."""
    return sha256(b"candour v1 recovery code\x00" + code.encode("ascii")).digest()
