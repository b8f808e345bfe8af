"""What the courier reads of an answer and writes of a body, in pieces and no more than was agreed."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import IO

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from journalist_interface.courier_errors import DoorDistrusted, DoorSilent
from journalist_interface.courier_rules import LARGEST_DOCUMENT, VERSION, distrust
from keys.strict_json import read_object
from serving.language import gettext as _

PADDING = "Candour-Padding"  # says how many bytes behind a blob are padding
_CHUNK = 256 * 1024  # bytes
_LENGTH = re.compile(r"[0-9]{1,15}\Z")


def told(source: IO[bytes], say: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file in pieces; `say` is told how many bytes have left."""
    left = 0
    while piece := source.read(_CHUNK):
        yield piece
        left += len(piece)
        say(left)


def zeros(size: int) -> Iterator[bytes]:
    # Inside Tor everything is encrypted, and nothing is compressed: zeros look like anything else.
    whole, rest = divmod(size, _CHUNK)
    yield from repeat(bytes(_CHUNK), whole)
    if rest:
        yield bytes(rest)


@contextmanager
def network() -> Iterator[None]:
    try:
        yield
    except HTTPError as broken:
        # urllib3's own text names addresses and objects; its type says enough.
        raise DoorSilent(
            _("The source host's door does not answer, or the connection broke ({why}).").format(
                why=type(broken).__name__
            )
        ) from broken


def length_of(response: BaseHTTPResponse) -> int:
    spelt = response.headers.get("Content-Length", "")
    # Without it the end of an answer could not be told from a broken connection.
    if not _LENGTH.match(spelt) or "Transfer-Encoding" in response.headers:
        raise DoorDistrusted("an answer does not say how long it is")
    return int(spelt)


def padding_of(response: BaseHTTPResponse, unit: int) -> int:
    """Return how many bytes behind a blob are padding; from a door that is too old for it, none."""
    spelt = response.headers.get(PADDING, "0")
    if not _LENGTH.match(spelt) or int(spelt) >= unit:
        raise DoorDistrusted("more padding came than was asked for")
    return int(spelt)


def bytes_of(response: BaseHTTPResponse, length: int) -> Iterator[bytes]:
    left = length
    while left:
        with network():
            chunk = response.read1(min(_CHUNK, left))
        if not chunk:
            raise DoorSilent(_("The connection to the source host broke in the middle."))
        left -= len(chunk)
        yield chunk


def read_past(response: BaseHTTPResponse, length: int) -> None:
    """Read `length` bytes of an answer that mean nothing."""
    for _chunk in bytes_of(response, length):
        pass


@distrust()
def read_padded(untrusted: bytes) -> None:
    """Check the answer to padding that was posted: nothing but the version."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    fields.end()
