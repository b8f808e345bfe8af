"""What the source host says of itself, judged: its room, its Tor, its health. No I/O.

A word out of a few, each of which has a sentence of ours, or a fingerprint: whatever else a hostile host says reaches
nobody.
"""

import re

from journalist_interface.courier_rules import LARGEST_DOCUMENT, VERSION, distrust
from keys.errors import Malformed
from keys.strict_json import read_object
from store.desk.courier_state import SourceRoom, SourceTor
from store.host_health import OF_SOURCE, WORDS, Thing

_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")
_ROOMS = frozenset(room.value for room in SourceRoom if room is not SourceRoom.UNKNOWN)
_TORS = frozenset(tor.value for tor in SourceTor if tor is not SourceTor.UNKNOWN)


@distrust()
def read_room(untrusted: bytes | None) -> SourceRoom:
    """Return what the source host says sources can send: one of three words; None: it is too old to say."""
    if untrusted is None:
        return SourceRoom.UNKNOWN
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    room = SourceRoom(fields.one_of("room", _ROOMS))
    fields.end()
    return room


@distrust()
def read_tor(untrusted: bytes | None) -> SourceTor:
    """Return how the source host says its Tor is: one of seven words; None: it does not say."""
    if untrusted is None:
        return SourceTor.UNKNOWN
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    tor = SourceTor(fields.one_of("tor", _TORS))
    fields.end()
    return tor


@distrust()
def read_intake_key(untrusted: bytes | None) -> str | None:
    """Return the fingerprint of the key that the source host says it seals to; None: it is too old to say."""
    if untrusted is None:
        return None
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    fingerprint = fields.text("fingerprint", 40)
    fields.end()
    if not _FINGERPRINT.match(fingerprint):
        raise Malformed("fingerprint is none")
    return fingerprint


@distrust()
def read_health(untrusted: bytes | None) -> dict[Thing, str]:
    """Return how the source host says it is: a word of ours for each thing; none from one that is too old to say."""
    if untrusted is None:
        return {}
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    said = fields.fields("health")
    words = {thing: said.one_of(thing.value, frozenset(WORDS[thing])) for thing in OF_SOURCE}
    said.end()
    fields.end()
    return words
