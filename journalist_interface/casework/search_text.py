"""What is searched of a case: the words of everything in its timeline, folded, on a sheet of its own under its key.

The sheet says how many items of the timeline it covers. It is brought up to date by whoever searches next, so that no
act depends on it and a case of before has one too. Capitals, accents and line ends make no difference.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_documents import (
    AccessDocument,
    Document,
    LetterDocument,
    NoteDocument,
    ReplyDocument,
    StatusDocument,
    open_document,
)
from journalist_interface.case_places import LONGEST_DOCUMENT, broken_if_malformed, sheet_place
from journalist_interface.conflicts import fold
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.strict_json import read_object, write_object
from store.desk.items import list_items
from store.desk.sheets import put_sheet, read_sheet

SEARCH_SHEET = "search"
LONGEST = 256 * 1024  # characters of a case that are searched; what comes after them is not
_BETWEEN = "\n"  # stands in no text that is searched: a phrase does not reach from one item into the next
_MOST_ITEMS = 1_000_000


@dataclass(frozen=True)
class SearchText:
    """The folded words of the first `items` items of a case's timeline."""

    items: int = 0
    words: str = field(default="", repr=False)

    @property
    def is_full(self) -> bool:
        """Whether a part of the case is not searched."""
        return len(self.words) >= LONGEST


def texts_of(document: Document) -> list[str]:
    """Return what people wrote in an item, and the names of its files."""
    match document:
        case LetterDocument():
            answers = [answer.text for answer in document.answers]
            names = [attachment.name for attachment in document.attachments]
            return [document.message, *answers, document.must_not_reach, *names]
        case ReplyDocument(author=author) if author:  # the acknowledgement says the same in every case
            files = [file.name for file in document.files]
            return [document.text, *(question.text for question in document.questions), *files]
        case StatusDocument() | AccessDocument():
            return [document.reason]
        case NoteDocument(safety=None):
            return [document.text]
        case NoteDocument(safety=step) if step is not None:
            return [document.text, *(answer.words for answer in step.answers)]
    return []


def folded(text: str) -> str:
    """Return a text as it is compared: one space between words, without capitals and accents."""
    return " ".join(fold(text).split())


def open_search_text(key: CaseKey, case_id: str, sealed: Ciphertext) -> SearchText:
    """Return what a sheet covers. Raises SealBroken."""
    with broken_if_malformed():
        fields = read_object(key.open_item(sealed, sheet_place(case_id, SEARCH_SHEET)), LONGEST_DOCUMENT)
        text = SearchText(fields.integer("items", _MOST_ITEMS), fields.text("words", LONGEST + 1))
        fields.end()
    return text


def bring_up_to_date(connection: Connection, key: CaseKey, case_id: str) -> SearchText:
    """Add what the timeline has and the sheet does not, and return it. An item that does not open has no words.

    A sheet that was altered is made anew: everything on it stands in the timeline.
    """
    sheet, before = read_sheet(connection, case_id, SEARCH_SHEET), SearchText()
    if sheet.version:
        with suppress(SealBroken):
            before = open_search_text(key, case_id, sheet.sealed)
    items = list_items(connection, case_id, before.items)
    if not items:
        return before
    added = _joined(_texts(key, case_id, item.id, item.kind, item.sealed) for item in items)
    text = SearchText(before.items + len(items), (before.words + added)[:LONGEST])
    sealed = key.seal_item(write_object({"items": text.items, "words": text.words}), sheet_place(case_id, SEARCH_SHEET))
    put_sheet(connection, case_id, SEARCH_SHEET, sheet.version, sealed)
    return text


def _texts(key: CaseKey, case_id: str, item_id: str, kind: str, sealed: Ciphertext) -> list[str]:
    try:
        return texts_of(open_document(key, case_id, item_id, kind, sealed))
    except SealBroken:
        return []


def _joined(texts: Iterable[list[str]]) -> str:
    return "".join(folded(text) + _BETWEEN for each in texts for text in each if text.strip())
