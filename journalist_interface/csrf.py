"""Forms are answered only if they come from our own pages.

- A form of somebody signed in carries a token that only the holder of the session's cookie can make: an HMAC under the
  cookie itself. Nothing is stored, and it ends with the session.
- Every change, sign-in too, is refused if the browser says that another site sent it (`Sec-Fetch-Site`, `Origin`). The
  session cookie is SameSite=Strict besides.
- A browser that does not say where a request comes from is believed. Old ones never say it, and none says it to an
  address of plain http that is not this machine, which an onion service is. "same-site" is another site: on one
  machine every port is one.
"""

import hmac
from urllib.parse import urlsplit

from keys.session_seal import SessionToken

FIELD = "csrf_token"
_OURS = frozenset({"same-origin", "none"})


def form_token(token: SessionToken) -> str:
    """Return the token for the forms of a session, 64 hexadecimal digits."""
    return hmac.digest(token.cookie().encode("ascii"), b"candour desk form", "sha256").hex()


def is_form_of(token: SessionToken, untrusted_token: str) -> bool:
    """Tell whether the form came from a page of this session."""
    return hmac.compare_digest(form_token(token).encode("ascii"), untrusted_token.encode("utf-8", "replace"))


def is_same_site(untrusted_fetch_site: str | None, untrusted_origin: str | None, host: str) -> bool:
    """Tell whether the browser does not say that the request came from elsewhere. `host` is ours, with its port.

    Our own pages send the origin "null", for they send no referrer (serving.headers).
    """
    if untrusted_fetch_site is not None and untrusted_fetch_site not in _OURS:
        return False
    return untrusted_origin in (None, "null") or _host_of(untrusted_origin) == host


def _host_of(untrusted_origin: str | None) -> str:
    try:
        return urlsplit(untrusted_origin or "").netloc
    except ValueError:
        return ""
