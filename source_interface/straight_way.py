"""Did this request come straight to us through Tor? Judges names and fields of a request's head; reads nothing else.

Rules, once the site knows its onion address:
- It is asked under exactly that name, with or without `:80`. A name with something before it (`www.…onion`) leads here
  too (rend-spec-v3: Tor looks at the last two labels), but it would be another site to a browser, with other cookies,
  and whoever hands it out can write a mark of their own into it. So it is refused like any other.
- It carries no field that proxies and gateways add on their way. A gateway (tor2web and its like) asks in the onion
  name, so that its fields are all that shows it. Tor Browser sends none of these.
- A gateway that hides itself cannot be told from Tor Browser: this is help for a person who was led astray, not a wall.
"""

from collections.abc import Iterable

_HTTP_PORT = ":80"
# Whole names, in small letters; each is sent by proxies, content networks or gateways, and by no browser.
TELLTALE_FIELDS = frozenset(
    {
        "client-ip",
        "cdn-loop",
        "fastly-client-ip",
        "fly-client-ip",
        "forwarded",
        "proxy-connection",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-host",
        "x-original-host",
        "x-originating-ip",
        "x-proxy-id",
        "x-proxyuser-ip",
        "x-real-ip",
        "x-remote-addr",
        "x-remote-ip",
        "x-scheme",
    }
)
# How families of such names begin.
TELLTALE_FAMILIES = (
    "cf-",
    "x-amz-cf-",
    "x-amzn-",
    "x-azure-",
    "x-bluecoat-",
    "x-envoy-",
    "x-forwarded",
    "x-tor2web",
)


class NotStraight(Exception):
    """Something may stand between this browser and us: answer with the page that says so, and with nothing else."""


def check_way(address: str, host: str, fields: Iterable[str]) -> None:
    """Raise NotStraight if the request was not made to `address`, or if one of its `fields` tells of a go-between.

    `host` is what stands in `Host`, or empty; `fields` are the names of the head's fields, in any case of letters.
    """
    if host.lower().removesuffix(_HTTP_PORT) != address:
        raise NotStraight("Host")
    for field in fields:
        name = field.lower()
        if name in TELLTALE_FIELDS or name.startswith(TELLTALE_FAMILIES):
            raise NotStraight(name)
