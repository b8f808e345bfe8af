"""Consent codes: what a second person hands over when they agree that a link may be used. A hundred random bits.

The link is with the administrator and the code with whoever consented, so that neither takes an account over alone.
"""

import hmac
from hashlib import sha256

from keys.errors import Malformed, SignInRefused
from keys.paper_code import draw_paper_code, read_paper_code

_SIGNS = 20  # enough to stand as a bare hash before an administrator who reads the database


def draw_consent_code() -> str:
    """Return a new code, such as 7K3M-Q9TW-X2PA-06TE-RN4V."""
    return draw_paper_code(_SIGNS)


def hash_consent_code(code: str) -> bytes:
    """Return the 32 bytes by which a code that was drawn is known again."""
    return sha256(b"candour v1 consent code\x00" + code.encode("ascii")).digest()


def check_consent(untrusted_typed: str, consent_hash: bytes) -> None:
    """Raise SignInRefused unless what was typed, however it is spelt, is the code that was drawn."""
    try:
        code = read_paper_code(untrusted_typed, _SIGNS)
    except Malformed as reason:
        raise SignInRefused("this is no consent code") from reason
    if not hmac.compare_digest(hash_consent_code(code), consent_hash):
        raise SignInRefused("this is another consent code")
