"""Forms are answered only if they come from our own pages.

- A form of somebody signed in carries a token that only the holder of the session's cookie can make: an HMAC under the
  cookie itself. Nothing is stored, and it ends with the session.
- Every change, sign-in too, is refused if the browser says that another site sent it (`Sec-Fetch-Site`). The session
  cookie is SameSite=Strict besides.
"""

import hmac

from keys.session_seal import SessionToken

FIELD = "csrf_token"
_OURS = frozenset({"same-origin", "none"})


def form_token(token: SessionToken) -> str:
    """Return the token for the forms of a session, 64 hexadecimal digits."""
    return hmac.digest(token.cookie().encode("ascii"), b"candour desk form", "sha256").hex()


def is_form_of(token: SessionToken, untrusted_token: str) -> bool:
    """Tell whether the form came from a page of this session."""
    return hmac.compare_digest(form_token(token).encode("ascii"), untrusted_token.encode("utf-8", "replace"))


def is_same_site(untrusted_fetch_site: str | None) -> bool:
    """Tell whether the browser does not say that the request came from elsewhere."""
    return untrusted_fetch_site is None or untrusted_fetch_site in _OURS
