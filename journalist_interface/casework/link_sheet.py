"""What a case keeps of its links besides their ids: who linked it when, and why; what it was split off with.

One sheet, sealed under the case key, in each of the two cases. It is no item of the timeline, whose time stands in
clear: the page puts these lines into the timeline for those who can read the case at the other end, and for nobody else
(related.py). Neither end names the other.
"""

import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import Connection

from journalist_interface.case_places import LONGEST_DOCUMENT, LONGEST_TEXT, broken_if_malformed, sheet_place
from journalist_interface.casework.case_links import LinkKind
from keys.case_key import CaseKey
from keys.errors import Malformed, SealBroken
from keys.hpke import check_public_key
from keys.reply import reply_address
from keys.strict_json import Fields, read_object, write_object
from store.desk.sheets import put_sheet, read_sheet

LINK_SHEET = "links"
MOST_EVENTS = 300  # the oldest give way
MOST_COPIES = 20_000
_LATEST = 1 << 62


class What(StrEnum):
    """What was done with a link."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    MERGED = "merged"
    SEPARATED = "separated"
    CLAIMED = "claimed"  # merged by itself, when the letter that says so was opened
    CONFIRMED = "confirmed"
    SPLIT = "split"


@dataclass(frozen=True)
class LinkEvent:
    """One line: `at` in Unix seconds; `author` a user name; `why` in their words, or empty."""

    link: str
    what: What
    kind: LinkKind
    author: str
    at: int
    why: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the line in a JSON object. Raises Malformed."""
        fields = Fields(value, "link event")
        event = cls(
            link=fields.hex_id("link"),
            what=What(fields.one_of("what", frozenset(What))),
            kind=LinkKind(fields.one_of("kind", frozenset(LinkKind))),
            author=fields.text("author", 64),
            at=fields.integer("at", _LATEST),
            why=fields.text("why", LONGEST_TEXT),
        )
        fields.end()
        return event


@dataclass(frozen=True)
class LinkSheet:
    """What stands on the sheet. `reply_key` is the source's, of a case that was split off; `copies` maps its letters to
    those that they were copied from.
    """

    events: tuple[LinkEvent, ...] = ()
    reply_key: bytes | None = field(default=None, repr=False)
    copies: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "events": [asdict(event) for event in self.events],
            "reply_key": "" if self.reply_key is None else base64.b64encode(self.reply_key).decode("ascii"),
            "copies": [list(pair) for pair in self.copies],
        }

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the sheet in a JSON object. Raises Malformed."""
        key = fields.text("reply_key", 2048)
        return cls(
            events=fields.list_of("events", MOST_EVENTS, LinkEvent.from_json),
            reply_key=_key(key) if key else None,
            copies=fields.list_of("copies", MOST_COPIES, _pair),
        )


def read_link_sheet(connection: Connection, key: CaseKey, case_id: str) -> LinkSheet:
    """Return the sheet of a case, empty if there is none. Raises SealBroken."""
    sheet = read_sheet(connection, case_id, LINK_SHEET)
    if not sheet.version:
        return LinkSheet()
    with broken_if_malformed():
        fields = read_object(key.open_item(sheet.sealed, sheet_place(case_id, LINK_SHEET)), LONGEST_DOCUMENT, 100_000)
        found = LinkSheet.from_json(fields)
        fields.end()
    return found


def change_link_sheet(
    connection: Connection, key: CaseKey, case_id: str, change: Callable[[LinkSheet], LinkSheet]
) -> None:
    """Change the sheet. One that was altered is begun anew: what stood on it opens for nobody."""
    version, before = read_sheet(connection, case_id, LINK_SHEET).version, LinkSheet()
    with suppress(SealBroken):
        before = read_link_sheet(connection, key, case_id)
    sealed = key.seal_item(write_object(change(before).to_json()), sheet_place(case_id, LINK_SHEET))
    put_sheet(connection, case_id, LINK_SHEET, version, sealed)


def reply_key_apart(connection: Connection, key: CaseKey, case_id: str, address: str) -> bytes | None:
    """Return the source's reply key of a case that was split off; None if the sheet was altered, or is of another."""
    try:
        found = read_link_sheet(connection, key, case_id).reply_key
    except SealBroken:
        return None
    return found if found is not None and reply_address(found) == address else None


def _key(text: str) -> bytes:
    try:
        return check_public_key(base64.b64decode(text.encode("ascii"), validate=True))
    except ValueError as reason:
        raise Malformed("reply_key is not Base64") from reason


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(each, str) for each in value):
        raise Malformed("a copy names two letters")
    return str(value[0]), str(value[1])
