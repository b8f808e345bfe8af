"""A reason for what somebody does to the life of a case: asked for, bounded, and kept in its timeline alone."""

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.case_documents import MarkDocument
from journalist_interface.clock import now
from journalist_interface.errors import WritingRefused
from journalist_interface.sending import keep_item
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.cases import change_case
from store.desk.items import ItemKind

LONGEST_REASON = 2_000  # characters


def checked_reason(untrusted: str) -> str:
    """Return a reason as it is kept. Raises WritingRefused if there is none, or too much of it."""
    reason = untrusted.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if not reason:
        raise WritingRefused(_("Give a reason. It stays in the case, for those who can read it. Nothing was changed."))
    if len(reason) > LONGEST_REASON:
        said = _("The reason has {length} characters; {most} is the most. Nothing was changed. Shorten it.")
        raise WritingRefused(said.format(length=f"{len(reason):,}", most=f"{LONGEST_REASON:,}"))
    return reason


def tell(connection: Connection, case: OpenCase, username: str, what: str, reason: str = "") -> None:
    """Put a line into the timeline: what was done, and why."""
    text = f"{what} {reason}" if reason else what
    keep_item(connection, case.recipient, new_blob_id(), ItemKind.MARK, MarkDocument(username, text))
    change_case(connection, case.row.id, changed_at=now())
