"""Asking to take a case out of the desk, in deliberate steps.

1. What leaves is chosen, the recipient's public key is pasted, a reason is given.
2. The recipient reads the fingerprint of their key aloud; who asks types its end, which the page does not show.
3. The wish is kept, and stands in the timeline and in the trail. Where a second person is needed, it waits for them.
4. It is taken out, as often as the browser needs it, until the request is over (taking.py).

What was written after the wish was kept is not in the bundle: it takes a new wish.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import (
    Document,
    LetterDocument,
    MarkDocument,
    NoteDocument,
    attachments_in,
    open_document,
)
from journalist_interface.clock import now
from journalist_interface.consenters import consenters_in_case
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sending import keep_item
from journalist_interface.sessions import SignedIn
from journalist_interface.takeout.rule import needs_consent
from journalist_interface.takeout.wish import Choices, Wish
from keys.errors import SealBroken
from keys.recipient_key import RecipientKey
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import change_case
from store.desk.items import ItemKind, list_items
from store.desk.sheets import NEVER_WRITTEN, put_sheet, read_sheet
from store.desk.take_outs import (
    TakeOut,
    add_take_out,
    find_take_out,
    remove_expired_take_outs,
    remove_take_out,
    take_outs_of,
)
from store.errors import Missing

STANDS_SECONDS = 3 * 24 * 3600
MOST_STANDING = 5  # of one person in one case


@dataclass(frozen=True)
class Standing:
    """A request of one's own. `wish` is None if its sheet does not open; `is_ready`: it can be taken out now."""

    asked: TakeOut
    wish: Wish | None
    is_ready: bool


@dataclass(frozen=True)
class TakeOutPage:
    """What the page shows: how much there is, one's own requests, and whether a second person is needed.

    `can_consent` is how many could be that person.
    """

    case: OpenCase
    letters: int
    notes: int
    files: int
    bytes_of_files: int
    standing: tuple[Standing, ...]
    needs_consent: bool
    can_consent: int


def look(desk: Desk, signed_in: SignedIn, reference: str) -> TakeOutPage:
    """Return what is in a case and what was asked for. Raises Missing if it is not this reviewer's, SealBroken."""
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
        documents = [_opened(case, item.id, item.kind, item.sealed) for item in list_items(connection, case.row.id)]
        standing = take_outs_of(connection, case.row.id, signed_in.username, now())
        letters = [each for each in documents if isinstance(each, LetterDocument)]
        files = [attachment for document in documents for attachment in attachments_in(document)]
        return TakeOutPage(
            case=case,
            letters=len(letters),
            notes=sum(isinstance(each, NoteDocument) for each in documents),
            files=len(files),
            bytes_of_files=sum(attachment.size for attachment in files),
            standing=tuple(
                Standing(each, _wish(connection, case, each), is_ready(connection, each)) for each in standing
            ),
            needs_consent=needs_consent(connection, signed_in.username),
            can_consent=len(consenters_in_case(connection, signed_in.username, reference)),
        )


def check(desk: Desk, signed_in: SignedIn, reference: str, untrusted: Mapping[str, str]) -> tuple[Wish, RecipientKey]:
    """Return what was typed, for the step in which the key is compared; nothing is kept. Raises WritingRefused,
    Missing."""
    with desk.database.reading() as connection:
        open_case(connection, signed_in, reference)
    return Wish.read(untrusted)


def ask(desk: Desk, signed_in: SignedIn, reference: str, untrusted: Mapping[str, str]) -> TakeOut:
    """Keep the wish, once the end of the fingerprint was typed. Raises WritingRefused, Missing."""
    wish, key = Wish.read(untrusted)
    if not key.ends_with(untrusted.get("ending", "")):
        raise WritingRefused(
            _(
                "What you typed is not the end of the fingerprint of this key. Nothing was taken out. If the recipient "
                "reads out another fingerprint than the one here, this is not their key: do not go on."
            )
        )
    with desk.database.writing() as connection:
        sweep(connection)
        case = open_case(connection, signed_in, reference)
        if len(take_outs_of(connection, case.row.id, signed_in.username, now())) >= MOST_STANDING:
            raise WritingRefused(
                _("You have asked for this case {most} times already. Take one of them back first.").format(
                    most=MOST_STANDING
                )
            )
        asked = TakeOut(
            id=new_blob_id(),
            case_id=case.row.id,
            reference=reference,
            asked_by=signed_in.username,
            asked_at=now(),
            expires_at=now() + STANDS_SECONDS,
            fingerprint=key.fingerprint,
        )
        add_take_out(connection, asked)
        kept = replace(wish, seen=len(list_items(connection, case.row.id)))
        sealed = kept.seal(case.key, case.row.id, asked.sheet)
        put_sheet(connection, case.row.id, asked.sheet, NEVER_WRITTEN, sealed)
        mark(connection, case, signed_in, _told(wish, key.fingerprint))
        record_act(connection, signed_in.username, Act.CASE_OUT_ASKED, reference, key.fingerprint)
    return asked


def take_back(desk: Desk, signed_in: SignedIn, reference: str, untrusted_id: str) -> None:
    """Have one's own request stand no longer. Raises Missing if there is none."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        asked = own(connection, case, signed_in, untrusted_id)
        remove_take_out(connection, asked)
        mark(connection, case, signed_in, _("It is not to be taken out to {to} any more.").format(to=asked.fingerprint))
        record_act(connection, signed_in.username, Act.CASE_OUT_END, reference, f"{asked.fingerprint}: taken back")
    desk.database.leave_no_trace()


def own(connection: Connection, case: OpenCase, signed_in: SignedIn, untrusted_id: str) -> TakeOut:
    """Return a request of this reviewer's in this case. Raises Missing."""
    asked = find_take_out(connection, untrusted_id, now())
    if asked.case_id != case.row.id or asked.asked_by != signed_in.username:
        raise Missing("somebody else's request, or another case's")
    return asked


def is_ready(connection: Connection, asked: TakeOut) -> bool:
    """Tell whether it may be taken out now: nobody has to consent, or somebody did whose consent still counts."""
    if not needs_consent(connection, asked.asked_by):
        return True
    if asked.consented_by is None:
        return False
    return asked.consented_by in consenters_in_case(connection, asked.asked_by, asked.reference)


def sweep(connection: Connection) -> None:
    """Erase what is over, and record it."""
    for gone in remove_expired_take_outs(connection, now()):
        record_act(connection, gone.asked_by, Act.CASE_OUT_END, gone.reference, f"{gone.fingerprint}: over")


def mark(connection: Connection, case: OpenCase, signed_in: SignedIn, sentence: str) -> None:
    """Write a line into the timeline."""
    keep_item(connection, case.recipient, new_blob_id(), ItemKind.MARK, MarkDocument(signed_in.username, sentence))
    change_case(connection, case.row.id, changed_at=now())


def chosen_words(choices: Choices) -> str:
    """Return in words what leaves."""
    return ", ".join(
        (
            _("with attachments") if choices.attachments else _("without attachments"),
            _("with notes for colleagues") if choices.notes else _("without notes for colleagues"),
            _("colleagues by name") if choices.names else _("colleagues without names"),
        )
    )


def _told(wish: Wish, fingerprint: str) -> str:
    said = _("This case is to be taken out, sealed to the key {to}: {what}. Reason: {why}")
    return said.format(to=fingerprint, what=chosen_words(wish.choices), why=wish.reason)


def _wish(connection: Connection, case: OpenCase, asked: TakeOut) -> Wish | None:
    try:
        sheet = read_sheet(connection, case.row.id, asked.sheet)
        return Wish.open(case.key, case.row.id, asked.sheet, sheet.sealed)
    except SealBroken:
        return None


def _opened(case: OpenCase, item_id: str, kind: str, sealed: bytes) -> Document | None:
    try:
        return open_document(case.key, case.row.id, item_id, kind, sealed)
    except SealBroken:
        return None
