"""A form with files on its way in: counted for the frame that shows it, and kept if its connection breaks.

Knows no Flask. The registry is `uploads`; what happens to the form when it has arrived stands elsewhere.
"""

import json
from typing import IO

from serving.form_stream import FormStream, TextFields
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.filled_form import FilledForm, returned_form
from source_interface.held_files import named_files, show_held, still_held
from source_interface.site_host import SiteHost
from source_interface.uploads import Upload, upload_id_of

# What a form says of one sending of it, not of what its source wants to say.
_OF_ONE_SENDING = frozenset({"csrf_token", "held", "drop", "act"})


class WatchedBody:
    """A request body that tells how much of it has come, and which files are here whole."""

    def __init__(self, body: IO[bytes], upload: Upload, form: FormStream, receiver: AttachmentReceiver) -> None:
        self._body = body
        self._upload = upload
        self._form = form
        self._receiver = receiver

    def read(self, size: int) -> bytes:
        """Return the next piece. Raises ConnectionError if the body ends before its announced length."""
        piece = self._body.read(size)
        if not piece and self._upload.received < self._upload.total:
            raise ConnectionError("the connection ended in the middle of the form")
        self._upload.files = [attachment.name for attachment in self._receiver.received]
        self._upload.words = self._form.words() is not None
        self._upload.arrived(len(piece))
        return piece


def keep_broken(host: SiteHost, upload: Upload, words: TextFields | None, receiver: AttachmentReceiver) -> None:
    """Keep what had arrived when the connection broke. Without all the words, nothing: the browser still has them.

    Nor anything that nobody could ask for: of a plain form, or of a visit that was left meanwhile.
    """
    if words is None or not host.uploads.remembers(upload):
        upload.broke(None)
        return
    form = returned_form(host.settings, words)
    before = _kept_files(host, upload)
    files = [*still_held(host, form, named_files(host, form, words)), *_new_files(host, receiver, before)]
    known = {(attachment.name, attachment.sha256) for attachment in files}
    files += [attachment for attachment in before if (attachment.name, attachment.sha256) not in known]
    upload.files = [attachment.name for attachment in files]
    values = {name: texts for name, texts in words.values.items() if name not in _OF_ONE_SENDING}
    values["submission"] = [form.submission]
    values["held"] = [host.tickets.write(form.submission, files)]
    # Lone surrogates cannot be in it: the form was decoded with replacement.
    upload.broke(json.dumps(values, ensure_ascii=False).encode("utf-8"))


def go_on(host: SiteHost, upload: Upload, *, has_codename: bool) -> FilledForm | None:
    """Return the form of a broken upload with all that was kept, or None."""
    fields = _kept_fields(upload)
    if fields is None:
        return None
    form = returned_form(host.settings, fields, has_codename=has_codename)
    show_held(host, form, _kept_files(host, upload))
    return form


def drop_kept(host: SiteHost, upload: Upload, submission: str) -> None:
    """Forget what broken attempts at this form had kept, now that it has arrived whole, and erase their files.

    A shared computer should not be able to show the words again.
    """
    # The same form may have come this time from a page without a frame.
    known = host.uploads.find(upload_id_of(upload.owner, submission), upload.owner)
    for broken in (upload, known):
        if broken is not None:
            files = _kept_files(host, broken)
            host.drop.blobs.drop_held([attachment.blob.id for attachment in files])
            broken.kept = None


def _new_files(host: SiteHost, receiver: AttachmentReceiver, before: list[Attachment]) -> list[Attachment]:
    """Hold what has come whole, and return it, less what an earlier break had kept: that would lie here twice.

    A browser sends a form that broke once more by itself, whole files and all; nobody would ask for the second ones.
    """
    known = {(attachment.name, attachment.sha256) for attachment in before}
    came = receiver.take()
    again = [attachment for attachment in came if (attachment.name, attachment.sha256) in known]
    host.drop.blobs.drop_held([attachment.blob.id for attachment in again])
    return [attachment for attachment in came if attachment not in again]


def _kept_fields(upload: Upload) -> TextFields | None:
    kept = upload.open_kept()
    return None if kept is None else TextFields(json.loads(kept))


def _kept_files(host: SiteHost, upload: Upload) -> list[Attachment]:
    fields = _kept_fields(upload)
    if fields is None:
        return []
    named = host.tickets.read(fields.get("submission"), fields.get("held"))
    return [attachment for attachment in named if host.drop.blobs.is_held(attachment.blob.id)]
