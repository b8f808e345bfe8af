"""The token that opens the door to the courier: 32 random bytes in URL-safe Base64. The source host has a hash of it.

Both hosts show the same short mark of it, so that two people see whether they speak of the same one.
"""

import base64
import secrets
from hashlib import sha256

TOKEN_BYTES = 32
_MARK_DIGITS = 8


def draw_token() -> str:
    """Return a new token: 43 characters."""
    return base64.urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).rstrip(b"=").decode("ascii")


def hash_of(token: str) -> str:
    """Return what the source host keeps of a token: its SHA-256, in 64 small hexadecimal digits."""
    return sha256(token.encode("ascii", "replace")).hexdigest()


def mark_of(hashed: str) -> str:
    """Return the mark of a token from its hash: 32 bits, in two groups. Of 256 bits they give nothing away."""
    return f"{hashed[:4]} {hashed[4:_MARK_DIGITS]}".upper()
