"""What came into a case while somebody wrote in it: a page shows the case as it was when the page was made.

The form says how many items of the timeline its writer had seen. What colleagues and the source added since may change
what ought to be said, so it is shown before anything is sent. One's own acts in another tab are no news.
"""

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.case_documents import (
    Document,
    LetterDocument,
    NoteDocument,
    ReplyDocument,
    StatusDocument,
    open_document,
)
from journalist_interface.errors import CaseChanged
from journalist_interface.labels import status_label
from serving.language import gettext as _
from store.desk.items import list_items

_MOST_SEEN = 1_000_000_000


def refuse_unseen(connection: Connection, case: OpenCase, username: str, untrusted_seen: str) -> None:
    """Raise CaseChanged if somebody else added something that the writer cannot have seen. Empty: nothing to compare.

    The connection must be the one that writes, so that nothing comes between.
    """
    if not untrusted_seen:
        return
    known = untrusted_seen.isascii() and untrusted_seen.isdigit() and len(untrusted_seen) < len(str(_MOST_SEEN))
    news = [
        sentence
        for item in list_items(connection, case.row.id, int(untrusted_seen) if known else 0)
        if (sentence := _news(open_document(case.key, case.row.id, item.id, item.kind, item.sealed), username))
    ]
    if news:
        # A letter counts more than what colleagues did about it.
        first = min(news)[1]
        rest = _("Nothing was sent yet, and what you wrote is below. Look at it, then send yours, changed or as it is.")
        raise CaseChanged(f"{first} {rest}")


def _news(document: Document, username: str) -> tuple[int, str] | None:
    if isinstance(document, LetterDocument):
        return 0, _("A new letter came while you wrote.")
    # The acknowledgement is nobody's.
    if document.author in ("", username):
        return None
    if isinstance(document, StatusDocument):
        said = _("While you wrote, {name} set the status to “{status}”.")
        return 1, said.format(name=document.author, status=status_label(document.status))
    if isinstance(document, ReplyDocument):
        return 2, _("While you wrote, {name} replied to the source.").format(name=document.author)
    if isinstance(document, NoteDocument) and document.safety is not None:
        return 1, _("While you wrote, {name} did something about the danger.").format(name=document.author)
    if isinstance(document, NoteDocument):
        return 3, _("While you wrote, {name} kept a note.").format(name=document.author)
    return None
