"""Fuzzing the reader of multipart forms: whatever comes, in whatever pieces, is a form or a plain refusal."""

import re
from pathlib import Path

from serving.form_stream import MOST_PARTS, FormStream, FormUnreadable, TextFields, TextTooLong, UploadBroken
from tests.fuzz.hostile_forms import BOUNDARY, HOSTILE_FORMS
from tests.fuzz.pieces import SIZES, AwkwardBody, Pieces

LONGEST_FIELD = 100
CONTENT_TYPES = (
    f"multipart/form-data; boundary={BOUNDARY.decode()}",
    f'multipart/form-data; charset=utf-7; boundary="{BOUNDARY.decode()}"',
    "multipart/form-data; boundary=a",
    "multipart/form-data; boundary=''",
    "multipart/form-data; boundary=.*",
    "multipart/mixed; boundary=a",
    "text/plain",
    "",
)

# No browser ends a line of a form so, nor leaves out the line end between a part's head and the next boundary; what the
# decoder makes of such forms depends on the pieces they come in.
_NO_BROWSERS = re.compile(rb"(?<!\r)\n|\r(?!\n)|\r\n\r\n--")
# Its field, its name, its declared type, its content.
ReadFile = tuple[str, str, str, bytes]


class Recorder:
    """Takes the files of a form and checks that each is begun, written and ended, in this order."""

    def __init__(self) -> None:
        self.files: list[ReadFile] = []
        self._open: tuple[str, str, str] | None = None
        self._content = bytearray()

    def begin(self, field_name: str, file_name: str, declared_type: str) -> None:
        """Start a file."""
        assert self._open is None, "a file begins inside another"
        self._open = field_name, file_name, declared_type
        self._content = bytearray()

    def write(self, piece: bytes | bytearray) -> None:
        """Take a piece."""
        assert self._open is not None, "bytes of no file"
        assert piece, "an empty piece"
        self._content += piece

    def end(self) -> None:
        """End the file."""
        assert self._open is not None, "the end of no file"
        self.files.append((*self._open, bytes(self._content)))
        self._open = None


def read(content_type: str, body: AwkwardBody) -> tuple[TextFields, list[ReadFile]] | None:
    """Return what a form holds, or None if it is refused as it may be."""
    recorder = Recorder()
    stream = FormStream({"message": LONGEST_FIELD}, LONGEST_FIELD, recorder)
    try:
        fields = stream.read(body, content_type)
    except (FormUnreadable, TextTooLong, UploadBroken):
        return None
    return fields, recorder.files


def one_input(data: bytes) -> None:
    """Read one form and check what must hold of any."""
    pieces = Pieces(data)
    content_type = pieces.choose(CONTENT_TYPES)
    sizes = pieces.choose(SIZES)
    breaks = pieces.choose((None, None, None, 1, 50, 200))
    body = pieces.rest()
    found = read(content_type, AwkwardBody(body, sizes, breaks))
    if breaks is not None and breaks < len(body):
        assert found is None, "a broken upload was taken for whole"
    if found is None:
        return
    _check(*found, body)
    if not _NO_BROWSERS.search(body):
        assert read(content_type, AwkwardBody(body, SIZES[0])) == found, "the pieces it came in made a difference"


def _check(fields: TextFields, files: list[ReadFile], body: bytes) -> None:
    texts = [text for values in fields.values.values() for text in values]
    assert len(texts) + len(files) <= MOST_PARTS
    assert fields.overlong == {
        name for name, values in fields.values.items() if any(len(value) > LONGEST_FIELD for value in values)
    }
    at = 0
    for _field, _name, declared_type, content in files:
        at = body.index(content, at) + len(content)  # in one piece, in the order of the form
        assert len(declared_type) <= 127
        assert declared_type.isascii()
        assert declared_type.isprintable()
    for name, text in zip(fields.values, texts, strict=False):
        (name + text).encode("utf-8")  # no lone surrogate
    assert not any("\x00" in text for text in texts)
    assert sum(len(text) for text in texts) <= len(body)


def seeds() -> list[bytes]:
    """Return the forms to begin with, each in two ways."""
    return [bytes([0, way, 0]) + one for one in HOSTILE_FORMS.values() for way in (0, 2)]


def prepare(_folder: Path) -> None:
    """Nothing is needed."""
