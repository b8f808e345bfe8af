"""Drafts: words that a reviewer keeps in a case and has not sent: one reply, one reason, one note of each person.

- A draft is a sheet of the case, sealed under its key: a wall gives it the new key, and what destroys the case
  destroys it.
- Nobody but its writer is shown it. Colleagues are told that somebody keeps a draft of a reply, and when; not a word.
- It goes when the form that it filled is sent, when its writer discards it, is kept out of the case or steps back,
  and after thirty days. A form that did not show the draft leaves it as it is: its words were not sent.
- Somebody who is suspended, or waits for a new key, finds it again when they are let in again; until then it is not
  said of them that they write. The thirty days end it all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_places import LONGEST_DOCUMENT, LONGEST_TEXT, broken_if_malformed, sheet_place
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from keys.reply import MOST_QUESTIONS
from keys.statuses import SET_BY_THE_DESK
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.sheets import (
    Sheet,
    erase_sheet,
    erase_sheets_kept_before,
    has_sheets_kept_before,
    kept_sheets_of_case,
    kept_sheets_of_holder,
    put_sheet,
    read_sheet,
)
from store.desk.templates import Writing

DAYS_KEPT = 30
_DAY = 24 * 60 * 60  # seconds
_BEFORE = "draft-"


@dataclass(frozen=True)
class Draft:
    """What was kept: of a reply text and questions, of a status the choice and the reason, of a note its text.

    `version` is 0 for one that was never kept; `kept_at` in Unix seconds. With `is_altered` it does not open.
    """

    text: str = field(default="", repr=False)
    questions: tuple[str, ...] = field(default=(), repr=False)
    status: str = ""
    version: int = 0
    kept_at: int = 0
    is_altered: bool = False

    def has_the_words_of(self, other: "Draft") -> bool:
        """Whether both say the same, whatever a browser made of the ends of lines."""
        return self._words() == other._words()

    @property
    def is_empty(self) -> bool:
        """Whether there is not a word in it; a status without a reason is none."""
        return not any(self._words()[0])

    @property
    def name(self) -> str:
        """What a form says of the draft that filled it: no other of the same writer's has the same."""
        # The version alone begins at 1 again after a draft was sent.
        return f"{self.version}-{self.kept_at}"

    @property
    def goes_at(self) -> int:
        """When it is too old, in Unix seconds."""
        return self.kept_at + DAYS_KEPT * _DAY

    def _words(self) -> tuple[tuple[str, ...], str]:
        said = (self.text, *self.questions)
        return tuple(text for each in said if (text := each.replace("\r\n", "\n").strip())), self.status


NO_DRAFT = Draft()


@dataclass(frozen=True)
class KeptDraft:
    """That somebody keeps a draft in a case, without what it says."""

    case_id: str
    reference: str
    writing: Writing
    kept_at: int


@dataclass(frozen=True)
class Writer:
    """A colleague who keeps a draft of a reply in a case, and since when, in Unix seconds."""

    username: str
    kept_at: int


def read_drafts(connection: Connection, case: OpenCase, username: str) -> dict[Writing, Draft]:
    """Return somebody's drafts in a case; none that was never kept."""
    found = {writing: _read(connection, case, writing, username) for writing in Writing}
    return {writing: draft for writing, draft in found.items() if draft.version}


def keep_draft(
    desk: Desk, signed_in: SignedIn, reference: str, writing: Writing, typed: Draft, untrusted_name: str
) -> None:
    """Keep what was typed, over the draft that filled the form. Raises WritingRefused, or Missing as `read_case` does.

    Refused, nothing is overwritten. `untrusted_name` is that draft's name; empty if none did.
    """
    _check(writing, typed)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if writing is Writing.REPLY and case.is_one_way:
            raise WritingRefused(_("This source did not want to come back, so no reply can reach them."))
        kind = _sheet(writing, signed_in.username)
        document = {"text": typed.text, "questions": list(typed.questions), "status": typed.status}
        sealed = case.key.seal_item(write_object(document), sheet_place(case.row.id, kind))
        sheet = read_sheet(connection, case.row.id, kind)
        if _name(sheet) != (untrusted_name or NO_DRAFT.name):
            raise WritingRefused(
                _(
                    "Your draft was kept, sent or discarded in another tab meanwhile. Nothing was overwritten: what "
                    "you have typed here stands below. Look at what is kept now, then keep yours."
                )
            )
        put_sheet(connection, case.row.id, kind, sheet.version, sealed, now())
        record_act(connection, signed_in.username, Act.DRAFT, reference, "kept")


def discard_draft(desk: Desk, signed_in: SignedIn, reference: str, writing: Writing) -> Draft:
    """Have the draft no more, and return what it was. Raises Missing as `read_case` does."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        draft = _read(connection, case, writing, signed_in.username)
        if draft.version:
            erase_sheet(connection, case.row.id, _sheet(writing, signed_in.username))
            record_act(connection, signed_in.username, Act.DRAFT, reference, "discarded")
    desk.database.leave_no_trace()
    return draft


def sent_draft(connection: Connection, case_id: str, username: str, writing: Writing, untrusted_name: str) -> None:
    """Have the draft no more that filled a form which is sent now; one that the form did not show stays."""
    kind = _sheet(writing, username)
    if _name(read_sheet(connection, case_id, kind)) == untrusted_name:
        erase_sheet(connection, case_id, kind)


def forget_sent_draft(desk: Desk, signed_in: SignedIn, reference: str, writing: Writing, untrusted_name: str) -> None:
    """Do so for a draft of this case that was sent from another part of it. Raises Missing as `read_case` does."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        sent_draft(connection, case.row.id, signed_in.username, writing, untrusted_name)


def erase_drafts(connection: Connection, case_id: str, username: str) -> None:
    """Have nothing any more that somebody kept in a case: they are kept out, or step back."""
    for writing in Writing:
        erase_sheet(connection, case_id, _sheet(writing, username))


def drafts_of(connection: Connection, username: str) -> list[KeptDraft]:
    """Return what somebody keeps, in all cases that they can read, the newest first. No case is opened for it."""
    kinds = {_sheet(writing, username): writing for writing in Writing}
    found = kept_sheets_of_holder(connection, username, kinds)
    return [KeptDraft(each.case_id, each.reference, kinds[each.kind], each.kept_at) for each in found]


def writers_of_replies(connection: Connection, case_id: str, among: Iterable[str]) -> list[Writer]:
    """Return which of these people keep a draft of a reply in a case, the newest first."""
    kinds = {_sheet(Writing.REPLY, name): name for name in among}
    kept = kept_sheets_of_case(connection, case_id)
    return [Writer(kinds[kind], kept_at) for kind, kept_at in kept if kind in kinds]


def erase_old_drafts(desk: Desk, moment: int) -> None:
    """Have no draft any more that is thirty days old at this moment (Unix seconds). For the housekeeper."""
    oldest = moment - DAYS_KEPT * _DAY
    with desk.database.reading() as connection:
        if not has_sheets_kept_before(connection, oldest):
            return
    with desk.database.writing() as connection:
        erase_sheets_kept_before(connection, oldest)


def _read(connection: Connection, case: OpenCase, writing: Writing, username: str) -> Draft:
    kind = _sheet(writing, username)
    sheet = read_sheet(connection, case.row.id, kind)
    if not sheet.version:
        return NO_DRAFT
    try:
        with broken_if_malformed():
            opened = case.key.open_item(sheet.sealed, sheet_place(case.row.id, kind))
            found = read_object(opened, LONGEST_DOCUMENT)
            text, status = found.text("text", LONGEST_TEXT), found.text("status", 16)
            questions = found.list_of("questions", MOST_QUESTIONS, str)
            found.end()
    except SealBroken:
        return Draft(version=sheet.version, kept_at=sheet.kept_at or 0, is_altered=True)
    return Draft(text, questions, status, sheet.version, sheet.kept_at or 0)


def _check(writing: Writing, typed: Draft) -> None:
    if typed.is_empty:
        raise WritingRefused(_("Write something first. There was nothing to keep."))
    if sum(map(len, (typed.text, *typed.questions))) > LONGEST_TEXT or len(typed.questions) > MOST_QUESTIONS:
        raise WritingRefused(_("That is too much for a draft. Nothing was kept: it stands below. Shorten it."))
    if writing is Writing.STATUS and typed.status not in SET_BY_THE_DESK:
        raise WritingRefused(_("Choose a status."))


def _name(sheet: Sheet) -> str:
    return Draft(version=sheet.version, kept_at=sheet.kept_at or 0).name


def _sheet(writing: Writing, username: str) -> str:
    # No user name has a space: no two people and no two kinds of writing share a sheet.
    return f"{_BEFORE}{writing.value} {username}"
