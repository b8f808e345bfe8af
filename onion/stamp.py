"""What a Tor of ours was started with, as far as it changes by files: who may come, where to, and which doors it opens.

Whoever looks after Tor compares it, and starts Tor again when it is another; what Tor runs with is told to others as a
mark, from which nothing of it can be read.
"""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256

from onion.clients import stamp
from onion.layout import TorFolder

Stamp = frozenset[tuple[str, str, str]]


def addresses_in(folder: TorFolder, services: Iterable[str]) -> dict[str, str]:
    """Return the address of each of these services whose keys are made, by its name."""
    found = {}
    for name in services:
        with suppress(FileNotFoundError):
            found[name] = (folder.service(name) / "hostname").read_text("ascii").strip()
    return {name: address for name, address in found.items() if address}


def stamp_of(folder: TorFolder, open_to_all: Iterable[str], closed: Iterable[str]) -> Stamp:
    """Return what tells whether somebody was let in or out since, an entrance was added or an address changed."""
    closed = tuple(closed)
    addresses = {("address", *each) for each in addresses_in(folder, (*open_to_all, *closed)).items()}
    clients = {(name, *each) for name in closed for each in stamp(folder.service(name))}
    entrances = folder.entrances.glob("*.auth_private")
    return frozenset(addresses | clients | {("", path.name, path.read_text("ascii", "replace")) for path in entrances})


def mark_of(found: Stamp) -> str:
    """Return the SHA-256 of a stamp, in hexadecimal."""
    return sha256(repr(sorted(found)).encode("utf-8", "backslashreplace")).hexdigest()
