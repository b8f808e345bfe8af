"""Reading a form with files from the request, for the two pages that have one."""

from flask import Request

from source_interface.attachments import AttachmentReceiver
from source_interface.filled_form import field_limits
from source_interface.form_stream import MOST_TEXT_BYTES, FormStream, TextFields
from source_interface.requests import BoundedRequest
from source_interface.site_host import SiteHost

# Beyond this many times the limit nobody is waiting for a page any more: the connection is cut.
_PATIENCE = 4


def read_streamed_form(host: SiteHost, request: Request, receiver: AttachmentReceiver) -> TextFields:
    """Return the text fields; the files went to `receiver`. Raises FormUnreadable, UploadBroken, or Busy."""
    if not isinstance(request, BoundedRequest):
        raise TypeError("the site's requests are bounded")
    settings = host.settings
    body = request.unbounded_body(settings.submission_bytes * _PATIENCE + MOST_TEXT_BYTES)
    form = FormStream(field_limits(settings), settings.answer_characters, receiver)
    with host.places.take(request.content_length):
        return form.read(body, request.content_type or "")
