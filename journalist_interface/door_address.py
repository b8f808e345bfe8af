"""Where the source host's door is, and the road to it: loopback in clear, or an onion service through this host's Tor.

The token and the sealed parcels travel inside plain HTTP, so nothing but these two will do: a loopback address never
leaves the machine, and the name of an onion service is its key. Raises PairingRefused with a sentence.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from journalist_interface.courier_errors import PairingRefused
from onion.address import check_address
from onion.errors import AddressRefused
from serving.language import gettext as _

ONION_PORT = 80
_UNIX = "unix:"
_LONGEST_PATH = 107  # bytes: Linux keeps 108 for the name of a socket, its closing zero among them


@dataclass(frozen=True)
class Socks:
    """Where this host's Tor takes SOCKS: the path of a unix socket, or a loopback address and its port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        """Spell it as `read_socks` reads it."""
        if self.path:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def shared_port_warning(socks: Socks) -> str | None:
    """Return what people must know of a port, which every program of this host may use; None for a socket."""
    if socks.path:
        return None
    return _(
        "Tor's SOCKS at {where} is a port: every program of this host can use it too, and whose Tor it is decides what "
        "is kept apart. Better is a unix socket that Candour's user alone can open: “SocksPort unix:/a/path” in that "
        "Tor's configuration, then candour-desk pair --socks unix:/a/path."
    ).format(where=socks)


def default_socks(folder: Path) -> Socks:
    """Return where the Tor that belongs to the desk in `folder` takes SOCKS."""
    return Socks(path=str(folder / "tor" / "socks.sock"))


def check_door_url(untrusted_url: str) -> str:
    """Return the door's address in its one spelling: http://….onion, or http://HOST:PORT on this very machine."""
    refusal = PairingRefused(
        _("The door's address must look like http://….onion, or like http://127.0.0.1:8082 on this machine.")
    )
    try:
        parts = urlsplit(untrusted_url)
        port = parts.port
    except ValueError as reason:
        raise refusal from reason
    spelt = f"http://{parts.netloc}"
    if port == 0 or parts.username is not None or untrusted_url not in (spelt, f"{spelt}/"):
        raise refusal
    if (parts.hostname or "").endswith(".onion"):
        return _check_onion(parts, refusal)
    try:
        loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError as reason:
        raise refusal from reason
    if not loopback or port is None:
        raise refusal
    return spelt


def is_onion(url: str) -> bool:
    """Tell whether a door's address, checked before, is that of an onion service."""
    return (urlsplit(url).hostname or "").endswith(".onion")


def onion_of(url: str) -> str:
    """Return `….onion` of a door's address, checked before, that is one of an onion service."""
    return urlsplit(url).hostname or ""


def read_socks(untrusted_text: str) -> Socks:
    """Return where Tor takes SOCKS, from `unix:/a/path` or `127.0.0.1:9050`."""
    refusal = PairingRefused(
        _("Tor's SOCKS must be given as unix:/a/path (107 bytes at most), or as an address on this machine such as "
          "127.0.0.1:9050.")
    )  # fmt: skip
    if untrusted_text.startswith(_UNIX):
        path = untrusted_text.removeprefix(_UNIX)
        if not path.startswith("/") or "\0" in path or len(path.encode("utf-8", "surrogateescape")) > _LONGEST_PATH:
            raise refusal
        return Socks(path=path)
    try:
        parts = urlsplit(f"//{untrusted_text}")
        host, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError as reason:
        raise refusal from reason
    found = Socks(host=str(host), port=port or 0)
    # A name, or another machine, would see where the courier goes; one spelling, so that nothing hides.
    if not host.is_loopback or not port or str(found) != untrusted_text:
        raise refusal
    return found


def _check_onion(parts: SplitResult, refusal: PairingRefused) -> str:
    try:
        host = check_address(parts.hostname or "")
    except AddressRefused as reason:
        raise PairingRefused(str(reason)) from reason
    port = parts.port or ONION_PORT
    if parts.netloc.lower() not in (host, f"{host}:{port}"):
        raise refusal
    return f"http://{host}" if port == ONION_PORT else f"http://{host}:{port}"
