"""A file that goes with a reply: what the reply says of it, and the sealed file that lies beside it.

The file is sealed in pieces (keys.sealed_file) under a random key of its own, for its own name alone, and padded to a
size class. Key, file name, true size and SHA-256 stand inside the sealed reply: only who opens the reply opens the
file, and whoever holds the file alone learns its size class and nothing else.
"""

import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import IO, Any

from keys.errors import Malformed, SealBroken
from keys.sealed_file import SealedFileReader, SealedFileWriter, sealed_file_size
from keys.strict_json import Fields

MOST_FILES = 5  # with one reply
# Together. Over Tor that is a minute or two for the courier, and as long again for the source, who must not have to sit
# before a page of this site for an hour.
MOST_FILE_BYTES = 10_000_000
LONGEST_FILE_NAME = 120  # characters
# For which it lies on a source host that was not told otherwise; who writes the reply is told so, too.
REPLY_FILE_DAYS = 60
LARGEST_SEALED_FILE = sealed_file_size(MOST_FILE_BYTES)  # bytes
_KEY_SIZE = 32
_LABEL = "candour v1 reply file"


@dataclass(frozen=True)
class ReplyFile:
    """A file as its reply names it. `blob` is the name of the sealed file, 32 hexadecimal digits; sizes in bytes."""

    blob: str
    name: str = field(repr=False)
    size: int
    sha256: str
    key: bytes = field(repr=False)

    @classmethod
    def draw(cls, blob: str, name: str, size: int, sha256: str) -> "ReplyFile":
        """Return a file with a new key."""
        return cls(blob, name, size, sha256, secrets.token_bytes(_KEY_SIZE))

    def writer(self, output: IO[bytes]) -> SealedFileWriter:
        """Return what seals the content into an open file."""
        return SealedFileWriter(self.key, _place(self.blob), output, self.size)

    def reader(self, source: IO[bytes]) -> SealedFileReader:
        """Return what opens the sealed file. Raises SealBroken unless it is this one, of this size."""
        reader = SealedFileReader(self.key, _place(self.blob), source)
        if reader.size != self.size:
            # Also one without padding, which no file that goes with a reply ever was.
            raise SealBroken("the sealed file has another size than its reply says")
        return reader

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of this file."""
        return {
            "blob": self.blob,
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "key": self.key.hex(),
        }

    @classmethod
    def from_json(cls, untrusted: object) -> "ReplyFile":
        """Return the file in a JSON object. Raises Malformed."""
        fields = Fields(untrusted, "file")
        found = cls(
            blob=fields.hex_id("blob"),
            name=fields.text("name", LONGEST_FILE_NAME),
            size=fields.integer("size", MOST_FILE_BYTES),
            sha256=fields.sha256("sha256"),
            # Spelt as a SHA-256 is: 64 digits, lower case.
            key=bytes.fromhex(fields.sha256("key")),
        )
        fields.end()
        if not found.name.strip() or any(unicodedata.category(char) in _NOT_SHOWN for char in found.name):
            raise Malformed("a file's name is one line that can be seen")
        return found


# Control, format (which turns a line round, so that "gpj.exe" reads "exe.jpg"), unassigned, and ends of lines.
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def check_together(files: tuple[ReplyFile, ...]) -> None:
    """Raise Malformed if one sealed file stands twice, or all of them are too large together."""
    if len({found.blob for found in files}) != len(files):
        raise Malformed("a file is named twice")
    if sum(found.size for found in files) > MOST_FILE_BYTES:
        raise Malformed(f"the files have more than {MOST_FILE_BYTES} bytes together")


def _place(blob: str) -> str:
    return f"{_LABEL} {blob}"
