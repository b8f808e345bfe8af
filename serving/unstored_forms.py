"""Requests whose forms never touch a disk: an ordinary form is read into memory, one with files only as a stream.

Werkzeug's own parser would put a file that is sent into a temporary file in clear.
"""

from typing import IO, Any, NoReturn

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser


class SmallForms(FormDataParser):
    """Reads the small forms as browsers send them: url-encoded. A multipart one is refused before it is looked at."""

    def parse(self, stream: IO[bytes], mimetype: str, *told: Any, **also: Any) -> Any:
        """Return the fields. Raises BadRequest for a multipart form: its parts need not even have names."""
        if mimetype == "multipart/form-data":
            raise BadRequest("streamed forms are taken by pages for files only")
        return super().parse(stream, mimetype, *told, **also)


class UnstoredRequest(Request):
    """A request whose ordinary form parser refuses files: streamed forms go through `serving.form_stream` alone."""

    form_data_parser_class = SmallForms

    def _get_file_stream(self, *_told: object, **_also: object) -> NoReturn:
        # Werkzeug would open a temporary file in clear here.
        raise RequestEntityTooLarge("files are taken by pages for files only")

    def unbounded_body(self) -> IO[bytes]:
        """Return the body as it arrives, to the length it announced: for a form that is read as a stream."""
        # Not None, in the place of which Flask would take the limit of ordinary forms. And a byte more than was
        # announced: werkzeug takes whoever asks for more at the very limit for one who sends more.
        self.max_content_length = (self.content_length or 0) + 1
        return self.stream
