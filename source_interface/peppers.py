"""The file with the pepper of a source host; and with the one before, while sources may come back who had that.

One file, replaced whole: whatever is killed and whatever a backup catches, the two belong together.

- The first pepper of a host is 32 bytes and nothing else, as every host before had it. It has the number 0.
- From the first rotation on the file is one JSON object: the pepper, its number, the month in which it came, and the
  pepper before it until that is over. Not the day: a month says enough.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path

from keys.errors import Malformed
from keys.strict_json import Fields, read_object, write_object
from serving.language import gettext as _
from store.errors import FolderExposed
from store.folder import read_private_file

PEPPER_SIZE = 32  # bytes; keys.derivation checks it again where it is used
FORMAT_VERSION = 1
_HIGHEST_NUMBER = 1_000_000
_LONGEST_FILE = 1_000  # bytes
_SPELT_SIZE = 44  # characters of Base64
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class Peppers:
    """The pepper for new sources, its number, its month (YYYY-MM; empty: from the beginning), and the one before."""

    newest: bytes = field(repr=False)
    number: int = 0
    since: str = ""
    older: bytes | None = field(default=None, repr=False)

    def to_file(self) -> bytes:
        """Return what the file of these peppers holds."""
        if not self.number:
            return self.newest
        document = {
            "candour_pepper": FORMAT_VERSION,
            "number": self.number,
            "since": self.since,
            "pepper": base64.b64encode(self.newest).decode("ascii"),
        }
        if self.older is not None:
            document["older"] = base64.b64encode(self.older).decode("ascii")
        return write_object(document)

    @classmethod
    def of_file(cls, content: bytes) -> "Peppers":
        """Return the peppers in a file. Raises Malformed."""
        if len(content) == PEPPER_SIZE:
            return cls(content)
        fields = read_object(content, _LONGEST_FILE)
        fields.exactly("candour_pepper", FORMAT_VERSION)
        number = fields.integer("number", _HIGHEST_NUMBER, least=1)
        since = fields.text("since", 7)
        if not _MONTH.match(since):
            raise Malformed("since is no month")
        newest = _pepper(fields, "pepper")
        peppers = cls(newest, number, since, _pepper(fields, "older") if fields.holds("older") else None)
        fields.end()
        if peppers.older == newest:
            raise Malformed("the two peppers are one")
        return peppers


def read_peppers(path: Path) -> Peppers:
    """Return the peppers of a source host. Raises FolderExposed with a sentence."""
    content = read_private_file(path, _("The pepper, without which no codename can be found,"))
    try:
        return Peppers.of_file(content)
    except Malformed as reason:
        raise FolderExposed(_("The pepper in {path} is damaged. Restore it from the backup.").format(path=path)) from (
            reason
        )


def _pepper(fields: Fields, name: str) -> bytes:
    try:
        found = base64.b64decode(fields.text(name, _SPELT_SIZE), validate=True)
    except binascii.Error as reason:
        raise Malformed(f"{name} is no Base64") from reason
    if len(found) != PEPPER_SIZE:
        raise Malformed(f"{name} has not {PEPPER_SIZE} bytes")
    return found
