"""Reading a multipart form as it arrives: text is counted and kept in memory, files go piece by piece to a receiver.

Werkzeug's own form parser would put files into a temporary file in clear; its sans-I/O decoder, used here, does not.

Rules:
- Every text field is counted while it arrives: the decoder alone does not stop an endless one.
- A file past a limit is dropped piece by piece, and the form goes on: the person gets a page, not a broken connection.
- What is not a form at all raises FormUnreadable; a connection that ends too early raises UploadBroken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from serving.whole_boundary import WholeBoundaryDecoder

READ_BYTES = 64 * 1024
LARGEST_PART_HEAD = 500_000  # bytes; more than one read, as the decoder's buffer must be
MOST_PARTS = 400
MOST_TEXT_BYTES = 4_000_000
LONGEST_BOUNDARY = 200


class FormUnreadable(Exception):
    """What arrived is not a form that any page of ours ever made: answer 400, keep nothing."""


class UploadBroken(Exception):
    """The connection ended before the form did: nobody is there to answer.

    `words` are the text fields if all of them had arrived, else None: half a text is never shown as the whole.
    """

    def __init__(self, reason: str, words: "TextFields | None" = None) -> None:
        super().__init__(reason)
        self.words = words


class TextTooLong(Exception):
    """There was more text than any form of ours holds; it was read to its end and nothing of it is kept."""


class Body(Protocol):
    """Where the bytes of a form come from."""

    def read(self, size: int, /) -> bytes:
        """Return the next piece, at most `size` bytes; none at the end."""


class FileReceiver(Protocol):
    """Takes the files of a form, one after another."""

    def begin(self, field_name: str, file_name: str, declared_type: str) -> None:
        """Start a file."""

    def write(self, piece: bytes | bytearray) -> None:
        """Take the next piece of the file begun last."""

    def end(self) -> None:
        """End the file begun last."""


@dataclass
class TextFields:
    """The text fields of a form. `overlong` names those past their limit; nothing of them is cut."""

    values: dict[str, list[str]] = field(default_factory=dict, repr=False)
    overlong: set[str] = field(default_factory=set)

    def get(self, name: str) -> str:
        """Return the first value of a field, or an empty text."""
        return self.values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return self.values.get(name, [])


class FormStream:
    """One form being read from a request body."""

    def __init__(self, limits: Mapping[str, int], longest_other: int, receiver: FileReceiver) -> None:
        """`limits` gives the most characters of a field, `longest_other` that of every other field."""
        self._limits = limits
        self._longest_other = longest_other
        self._receiver = receiver
        self._fields = TextFields()
        self._name = ""
        self._buffer: bytearray | None = None
        self._in_file = False
        self._text_bytes = 0
        self._saw_file = False

    def read(self, body: Body, content_type: str) -> TextFields:
        """Read the whole form. Raises FormUnreadable, UploadBroken, TextTooLong, or what the receiver raises."""
        decoder = WholeBoundaryDecoder(_boundary(content_type), LARGEST_PART_HEAD, max_parts=MOST_PARTS)
        try:
            while True:
                piece = self._next_piece(body)
                decoder.receive_data(piece or None)
                if self._take_all(decoder):
                    return self._whole()
                if not piece:
                    raise UploadBroken("the form ends before its end", self.words())
        except (ValueError, RequestEntityTooLarge, UnicodeDecodeError) as reason:
            raise FormUnreadable("not a form of ours") from reason

    def _next_piece(self, body: Body) -> bytes:
        try:
            return body.read(READ_BYTES)
        except (OSError, ValueError, ClientDisconnected) as reason:
            # A stalled socket (EAGAIN from its time limit), a reset one, or a body cut short.
            raise UploadBroken("the connection ended in the middle of the form", self.words()) from reason

    def _whole(self) -> TextFields:
        if self._text_bytes > MOST_TEXT_BYTES:
            raise TextTooLong("more text than any form of ours holds")
        return self._fields

    def words(self) -> TextFields | None:
        """Return the text fields once all of them have arrived; None before."""
        # A browser sends fields in the order of the page, and our pages have their files last.
        return self._fields if self._saw_file and self._text_bytes <= MOST_TEXT_BYTES else None

    def _take_all(self, decoder: MultipartDecoder) -> bool:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                return False
            if isinstance(event, Epilogue):
                return True
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Field | File) and event.name is None:
            raise FormUnreadable("a part without a name")
        if isinstance(event, Field):
            self._name, self._buffer = event.name, bytearray()
        elif isinstance(event, File):
            self._in_file = self._saw_file = True
            self._receiver.begin(event.name, event.filename, _declared_type(event.headers))
        elif isinstance(event, Data):
            self._take_data(event)

    def _take_data(self, event: Data) -> None:
        if self._in_file:
            if event.data:
                self._receiver.write(event.data)
            if not event.more_data:
                self._in_file = False
                self._receiver.end()
        elif self._buffer is not None:
            self._text_bytes += len(event.data)
            # Past the limit it is counted and dropped: an answer before the end would be a broken connection.
            if self._text_bytes <= MOST_TEXT_BYTES:
                self._buffer += event.data
            if not event.more_data:
                self._keep_text(self._name, bytes(self._buffer))
                self._buffer = None

    def _keep_text(self, name: str, raw: bytes) -> None:
        # Browsers send line ends as CR LF; the person pressed one key.
        text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\x00", "\ufffd")
        longest = self._limits.get(name, self._longest_other)
        if len(text) > longest:
            self._fields.overlong.add(name)
        self._fields.values.setdefault(name, []).append(text)


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not 1 <= len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
        raise FormUnreadable("not a multipart form")
    return boundary.encode("ascii")


def _declared_type(headers: Headers) -> str:
    declared = headers.get("content-type", "")
    return "".join(char for char in declared if " " < char < "\x7f")[:127]
