"""Requests to the source's site: bounded before anything is read, and with no way to a temporary file."""

from typing import IO, NoReturn

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

# Every form that is not streamed: a codename, a token, the id of a reply.
LARGEST_SMALL_FORM = 32 * 1024


class BoundedRequest(Request):
    """A request whose ordinary form parser refuses files: streamed forms go through `form_stream` alone."""

    max_content_length: int | None = LARGEST_SMALL_FORM
    max_form_memory_size = LARGEST_SMALL_FORM
    max_form_parts = 40

    def _get_file_stream(self, *_told: object, **_also: object) -> NoReturn:
        # Werkzeug would open a temporary file in clear here.
        raise RequestEntityTooLarge("files are taken by the report and inbox forms only")

    def unbounded_body(self) -> IO[bytes]:
        """Return the body as it arrives, to the length it announced: for a form that is read as a stream."""
        self.max_content_length = None
        return self.stream
