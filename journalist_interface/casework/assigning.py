"""Who works on a case, how much it matters, and its tags: set by anybody who reads it, and told in its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Self

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import MarkDocument
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.work import LONGEST_TAG, MOST_TAGS, Priority, Work
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.labels import priority_label
from journalist_interface.sending import keep_item
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import change_case
from store.desk.further import readers_at_work
from store.desk.items import ItemKind, is_item_of


@dataclass(frozen=True)
class WorkForm:
    """The form as it was typed, or as it stood when its page was made. Tags have commas between."""

    assignee: str
    priority: str
    tags: str = field(repr=False)

    @classmethod
    def of(cls, work: Work) -> Self:
        """Return what the form of this work shows."""
        return cls(work.assignee, work.priority.value, ", ".join(work.tags))


def set_work(
    desk: Desk,
    signed_in: SignedIn,
    reference: str,
    untrusted: WorkForm,
    untrusted_was: WorkForm | None = None,
    *,
    item_id: str = "",
) -> None:
    """Set who works on a case, its priority and its tags. Raises WritingRefused, or Missing as `read_case` does.

    `item_id`: the line of the timeline that tells it gets this id; if the case has that item, all was done before.

    `untrusted_was` is what stood in the form before: what its writer left as it was stays as a colleague has set it
    since, and what both changed is refused. What is as it was is not told again.
    """
    if untrusted.priority not in set(Priority):
        raise WritingRefused(_("Choose a priority. Nothing was changed."))
    read_tags(untrusted.tags)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if item_id and is_item_of(connection, case.row.id, item_id):
            return
        wanted = _meant(untrusted, untrusted_was, WorkForm.of(case.work))
        if wanted.assignee not in ("", case.work.assignee, *readers_at_work(connection, case.row.id)):
            raise WritingRefused(_("Only somebody who can read the case can work on it. Nothing was changed."))
        before = case.work
        priority, tags = Priority(wanted.priority), read_tags(wanted.tags)
        after = change_work(
            connection, case, lambda work: replace(work, assignee=wanted.assignee, priority=priority, tags=tags)
        )
        told = _told(before, after)
        if told:
            _tell(connection, case, signed_in.username, told, item_id)
            record_act(connection, signed_in.username, Act.ASSIGN, reference)


def _meant(typed: WorkForm, was: WorkForm | None, now_is: WorkForm) -> WorkForm:
    """Return the form as its writer means it, whatever a colleague changed since the page was made."""
    if was is None:
        return typed
    meant = {}
    for each in fields(WorkForm):
        wanted, seen, there = (getattr(form, each.name) for form in (typed, was, now_is))
        if seen not in (wanted, there) and wanted != there:
            raise WritingRefused(
                _(
                    "A colleague changed this while you did, so nothing of yours was kept yet: it stands below, and "
                    "theirs is at the top of the page. Look at both, then keep it."
                )
            )
        meant[each.name] = there if wanted == seen else wanted
    return WorkForm(**meant)


def read_tags(typed: str) -> tuple[str, ...]:
    """Return tags as they are kept: each once, in the order typed. Raises WritingRefused."""
    tags = tuple(dict.fromkeys(tag for each in typed.split(",") if (tag := " ".join(each.split()))))
    too_long = next((tag for tag in tags if len(tag) > LONGEST_TAG), None)
    if too_long is not None:
        said = _("The tag “{tag}” is longer than {most} characters. Nothing was changed.")
        raise WritingRefused(said.format(tag=too_long[:LONGEST_TAG] + "…", most=LONGEST_TAG))
    if len(tags) > MOST_TAGS:
        raise WritingRefused(_("A case has at most {most} tags. Nothing was changed.").format(most=MOST_TAGS))
    return tags


def _told(before: Work, after: Work) -> Sequence[str]:
    told = []
    if before.assignee != after.assignee:
        told.append(
            _("{name} works on it now.").format(name=after.assignee)
            if after.assignee
            else _("Nobody works on it now; {name} did.").format(name=before.assignee)
        )
    if before.priority is not after.priority:
        told.append(_("Its priority is {priority} now.").format(priority=priority_label(after.priority).lower()))
    if before.tags != after.tags:
        tags = ", ".join(after.tags)
        told.append(_("Its tags are {tags} now.").format(tags=tags) if tags else _("It has no tags now."))
    return told


def _tell(connection: Connection, case: OpenCase, username: str, told: Sequence[str], item_id: str) -> None:
    item_id = item_id or new_blob_id()
    keep_item(connection, case.recipient, item_id, ItemKind.MARK, MarkDocument(username, " ".join(told)))
    change_case(connection, case.row.id, changed_at=now())
