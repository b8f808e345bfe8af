"""A further message from a source who is signed in: answers box by box, a text, files. Knows no Flask."""

from keys.derivation import SourceKeys
from keys.errors import OpenPGPFailed
from serving.language import gettext as _
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.filled_form import FilledForm, judge_files, question_answers, returned_form
from source_interface.form_stream import TextFields
from source_interface.held_files import claim_held, show_held
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from store.drop.intake import NewSource, was_sent
from store.errors import Missing, NoRoom


class NotTaken(Exception):
    """The message was not taken: show `form` again, with this HTTP status."""

    def __init__(self, form: FilledForm, status: int) -> None:
        super().__init__("the message was not taken")
        self.form = form
        self.status = status


def take_message(
    host: SiteHost, keys: SourceKeys, fields: TextFields, receiver: AttachmentReceiver, *, form_is_ours: bool
) -> None:
    """Take a further message whose form has been read whole. Raises NotTaken."""
    form = returned_form(host.settings, fields)
    held = claim_held(host, form, fields)
    judge_files(form, host.settings, held, receiver)
    something = fields.get("message").strip() or question_answers(fields) or held or receiver.received
    if not something and "attachments" not in form.errors:
        form.errors["message"] = _("Please write something, answer a question, or add a file.")
    if not form_is_ours:
        form.errors["form"] = _("This page was open for too long, or cookies are off. Please press Send once more.")
    if form.errors:
        raise _not_taken(host, form, held, receiver, 422 if form_is_ours else 400)
    try:
        _send(host, keys, form, fields, held, receiver)
    except (NoRoom, OpenPGPFailed, Missing) as reason:
        form.errors["form"] = _("We could not store your message just now. Please press Send again in a few minutes.")
        raise _not_taken(host, form, held, receiver, 503) from reason


def _send(
    host: SiteHost,
    keys: SourceKeys,
    form: FilledForm,
    fields: TextFields,
    held: list[Attachment],
    receiver: AttachmentReceiver,
) -> None:
    if was_sent(host.drop.database, form.submission):
        return
    if not host.has_room_for_text():
        raise NoRoom("the disk, or the number of submissions, is at its limit")
    contents = Contents(
        submission=form.submission,
        source=NewSource(keys.lookup_id, keys.reply_key().public),
        message=fields.get("message").strip(),
        answers=question_answers(fields),
        attachments=(*held, *receiver.received),
    )
    if submit(host, contents):
        receiver.take()


def _not_taken(
    host: SiteHost, form: FilledForm, held: list[Attachment], receiver: AttachmentReceiver, status: int
) -> NotTaken:
    show_held(host, form, [*held, *receiver.take()])
    return NotTaken(form, status)
