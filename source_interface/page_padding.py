"""Every page weighs one of few sizes, so that "you have a reply" and "you have none" look alike on the wire.

The padding is an HTML comment of spaces, after the document. Answers are never compressed: compression would undo it.
"""

from flask import Response

KIB = 1024
# One size holds every ordinary page; the next are for pages that carry much of what somebody wrote.
SMALLEST_PAGE = 24 * KIB
_OPEN, _CLOSE = b"\n<!--", b"-->\n"
_FRAME = len(_OPEN) + len(_CLOSE)


def page_size_class(size: int) -> int:
    """Return the size in bytes that a page of `size` bytes is padded to: 24 KiB, 48 KiB, 96 KiB, …"""
    found = SMALLEST_PAGE
    while found < size:
        found *= 2
    return found


def pad_page(response: Response) -> Response:
    """Pad an HTML answer to its size class, whatever its status."""
    if response.mimetype == "text/html" and not response.direct_passthrough:
        body = response.get_data()
        missing = page_size_class(len(body) + _FRAME) - len(body) - _FRAME
        response.set_data(body + _OPEN + b" " * missing + _CLOSE)
    return response
