"""The line with which Tor begins a connection to an onion service: on which circuit it came. Judges bytes; no I/O.

With `HiddenServiceExportCircuitID haproxy` Tor sends one line of the PROXY protocol, version 1, before the first byte
of a client's. Where an address would stand in it, there is the number of the rendezvous circuit: the last 32 bits of
an address in a prefix of Tor's own. It says nothing of a person, and a new circuit has a new number.

Rules:
- One spelling: the one that Tor writes (`export_hs_client_circuit_id` in its connection_edge.c): hexadecimal in small
  letters, nothing in front that could be left out. A second spelling would be a second count for one circuit.
- At most 107 bytes, with the line end (HAProxy's proxy-protocol.txt, section 2.1).
- Whoever begins with something else, such as a request, is refused at the first wrong byte, not when time is over.
- The number 0 is refused: Tor counts from 1, and writes 0 where it knows of no circuit.
"""

import re
from dataclasses import dataclass

LONGEST_LINE = 107
_BEGINNING = b"PROXY TCP6 fc00:dead:beef:4dad::"
_END = b"\r\n"
_GROUP = rb"(0|[1-9a-f][0-9a-f]{0,3})"
_PORT = rb"(0|[1-9][0-9]{0,4})"
_LINE = re.compile(re.escape(_BEGINNING) + _GROUP + b":" + _GROUP + b" ::1 " + _PORT + b" " + _PORT + re.escape(_END))
_HIGHEST_PORT = 65_535


class LineRefused(Exception):
    """This connection does not begin as Tor begins one: close it without a word."""


@dataclass(frozen=True)
class ProxyLine:
    """A whole line: the number of the circuit, 1 to 2**32 - 1, and how many bytes the line took, with its end."""

    circuit: int
    length: int


def read_line(begun: bytes) -> ProxyLine | None:
    """Return the line that a connection begins with, or None while it is not whole. Raises LineRefused.

    What follows the line is not looked at. The ports mean nothing here: Tor makes the first of them up.
    """
    end = begun.find(_END, 0, LONGEST_LINE)
    if end < 0:
        if len(begun) >= LONGEST_LINE or not _could_begin(begun):
            raise LineRefused("not the line that Tor begins a connection with")
        return None
    length = end + len(_END)
    found = _LINE.fullmatch(begun, 0, length)
    if found is None or any(int(port) > _HIGHEST_PORT for port in found.group(3, 4)):
        raise LineRefused("not the line that Tor begins a connection with")
    circuit = int(found[1], 16) << 16 | int(found[2], 16)
    if circuit == 0:
        raise LineRefused("no circuit has the number 0")
    return ProxyLine(circuit, length)


def _could_begin(begun: bytes) -> bool:
    shared = min(len(begun), len(_BEGINNING))
    return begun[:shared] == _BEGINNING[:shared] and b"\n" not in begun
