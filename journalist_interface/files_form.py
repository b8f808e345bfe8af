"""Reading a form with files, as it arrives, into memory: no plaintext of it is ever written to a disk.

- Not a byte of a file is taken before the form's token was seen and is this session's: it stands before the file in the
  form, and a browser keeps that order.
- What is too large, or too many, is counted and dropped piece by piece to the form's end: an answer before that would
  reach a browser as a broken connection.
- A few such forms at once: each holds what its files may have together, and no more.

Why in memory: a vault file begins with the true size of what is in it, which a form does not say before its end.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Request

from journalist_interface.casework.prepared_files import ReceivedFile, too_large
from journalist_interface.errors import WritingRefused
from keys.reply_file import MOST_FILE_BYTES, MOST_FILES
from serving.form_stream import FormStream, TextFields
from serving.language import gettext as _
from serving.unstored_forms import UnstoredRequest

FORMS_AT_ONCE = 4
# What is larger is not even read past: nobody attaches that by mistake.
LARGEST_FILES_FORM = 500_000_000  # bytes
_LONGEST_FIELD = 200  # characters: a token, a user name
_PLACES = threading.BoundedSemaphore(FORMS_AT_ONCE)


class NotOurs(Exception):
    """The form carries no token of this session: nothing of it was taken."""


@dataclass
class InMemory:
    """Takes the files of a form (serving.form_stream.FileReceiver). `may_take` is asked before each."""

    may_take: Callable[[], bool]
    files: list[ReceivedFile] = field(default_factory=list, repr=False)
    too_many: bool = False
    too_large: bool = False
    _name: str = field(default="", repr=False)
    _buffer: bytearray | None = field(default=None, repr=False)
    _taken: int = 0

    def begin(self, field_name: str, file_name: str, declared_type: str) -> None:  # noqa: ARG002
        """Start a file; one without a name is a field in which nothing was chosen."""
        self.too_many = self.too_many or (bool(file_name) and len(self.files) >= MOST_FILES)
        wanted = bool(file_name) and not self.too_many and not self.too_large and self.may_take()
        self._name, self._buffer = file_name, bytearray() if wanted else None

    def write(self, piece: bytes | bytearray) -> None:
        """Take the next piece, or count it and drop it."""
        if self._buffer is None:
            return
        self._taken += len(piece)
        if self._taken > MOST_FILE_BYTES:
            self.too_large, self._buffer = True, None
            self.files.clear()
        else:
            self._buffer += piece

    def end(self) -> None:
        """End the file begun last."""
        if self._buffer is not None:
            self.files.append(ReceivedFile(self._name, bytes(self._buffer)))
        self._buffer = None


def read_files(request: Request, is_ours: Callable[[TextFields], bool]) -> list[ReceivedFile]:
    """Return the files of a form. Raises NotOurs, WritingRefused, FormUnreadable, UploadBroken or TextTooLong."""
    if not isinstance(request, UnstoredRequest):
        raise TypeError("the desk's requests have no way to a temporary file")
    if (request.content_length or 0) > LARGEST_FILES_FORM:
        raise WritingRefused(too_large())
    has_place = _PLACES.acquire(blocking=False)
    try:
        return _read(request, is_ours, has_place=has_place)
    finally:
        if has_place:
            _PLACES.release()


def _read(request: UnstoredRequest, is_ours: Callable[[TextFields], bool], *, has_place: bool) -> list[ReceivedFile]:
    def may_take() -> bool:
        fields = form.words()
        return has_place and fields is not None and is_ours(fields)

    received = InMemory(may_take)
    form = FormStream({}, _LONGEST_FIELD, received)
    fields = form.read(request.unbounded_body(), request.content_type or "")
    if not is_ours(fields):
        raise NotOurs
    if not has_place:
        raise WritingRefused(_("Colleagues are attaching files just now. Nothing was attached. Try again in a minute."))
    if received.too_large:
        raise WritingRefused(too_large())
    if received.too_many:
        said = _("At most {most} files go with one reply. Nothing was attached. Send the rest with another reply.")
        raise WritingRefused(said.format(most=MOST_FILES))
    return received.files
