"""What reviewers write in a case: replies with questions, statuses, notes. Each is one transaction with its record.

A form carries the id of the item it will become: sent twice, it is written once. A reply and a status are not sent
past what came into the case while they were written (meanwhile.py); nor are words for the source that may tell on
them, until their writer was shown which (before_sending.py). The draft that filled the form goes with it.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_all, open_case
from journalist_interface.case_documents import LONGEST_NOTE, NoteDocument, ReplyDocument, StatusDocument, open_document
from journalist_interface.casework.before_sending import refuse_telltales
from journalist_interface.casework.drafts import sent_draft
from journalist_interface.casework.files_sent import SentFiles, files_for_source
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.retention import Periods
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.casework.steps import replied, status_set
from journalist_interface.casework.work import Outcome, Work
from journalist_interface.checked_words import (
    check_length,
    check_page,
    checked_reason,
    checked_reply,
    chosen_outcome,
    chosen_status,
    clean,
    form_id,
)
from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.figures.counting import count
from journalist_interface.figures.measures import of_answer, of_status
from journalist_interface.meanwhile import refuse_unseen
from journalist_interface.sending import keep_item, send_reply, send_status
from journalist_interface.sessions import SignedIn
from keys.reply import Question
from keys.statuses import Status
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import change_case
from store.desk.items import ItemKind, has_item, read_item
from store.desk.templates import Writing
from store.errors import Missing


def write_reply(
    desk: Desk,
    signed_in: SignedIn,
    reference: str,
    untrusted_id: str,
    text: str,
    questions: Sequence[str],
    untrusted_seen: str = "",
    *,
    untrusted_files: Sequence[str] = (),
    untrusted_draft: str = "",
    untrusted_warned: str = "",
    one_with: Sequence[str] = (),
) -> None:
    """Send a reply, with questions if there are any. Raises WritingRefused, NoRoom, or Missing as `read_case` does.

    With questions the status becomes "question". `untrusted_seen` is how many items the writer saw, `untrusted_files`
    are the ids of the prepared files that go with it, `untrusted_draft` is the draft that filled the form,
    `untrusted_warned` what its writer was warned of (before_sending.py). `one_with`: the references of all cases that
    are one with this, itself too.
    """
    reply_id = form_id(untrusted_id)
    text, asked = checked_reply(text, questions)
    with (
        files_for_source(desk, signed_in, reference, untrusted_files) as sent,
        desk.database.writing() as connection,
    ):
        case = open_case(connection, signed_in, reference)
        if _was_written(connection, case, reply_id, _words_of_reply(text, asked, untrusted_files)):
            return
        _check_answerable(case)
        refuse_unseen(connection, case, signed_in.username, untrusted_seen)
        names = [file.name for file in sent.stored]
        check_page(text, asked, names)
        cases = open_all(connection, signed_in, case, one_with)
        refuse_telltales(connection, cases, (text, *asked, *names), untrusted_warned)
        reply = _reply_of(signed_in.username, text, asked, sent)
        _let_go(connection, case, signed_in, _free_id(connection, reply_id), reply, sent)
        sent_draft(connection, case.row.id, signed_in.username, Writing.REPLY, untrusted_draft)


def _let_go(
    connection: Connection, case: OpenCase, signed_in: SignedIn, reply_id: str, reply: ReplyDocument, sent: SentFiles
) -> None:
    """Put a reply on its way to the source with its files, which are the case's from here on; record and note that."""
    send_reply(connection, case.recipient, reply_id, reply, [(file.named, file.blob) for file in sent.files])
    sent.give_to(connection, case, signed_in.username, reply_id)
    record_act(connection, signed_in.username, Act.REPLY, case.row.reference)
    _note_reply(connection, case, signed_in, Status.QUESTION if reply.questions else None)


def _note_reply(connection: Connection, case: OpenCase, signed_in: SignedIn, asks: Status | None) -> None:
    """Note in card, figures and status that the source was written to, and asked something."""
    rules = read_rules(connection)
    told = of_answer(case.work, rules, today())
    if asks is not None and case.row.status != asks.value:
        _set_status(connection, case, signed_in, asks, "")
        told += of_status(asks, case.work, rules, today())
    count(connection, signed_in.username, told)
    change_work(connection, case, lambda work: replied(work, today(), asks=asks is not None))
    change_case(connection, case.row.id, changed_at=now(), status=None if asks is None else asks.value)


def write_status(
    desk: Desk,
    signed_in: SignedIn,
    reference: str,
    untrusted_id: str,
    untrusted_status: str,
    reason: str,
    untrusted_seen: str = "",
    *,
    untrusted_outcome: str = "",
    untrusted_draft: str = "",
    untrusted_warned: str = "",
    one_with: Sequence[str] = (),
) -> None:
    """Set a status. Closing needs a reason, which the source gets as a reply, and an outcome, from which follows how
    long the case is kept. Raises WritingRefused, or Missing.

    A case in which somebody may be in danger is not closed. The rest as in `write_reply`.
    """
    item_id, status = form_id(untrusted_id), chosen_status(untrusted_status)
    reason = checked_reason(status, reason)
    outcome = chosen_outcome(untrusted_outcome) if status is Status.CLOSED else Outcome.NONE
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if _was_written(connection, case, item_id, (status.value, reason)):
            return
        item_id = _free_id(connection, item_id)
        refuse_unseen(connection, case, signed_in.username, untrusted_seen)
        if status is Status.CLOSED:
            _tell_why(connection, signed_in, case, one_with, reason, untrusted_warned)
        _set_status(connection, case, signed_in, status, reason, item_id, outcome)
        periods = read_periods(connection)
        work = change_work(connection, case, lambda work: _status_set(work, status, outcome, periods))
        count(connection, signed_in.username, of_status(status, work, read_rules(connection), today()))
        sent_draft(connection, case.row.id, signed_in.username, Writing.STATUS, untrusted_draft)
        change_case(connection, case.row.id, changed_at=now(), status=status.value)


def _tell_why(
    connection: Connection,
    signed_in: SignedIn,
    case: OpenCase,
    one_with: Sequence[str],
    reason: str,
    untrusted_warned: str,
) -> None:
    """Send the source the reason why their case is closed, if they come back to read it.

    Raises WritingRefused if somebody may be in danger in it, or in one that is one with it; or as `refuse_telltales`.
    """
    cases = open_all(connection, signed_in, case, one_with)
    _check_nobody_in_danger(cases)
    if not case.is_one_way:
        refuse_telltales(connection, cases, (reason,), untrusted_warned)
        send_reply(connection, case.recipient, new_blob_id(), ReplyDocument(signed_in.username, reason))


def write_note(
    desk: Desk, signed_in: SignedIn, reference: str, untrusted_id: str, text: str, *, untrusted_draft: str = ""
) -> None:
    """Keep a note for colleagues. Raises WritingRefused, or Missing."""
    item_id = form_id(untrusted_id)
    text = clean(text)
    if not text:
        raise WritingRefused(_("Write something first."))
    check_length(_("The note"), text, LONGEST_NOTE)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if _was_written(connection, case, item_id, (text,)):
            return
        item_id = _free_id(connection, item_id)
        keep_item(connection, case.recipient, item_id, ItemKind.NOTE, NoteDocument(signed_in.username, text))
        change_case(connection, case.row.id, changed_at=now())
        record_act(connection, signed_in.username, Act.NOTE, reference)
        sent_draft(connection, case.row.id, signed_in.username, Writing.NOTE, untrusted_draft)


def _was_written(connection: Connection, case: OpenCase, item_id: str, words: tuple[str, ...]) -> bool:
    """Tell whether this form was sent before with the same words. Raises WritingRefused if it was sent with others."""
    try:
        item = read_item(connection, case.row.id, item_id)
    except Missing:
        return False
    document = open_document(case.recipient.key, case.row.id, item.id, item.kind, item.sealed)
    if isinstance(document, ReplyDocument):
        questions = [question.text for question in document.questions]
        before = _words_of_reply(document.text, questions, [file.id for file in document.files])
    elif isinstance(document, StatusDocument):
        before = (document.status, document.reason)
    else:
        before = (document.text,) if isinstance(document, NoteDocument) else ()
    if before != words:
        raise WritingRefused(
            _("The first version was sent already. What you wrote now is below; send it again as something new.")
        )
    return True


def _free_id(connection: Connection, item_id: str) -> str:
    """Return the form's id, or another one if some other case has it: nobody learns by trying that it is there."""
    return new_blob_id() if has_item(connection, item_id) else item_id


def _words_of_reply(text: str, asked: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    return (text, *asked, *sorted(set(files)))


def _set_status(
    connection: Connection,
    case: OpenCase,
    signed_in: SignedIn,
    status: Status,
    reason: str,
    item_id: str = "",
    outcome: Outcome = Outcome.NONE,
) -> None:
    document = StatusDocument(signed_in.username, status.value, reason, outcome.value)
    send_status(connection, case.recipient, item_id or new_blob_id(), document)
    record_act(connection, signed_in.username, Act.STATUS, case.row.reference, status.value)


def _reply_of(username: str, text: str, asked: Sequence[str], sent: SentFiles) -> ReplyDocument:
    return ReplyDocument(username, text, tuple(Question(new_blob_id(), each) for each in asked), sent.stored)


def _status_set(work: Work, status: Status, outcome: Outcome, periods: Periods) -> Work:
    day = today()
    keep_until = periods.keep_until(work.closed or day, outcome) if outcome else ""
    return status_set(work, status, day, outcome, keep_until)


def _check_answerable(case: OpenCase) -> None:
    if case.is_one_way:
        raise WritingRefused(_("This source did not want to come back, so no reply can reach them."))


def _check_nobody_in_danger(cases: Iterable[OpenCase]) -> None:
    """Raise WritingRefused if somebody may be in danger in one of these cases: none of them is closed."""
    if any(case.card.danger for case in cases):
        # A closed case stands in no list of what is urgent.
        raise WritingRefused(
            _(
                "Somebody may be in danger in this case, so it was not closed. What you wrote is below. Go to “What to "
                "do, and who was told” first, and stand the danger down there when it is over."
            )
        )
