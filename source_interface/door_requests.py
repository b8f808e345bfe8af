"""What every verb of the door has in common: a bounded document in, one bland document out."""

from collections.abc import Iterator

from flask import Response, request
from werkzeug.exceptions import HTTPException

from keys.strict_json import write_object
from source_interface.door_messages import LARGEST_DOCUMENT

_CHUNK = 256 * 1024  # bytes
WORDS = {
    400: "malformed",
    401: "no",
    404: "not found",
    411: "length needed",
    413: "too large",
    416: "out of range",
    507: "no room",
}


class Refused(Exception):
    """This request gets the bland answer of `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body() -> bytes:
    """Return the document that was posted. Raises Refused unless it is one, and not too long."""
    if request.args or request.mimetype != "application/json":
        raise Refused(400)
    length = request.content_length
    if length is None:
        raise Refused(411)
    if length > LARGEST_DOCUMENT:
        raise Refused(413)
    body = request.stream.read(length)
    if len(body) != length:
        raise Refused(400)
    return body


def pieces_of_body(size: int) -> Iterator[bytes]:
    """Yield the body, `size` bytes of it. Raises Refused if it ends before: nobody is there to answer."""
    left = size
    while left:
        try:
            piece = request.stream.read(min(_CHUNK, left))
        except (OSError, HTTPException) as reason:
            raise Refused(400) from reason
        if not piece:
            raise Refused(400)
        left -= len(piece)
        yield piece


def read_past(size: int) -> None:
    """Read a body of `size` bytes that means nothing. Raises Refused if it ends before."""
    for _piece in pieces_of_body(size):
        pass


def json_answer(document: bytes, status: int = 200) -> Response:
    """Return an answer with this document."""
    return Response(document, status, mimetype="application/json")


def error_answer(status: int, headers: dict[str, str] | None = None) -> Response:
    """Return the bland answer of a status."""
    response = json_answer(write_object({"error": WORDS.get(status, "failed")}), status)
    response.headers.update(headers or {})
    return response
