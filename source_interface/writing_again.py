"""A further message from a source who is signed in: answers box by box, a text, files. Knows no Flask."""

from contextlib import suppress
from dataclasses import replace

from keys.derivation import SourceKeys
from serving.form_stream import TextFields
from serving.language import gettext as _
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.circuit_words import form_not_sent
from source_interface.circuits import CircuitBusy, Costly
from source_interface.filled_form import (
    Act,
    FilledForm,
    judge_files,
    new_submission_id,
    question_answers,
    returned_form,
)
from source_interface.form_words import not_remembered
from source_interface.held_files import named_files, show_held, still_held
from source_interface.inbox_page import note_answers
from source_interface.not_stored import NOT_STORED, say_not_stored, say_refused
from source_interface.remembering import as_source, remembered, turn_of
from source_interface.sent_form import mark_form
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from source_interface.uploading import drop_kept
from source_interface.uploads import Upload
from store.drop.intake import find_sent
from store.errors import NoRoom


class NotTaken(Exception):
    """The message was not taken: show `form` in the inbox of `keys` again, with this HTTP status.

    With `add_files` nothing is wrong with it: show the page on which files are added.
    """

    def __init__(self, keys: SourceKeys, form: FilledForm, status: int, *, add_files: bool = False) -> None:
        super().__init__("the message was not taken")
        self.keys = keys
        self.form = form
        self.status = status
        self.add_files = add_files


def take_message(
    host: SiteHost,
    keys: SourceKeys,
    fields: TextFields,
    receiver: AttachmentReceiver,
    upload: Upload,
    *,
    form_is_ours: bool,
) -> None:
    """Take a further message whose form has been read whole. Raises NotTaken."""
    _take(host, keys, fields, receiver, form_is_ours=form_is_ours)
    drop_kept(host, upload, fields.get("submission"))


def _take(
    host: SiteHost, keys: SourceKeys, fields: TextFields, receiver: AttachmentReceiver, *, form_is_ours: bool
) -> None:
    form = returned_form(host.settings, fields)
    if not form_is_ours:
        # Nothing is held for a form that is not ours: anybody could fill the disk with files.
        receiver.drop_received()
        form.errors["form"] = not_remembered()
        raise NotTaken(keys, form, 400)
    with host.turns.take(form.submission):
        named = named_files(host, form, fields)
        mark = mark_form(form.submission, fields, [*named, *receiver.received])
        before = find_sent(host.drop.database, mark.id)
        if before == mark.content:
            # Whoever took the first copy may have died before this was noted.
            _note_answers(host, keys, fields)
            return
        if before is not None:
            # Something was changed after the first copy had arrived: this is a submission of its own.
            form.submission = new_submission_id()
            form.came_before = True
            named = []
        held = still_held(host, form, named)
        if fields.get("act") in (Act.ADD_FILES, Act.CHANGE) and not form.errors:
            show_held(host, form, [*held, *receiver.take()])
            raise NotTaken(keys, form, 200, add_files=fields.get("act") == Act.ADD_FILES)
        _judge_then_send(host, keys, form, fields, held, receiver)


def _judge_then_send(
    host: SiteHost,
    keys: SourceKeys,
    form: FilledForm,
    fields: TextFields,
    held: list[Attachment],
    receiver: AttachmentReceiver,
) -> None:
    judge_files(form, host.settings, held, receiver)
    something = fields.get("message").strip() or question_answers(fields) or held or receiver.received
    if not something and "attachments" not in form.errors:
        form.errors["message"] = _("Write something, answer a question, or add a file.")
    if form.errors:
        raise _not_taken(host, keys, form, held, receiver, say_refused(host, form, receiver))
    brought = [*held, *receiver.received]
    try:
        _send(host, keys, form, fields, brought)
    except CircuitBusy as reason:
        form.errors["form"] = form_not_sent()
        raise _not_taken(host, keys, form, held, receiver, 429) from reason
    except NOT_STORED as reason:
        raise _not_taken(host, keys, form, held, receiver, say_not_stored(host, form, brought, reason)) from reason
    receiver.take()
    _note_answers(host, keys, fields)


def _note_answers(host: SiteHost, keys: SourceKeys, fields: TextFields) -> None:
    # The message is safe: that a mark beside a question found no room is no reason to say anything else.
    with suppress(NoRoom), turn_of(host, keys) as here:
        note_answers(host, here, {answer.question for answer in question_answers(fields)})


def _send(
    host: SiteHost, keys: SourceKeys, form: FilledForm, fields: TextFields, attachments: list[Attachment]
) -> None:
    if not host.has_room_for_text([attachment.blob.id for attachment in attachments]):
        raise NoRoom("the disk, or the number of submissions, is at its limit")
    with host.share.hold(Costly.LETTER), turn_of(host, keys) as here:
        # Whoever withdrew the report and writes again has it read again.
        memo = replace(remembered(host, here), withdrawn="")
        submit(
            host,
            Contents(
                submission=form.submission,
                form=mark_form(form.submission, fields, attachments),
                source=as_source(here, memo),
                message=fields.get("message").strip(),
                answers=question_answers(fields),
                attachments=tuple(attachments),
            ),
        )


def _not_taken(
    host: SiteHost,
    keys: SourceKeys,
    form: FilledForm,
    held: list[Attachment],
    receiver: AttachmentReceiver,
    status: int,
) -> NotTaken:
    show_held(host, form, [*held, *receiver.take()])
    return NotTaken(keys, form, status)
