"""Padding: exchanges of the door that carry nothing, and answers that are longer than what they say.

The courier asks for both, so that whoever watches its line cannot tell whether anything waited. Rules:
- How much is asked for is bounded, and nothing of it is kept: zeros go out, what comes in is read past.
- Padding is zeros behind a blob, with their number in a header, and spaces behind JSON, which stays JSON. Inside Tor
  everything is encrypted and nothing is compressed, so zeros look like anything else, and they cost nothing to make.
- Who does not ask gets every answer as it is.
"""

import re
from collections.abc import Iterator
from itertools import chain, repeat

from flask import Response, request

from keys.strict_json import write_object
from source_interface.door_messages import VERSION
from source_interface.door_requests import Refused, json_answer, read_past

LARGEST_PADDING = 1024 * 1024  # bytes, in either direction
PAD = "Candour-Pad"  # in a request: to a multiple of how many bytes its answer is to be padded
PADDING = "Candour-Padding"  # with what is not JSON: how many of its bytes, at the end, are padding
_BYTES = re.compile(r"[1-9][0-9]{0,6}\Z")
_CHUNK = 64 * 1024  # bytes
_ZEROS = bytes(_CHUNK)


def give_padding() -> Response:
    """GET /v1/padding?bytes=N: so many zeros, and nothing else."""
    asked = request.args.to_dict(flat=False)
    if asked.keys() != {"bytes"} or len(asked["bytes"]) != 1:
        raise Refused(400)
    size = _bounded(asked["bytes"][0])
    response = Response(_zeros(size), mimetype="application/octet-stream")
    response.content_length = size
    return response


def take_padding() -> Response:
    """POST /v1/padding: read past what comes."""
    if request.args or request.mimetype != "application/octet-stream":
        raise Refused(400)
    if request.content_length is None:
        raise Refused(411)
    if request.content_length > LARGEST_PADDING:
        raise Refused(413)
    read_past(request.content_length)
    return json_answer(write_object({"candour_door": VERSION}))


def padding_behind() -> int:
    """Return how many bytes at the end of what is posted are padding. Raises Refused."""
    said = request.headers.get(PADDING)
    return 0 if said is None else _bounded(said)


def check_pad() -> None:
    """Raise Refused if an answer is asked for that is padded to something strange. Before anything is changed."""
    asked = request.headers.get(PAD)
    if asked is not None:
        _bounded(asked)


def pad(response: Response) -> Response:
    """Return an answer of success padded as it was asked for; any other as it is."""
    asked = request.headers.get(PAD)
    if asked is None or response.status_code not in (200, 206) or response.content_length is None:
        return response
    missing = -response.content_length % _bounded(asked)
    if response.is_json:
        response.data = response.get_data() + b" " * missing
    else:
        response.response = chain(response.iter_encoded(), _zeros(missing))
        response.content_length += missing
        response.headers[PADDING] = str(missing)
    return response


def _bounded(untrusted: str) -> int:
    """Return a number of bytes, 1 to LARGEST_PADDING. Raises Refused."""
    if not _BYTES.match(untrusted) or int(untrusted) > LARGEST_PADDING:
        raise Refused(400)
    return int(untrusted)


def _zeros(size: int) -> Iterator[bytes]:
    whole, rest = divmod(size, _CHUNK)
    yield from repeat(_ZEROS, whole)
    if rest:
        yield bytes(rest)
