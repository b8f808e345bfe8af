"""What a Tor of ours was started with, as far as it changes by files: its torrc, who may come, where to, which doors.

Whoever looks after Tor compares it, and starts Tor again when it is another; what Tor runs with is told to others as a
mark, from which nothing of it can be read. A file that cannot be read ends no watch: it is stamped as such.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from onion.address import check_address
from onion.clients import stamp
from onion.errors import AddressRefused
from onion.layout import TorFolder
from onion.own_files import UNREADABLE, glimpse

# The kinds of entry that tell of a file which Tor, or we, write ourselves.
_OWN = ("torrc", "address")
_ADDRESS = "hostname"

Stamp = frozenset[tuple[str, str, str]]


def addresses_in(folder: TorFolder, services: Iterable[str]) -> dict[str, str]:
    """Return the address of each of these services whose keys are made, by its name."""
    found = _addresses(folder, services)
    return {name: address for name, address in found.items() if address != UNREADABLE}


def stamp_of(folder: TorFolder, open_to_all: Iterable[str], closed: Iterable[str]) -> Stamp:
    """Return what tells whether Tor is to do anything else: who was let in or out, an entrance, an address, the torrc.

    The torrc too: set-up of a version that is newer than the watch writes another one.
    """
    closed = tuple(closed)
    found = {("address", *each) for each in _addresses(folder, (*open_to_all, *closed)).items()}
    found |= {("torrc", "", glimpse(folder.torrc) or "")}
    found |= {(name, *each) for name in closed for each in stamp(folder.service(name))}
    entrances = {path.name: glimpse(path) for path in _entrances(folder)}
    found |= {("", name, content) for name, content in entrances.items() if content is not None}
    return frozenset(found)


def is_another(before: Stamp, now: Stamp) -> bool:
    """Tell whether Tor must start again. An address or a torrc that cannot be read now is not another one.

    Tor might not start with it, and everybody would be shut out: `check` names it instead.
    """
    unread = {each[:2] for each in now if each[0] in _OWN and each[2] == UNREADABLE}
    return {each for each in before if each[:2] not in unread} != {each for each in now if each[:2] not in unread}


def unreadable(folder: TorFolder, services: Iterable[str]) -> Iterator[Path]:
    """Yield each address and each entrance that cannot be read."""
    for name, address in _addresses(folder, services).items():
        if address == UNREADABLE:
            yield folder.service(name) / _ADDRESS
    for path in _entrances(folder):
        if glimpse(path) == UNREADABLE:
            yield path


def _addresses(folder: TorFolder, services: Iterable[str]) -> dict[str, str]:
    seen = {name: glimpse(folder.service(name) / _ADDRESS) for name in services}
    return {name: _address(text.strip()) for name, text in seen.items() if text is not None}


def _address(text: str) -> str:
    try:
        return check_address(text)
    except AddressRefused:
        return UNREADABLE


def _entrances(folder: TorFolder) -> list[Path]:
    return sorted(folder.entrances.glob("*.auth_private"))


def mark_of(found: Stamp) -> str:
    """Return the SHA-256 of a stamp, in hexadecimal."""
    return sha256(repr(sorted(found)).encode("utf-8", "backslashreplace")).hexdigest()
