"""Requests to the source's site: bounded before anything is read, and with no way to a temporary file."""

from typing import IO, Any, NoReturn

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

# Every form that is not streamed: a codename, a token, the id of a reply.
LARGEST_SMALL_FORM = 32 * 1024


class SmallForms(FormDataParser):
    """Reads the small forms as browsers send them: url-encoded. A multipart one is refused before it is looked at."""

    def parse(self, stream: IO[bytes], mimetype: str, *told: Any, **also: Any) -> Any:
        """Return the fields. Raises BadRequest for a multipart form: its parts need not even have names."""
        if mimetype == "multipart/form-data":
            raise BadRequest("streamed forms are taken by the report and inbox pages only")
        return super().parse(stream, mimetype, *told, **also)


class BoundedRequest(Request):
    """A request whose ordinary form parser refuses files: streamed forms go through `form_stream` alone."""

    form_data_parser_class = SmallForms
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
