"""Reading a form with files from the request, for the two pages that have one.

A form that will not be taken (its files too large, or too many forms at once) is still read to its end, whatever its
length, with its files dropped on the way: an answer before the end of an upload reaches a browser as a broken
connection, and the words would be gone. That costs no more than the same bytes sent in several forms.
"""

from collections.abc import Callable
from contextlib import ExitStack

from flask import Request

from keys.errors import Busy
from serving.form_stream import MOST_TEXT_BYTES, FormStream, TextFields, UploadBroken
from source_interface.attachments import AttachmentReceiver
from source_interface.circuits import CircuitBusy, Costly
from source_interface.filled_form import field_limits
from source_interface.places import needs_place
from source_interface.requests import BoundedRequest
from source_interface.site_host import SiteHost
from source_interface.uploading import WatchedBody, keep_broken
from source_interface.uploads import Stage, Trouble, Upload


class FormRefused(Exception):
    """The words arrived, and nothing can be taken now: give the form back, and say that we are busy.

    `of_circuit`: it is this circuit that sends so many; `status` is the HTTP status of either answer.
    """

    def __init__(self, fields: TextFields, *, of_circuit: bool) -> None:
        super().__init__("too many forms are being sent at once")
        self.fields = fields
        self.of_circuit = of_circuit
        self.status = 429 if of_circuit else 503


def begin_upload(host: SiteHost, request: Request, owner: str) -> Upload:
    """Begin to count the form in the request, for the frame of the page that sent it."""
    upload = host.uploads.begin(request.args.get("upload", ""), owner, request.path, request.content_length or 0)
    if upload.total > host.settings.submission_bytes + MOST_TEXT_BYTES:
        upload.trouble = Trouble.TOO_LARGE
    return upload


def read_streamed_form(
    host: SiteHost,
    request: Request,
    receiver: AttachmentReceiver,
    upload: Upload,
    is_ours: Callable[[TextFields], bool],
) -> TextFields:
    """Return the text fields; the files went to `receiver`.

    Raises FormUnreadable, TextTooLong, FormRefused, Busy (or CircuitBusy) if not even that can be said, or
    UploadBroken: what had arrived of a form that `is_ours` is kept then.
    """
    if not isinstance(request, BoundedRequest):
        raise TypeError("the site's requests are bounded")
    settings = host.settings
    form = FormStream(field_limits(settings), settings.answer_characters, receiver)
    body = WatchedBody(request.unbounded_body(), upload, form, receiver)
    with ExitStack() as places:
        try:
            _take_place(host, request.content_length, places)
        except Busy as busy:
            _refuse_place(host, places)
            upload.trouble = Trouble.CIRCUIT if isinstance(busy, CircuitBusy) else Trouble.BUSY
            receiver.take_nothing()
        try:
            fields = form.read(body, request.content_type or "")
        except UploadBroken as broken:
            words = broken.words
            keep_broken(host, upload, words if words and is_ours(words) else None, receiver)
            raise
    upload.stage = Stage.CLOSING
    if upload.trouble in (Trouble.BUSY, Trouble.CIRCUIT):
        raise FormRefused(fields, of_circuit=upload.trouble is Trouble.CIRCUIT)
    return fields


def _take_place(host: SiteHost, length: int | None, places: ExitStack) -> None:
    """Take a place for a form, in the circuit's own share first: one circuit cannot fill what is there for all."""
    with ExitStack() as taken:
        if needs_place(length):
            taken.enter_context(host.share.hold(Costly.FORM))
        taken.enter_context(host.places.take(length))
        places.push(taken.pop_all())


def _refuse_place(host: SiteHost, places: ExitStack) -> None:
    """Take a place for a form that is read for its words alone; the circuit's own share first. Raises Busy."""
    places.enter_context(host.share.hold(Costly.REFUSED_FORM))
    places.enter_context(host.places.refuse())
