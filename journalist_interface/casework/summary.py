"""The summary of a case: what it is about, in a minute; the people, places and dates that matter. Its readers keep it.

A sheet of the case, so that there is one and it is always the newest. Two who write at once are told: the second sees
what the first wrote, and loses nothing of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import MarkDocument
from journalist_interface.case_places import LONGEST_DOCUMENT, LONGEST_TEXT, broken_if_malformed, sheet_place
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sending import keep_item
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import change_case
from store.desk.items import ItemKind
from store.desk.sheets import put_sheet, read_sheet, read_version
from store.errors import AlreadyThere

SUMMARY_SHEET = "summary"
LONGEST_PART = 8_000  # characters


@dataclass(frozen=True)
class Summary:
    """The summary, and the version that was read: it is written over that one and no other."""

    summary: str = field(default="", repr=False)
    people: str = field(default="", repr=False)
    places: str = field(default="", repr=False)
    dates: str = field(default="", repr=False)
    author: str = ""
    version: int = 0

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> Self:
        """Return what was typed. Raises WritingRefused if a part is too long."""
        parts = {name: _cleaned(untrusted.get(name, "")) for name in PARTS}
        for name, text in parts.items():
            if len(text) > LONGEST_PART:
                said = _("“{part}” has {length} characters; {most} is the most. Nothing was changed. Shorten it.")
                label = {"summary": _("Summary"), "people": _("People"), "places": _("Places"), "dates": _("Dates")}
                raise WritingRefused(said.format(part=label[name], length=f"{len(text):,}", most=f"{LONGEST_PART:,}"))
        return cls(parts["summary"], parts["people"], parts["places"], parts["dates"])

    @property
    def is_empty(self) -> bool:
        """Whether nobody wrote anything."""
        return not any(getattr(self, name) for name in PARTS)


PARTS = tuple(each.name for each in fields(Summary) if each.name not in ("author", "version"))


def read_summary(connection: Connection, case: OpenCase) -> Summary:
    """Return the summary of a case, empty if there is none. Raises SealBroken."""
    sheet = read_sheet(connection, case.row.id, SUMMARY_SHEET)
    return Summary() if not sheet.version else _opened(case.key, case.row.id, sheet.sealed, sheet.version)


def summary_texts(key: CaseKey, case_id: str, sealed: Ciphertext) -> tuple[str, ...]:
    """Return what stands in a sealed summary. Raises SealBroken."""
    summary = _opened(key, case_id, sealed, 0)
    return (summary.summary, summary.people, summary.places, summary.dates)


def write_summary(desk: Desk, signed_in: SignedIn, reference: str, typed: Summary, untrusted_version: str) -> None:
    """Keep the summary. Raises WritingRefused if somebody wrote it meanwhile, or Missing as `read_case` does."""
    seen = read_version(untrusted_version)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        before = read_summary(connection, case)
        if all(getattr(before, name) == getattr(typed, name) for name in PARTS):
            return
        document = {name: getattr(typed, name) for name in PARTS} | {"author": signed_in.username}
        sealed = case.key.seal_item(write_object(document), sheet_place(case.row.id, SUMMARY_SHEET))
        try:
            put_sheet(connection, case.row.id, SUMMARY_SHEET, seen, sealed)
        except AlreadyThere as reason:
            raise WritingRefused(
                _(
                    "{name} wrote the summary while you did. Nothing of yours was kept yet: it stands below, and "
                    "theirs beside it. Put together what belongs, then keep it."
                ).format(name=before.author)
            ) from reason
        told = _("The summary was written.") if before.is_empty else _("The summary was changed.")
        keep_item(connection, case.recipient, new_blob_id(), ItemKind.MARK, MarkDocument(signed_in.username, told))
        change_case(connection, case.row.id, changed_at=now())
        record_act(connection, signed_in.username, Act.SUMMARY, reference)


def _opened(key: CaseKey, case_id: str, sealed: bytes, version: int) -> Summary:
    with broken_if_malformed():
        found = read_object(key.open_item(sealed, sheet_place(case_id, SUMMARY_SHEET)), LONGEST_DOCUMENT)
        summary = Summary(
            summary=found.text("summary", LONGEST_TEXT),
            people=found.text("people", LONGEST_TEXT),
            places=found.text("places", LONGEST_TEXT),
            dates=found.text("dates", LONGEST_TEXT),
            author=found.text("author", 64),
            version=version,
        )
        found.end()
    return summary


def _cleaned(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
