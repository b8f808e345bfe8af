"""Refusing a form that another site made a browser send. A second lock: the form token is the first (docs/adr/0019).

Browsers do not always say where a form stood: an onion service hears `Sec-Fetch-Site` from Tor Browser alone, and our
own pages, which send no referrer, have `Origin: null`. So nothing is ever required here; what is said and is foreign,
refuses.
"""

from urllib.parse import urlsplit

_OWN = frozenset({"same-origin", "none"})


class ForeignPost(Exception):
    """The browser says that this form stood on another site: take nothing of it."""


def check_origin(host: str, origin: str | None, fetch_site: str | None) -> None:
    """Raise ForeignPost if `Origin` or `Sec-Fetch-Site` is there and names another site than `host`."""
    if fetch_site is not None and fetch_site not in _OWN:
        raise ForeignPost("Sec-Fetch-Site")
    if origin in (None, "null"):
        return
    try:
        foreign = urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        foreign = True
    if foreign:
        raise ForeignPost("Origin")
