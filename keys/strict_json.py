"""Reading JSON that another host wrote: one spelling, known fields only, every length bounded. Raises Malformed."""

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from keys.errors import Malformed

Read = TypeVar("Read")
_HEX_ID = re.compile(r"[0-9a-f]{32}\Z")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# A whole string, passed over, or the beginning of an object or a list outside one.
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{\[]', re.DOTALL)
# NUL, and half a character of UTF-16. Looked for in one go: a case's words may be a quarter of a million characters.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_DAY = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")


def read_object(document: bytes, longest: int, most_containers: int = 20_000) -> "Fields":
    """Return the fields of the JSON object in `document`, at most `longest` bytes of UTF-8.

    `most_containers` bounds objects and lists together: each costs far more memory than the two bytes it is written in.
    """
    if len(document) > longest:
        raise Malformed(f"the document is longer than {longest} bytes")
    containers = (found for found in _TOKENS.finditer(document) if found.group() in (b"{", b"["))
    if next(islice(containers, most_containers, None), None) is not None:
        raise Malformed(f"the document holds more than {most_containers} objects and lists")
    try:
        value = json.loads(document.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constants)
    except (ValueError, RecursionError) as reason:
        raise Malformed("the document is not JSON in UTF-8") from reason
    return Fields(value, "document")


def write_object(value: dict[str, Any]) -> bytes:
    """Return `value` as compact JSON in UTF-8; lone surrogates, which UTF-8 cannot hold, become U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a field is given twice")
    return found


def _no_constants(name: str) -> Any:
    raise Malformed(f"{name} is not a number here")


class Fields:
    """The fields of one object, each taken out exactly once; `end` refuses what nobody asked for."""

    def __init__(self, untrusted: object, where: str) -> None:
        if not isinstance(untrusted, dict):
            raise Malformed(f"{where} is not an object")
        self._left: dict[str, Any] = dict(untrusted)
        self._where = where

    def end(self) -> None:
        """Raise Malformed if a field is left over."""
        if self._left:
            raise Malformed(f"{self._where} has an unknown field")

    def holds(self, name: str) -> bool:
        """Tell whether there is a field of this name: one that documents of before do not have."""
        return name in self._left

    def exactly(self, name: str, wanted: object) -> None:
        """Take a field that must hold just this value, type included."""
        found = self._take(name)
        if found != wanted or type(found) is not type(wanted):
            raise Malformed(f"{name} must be {wanted!r}")

    def text(self, name: str, longest: int) -> str:
        """Take a string of at most `longest` characters, free of lone surrogates and of NUL."""
        return _text(self._take(name), name, longest)

    def integer(self, name: str, most: int, least: int = 0) -> int:
        """Take a whole number from `least` to `most`."""
        found = self._take(name)
        if type(found) is not int or not least <= found <= most:
            raise Malformed(f"{name} must be a whole number from {least} to {most}")
        return found

    def flag(self, name: str) -> bool:
        """Take true or false."""
        found = self._take(name)
        if type(found) is not bool:
            raise Malformed(f"{name} must be true or false")
        return found

    def hex_id(self, name: str) -> str:
        """Take an id: 32 lower-case hexadecimal digits."""
        return self._matching(name, _HEX_ID, "32 hexadecimal digits")

    def sha256(self, name: str) -> str:
        """Take a SHA-256: 64 lower-case hexadecimal digits."""
        return self._matching(name, _HEX_SHA256, "64 hexadecimal digits")

    def day(self, name: str) -> str:
        """Take a day of the calendar, YYYY-MM-DD."""
        found = self._matching(name, _DAY, "a day")
        try:
            date.fromisoformat(found)
        except ValueError as reason:
            raise Malformed(f"{name} must be a day of the calendar") from reason
        return found

    def day_or_empty(self, name: str) -> str:
        """Take a day of the calendar as `day` does, or an empty string."""
        if self._left.get(name) == "":
            return self.text(name, 0)
        return self.day(name)

    def value(self, name: str) -> object:
        """Take a value as it is, to be read by whoever knows what it must be."""
        return self._take(name)

    def fields(self, name: str) -> "Fields":
        """Take an object, whose fields are taken in turn."""
        return Fields(self._take(name), name)

    def one_of(self, name: str, choices: frozenset[str]) -> str:
        """Take a string that must be one of `choices`."""
        found = self._take(name)
        if not isinstance(found, str) or found not in choices:
            raise Malformed(f"{name} is not one of the words allowed")
        return found

    def list_of(self, name: str, most: int, read: Callable[[object], Read]) -> tuple[Read, ...]:
        """Take a list of at most `most` values, each read by `read`."""
        found = self._take(name)
        if not isinstance(found, list) or len(found) > most:
            raise Malformed(f"{name} must be a list of at most {most}")
        return tuple(read(value) for value in found)

    def optional_text(self, name: str, longest: int) -> str | None:
        """Take a string as `text` does, or null."""
        found = self._take(name)
        return None if found is None else _text(found, name, longest)

    def _matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        found = self._take(name)
        if not isinstance(found, str) or not pattern.match(found):
            raise Malformed(f"{name} must be {what}")
        return found

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise Malformed(f"{self._where} lacks {name}")
        return self._left.pop(name)


def _text(found: object, name: str, longest: int) -> str:
    if not isinstance(found, str) or len(found) > longest:
        raise Malformed(f"{name} must be a text of at most {longest} characters")
    if _NO_TEXT.search(found):
        raise Malformed(f"{name} holds a character that no text has")
    return found


def hex_sha256(untrusted: object) -> str:
    """Return a SHA-256 in hexadecimal from a list. Raises Malformed."""
    if not isinstance(untrusted, str) or not _HEX_SHA256.match(untrusted):
        raise Malformed("must be 64 hexadecimal digits")
    return untrusted


def hex_id(untrusted: object) -> str:
    """Return an id in hexadecimal from a list. Raises Malformed."""
    if not isinstance(untrusted, str) or not _HEX_ID.match(untrusted):
        raise Malformed("must be 32 hexadecimal digits")
    return untrusted
