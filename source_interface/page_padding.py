"""Every page weighs one of few sizes, so that "you have a reply" and "you have none" look alike on the wire.

The padding is an HTML comment of spaces, after the document. Answers are never compressed: compression would undo it.
The heads of all answers have one size already (`serving.answers`), so that a whole answer has one size too.
"""

from flask import Response

KIB = 1024
# One size holds every ordinary page; the next are for pages that carry much of what somebody wrote.
SMALLEST_PAGE = 24 * KIB
# The small frame beside an upload, which asks every few seconds.
SMALLEST_FRAME = 4 * KIB
_OPEN, _CLOSE = b"\n<!--", b"-->\n"
_FRAME = len(_OPEN) + len(_CLOSE)


class PaddedResponse(Response):
    """An answer of the site. `smallest_size` is the least its page weighs, in bytes; the classes above it double."""

    smallest_size = SMALLEST_PAGE


def pad_to(response: Response, *, smallest: int) -> Response:
    """Have this answer's page weigh `smallest` bytes, or that doubled often enough, when it leaves.

    For what is small, such as a frame. What may be shown in place of one another must have the same classes.
    """
    if not isinstance(response, PaddedResponse):
        raise TypeError("only the site's own answers are padded: make it with flask.make_response")
    response.smallest_size = smallest
    return response


def page_size_class(size: int, smallest: int = SMALLEST_PAGE) -> int:
    """Return the size in bytes that a page of `size` bytes is padded to: 24 KiB, 48 KiB, 96 KiB, …"""
    found = smallest
    while found < size:
        found *= 2
    return found


def pad_page(response: Response) -> Response:
    """Pad an HTML answer to its size class, whatever its status."""
    if response.mimetype == "text/html" and not response.direct_passthrough:
        body = response.get_data()
        smallest = response.smallest_size if isinstance(response, PaddedResponse) else SMALLEST_PAGE
        missing = page_size_class(len(body) + _FRAME, smallest) - len(body) - _FRAME
        response.set_data(body + _OPEN + b" " * missing + _CLOSE)
    return response
