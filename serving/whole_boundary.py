"""Werkzeug's decoder of multipart forms, mended: where a body is cut into pieces makes no difference to what is in it.

Werkzeug 3.1.9 takes the end of a form for content when a piece ends between the two last hyphens of `--boundary--`:
the last file, or the last text, then ends in a carriage return that nobody sent. One upload in 65,536 would arrive
with another SHA-256 than the source's own copy has.
"""

import re

from werkzeug.sansio.multipart import MultipartDecoder

# What may follow a boundary before it is known to be one: the first of two hyphens, or white space (RFC 2046, 5.1.1).
_UNDECIDED = re.compile(rb"-|[^\S\n\r]*")


class WholeBoundaryDecoder(MultipartDecoder):
    """Holds back a boundary, with the line break before it, until it is known whether it is one."""

    def _last_partial_boundary_index(self, data: bytes | bytearray) -> int:
        found = super()._last_partial_boundary_index(data)
        delimiter = b"--" + self.boundary
        at = data.rfind(delimiter)
        if at < 0 or not _UNDECIDED.fullmatch(data, at + len(delimiter)):
            return found
        line_break = 2 if data[:at].endswith(b"\r\n") else 1
        return min(found, max(0, at - line_break))
