"""A form that was right and still found no place: what the page says of its words and files, with which status."""

from keys.errors import OpenPGPFailed
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.filled_form import FilledForm
from source_interface.room import refusal_status
from source_interface.room_words import files_gone, files_let_go, files_refused, name_some, not_stored, text_refused
from source_interface.site_host import SiteHost
from store.errors import Missing, NoRoom

# Any of these means that nothing was kept, and that what was typed goes back to the source.
NOT_STORED = (NoRoom, OpenPGPFailed, Missing)


def say_refused(host: SiteHost, form: FilledForm, receiver: AttachmentReceiver) -> int:
    """Return the status of a form that comes back for what is wrong with it; if not even its text would fit, say so."""
    if receiver.refused_room and not host.room().takes_text:
        form.errors["attachments"] = files_refused(name_some(receiver.refused_room))
        form.errors["form"] = text_refused(closed=host.room().closed)
    return 413 if form.is_too_much else refusal_status(form.errors, receiver.refused_room)


def say_not_stored(host: SiteHost, form: FilledForm, attachments: list[Attachment], reason: Exception) -> int:
    """Write into the form why it was not stored, and return the status: 507 for want of room, else 503."""
    room = host.room()
    gone = [attachment.name for attachment in attachments if not host.drop.blobs.is_held(attachment.blob.id)]
    one_way = form.values.get("one_way") == "yes"
    if gone and not room.takes_files:
        form.errors["attachments"] = files_let_go(name_some(gone), one_way=one_way)
    elif gone:
        form.errors["attachments"] = files_gone(room, one_way=one_way, some_left=len(gone) < len(attachments))
    of_room = isinstance(reason, NoRoom) or (isinstance(reason, OpenPGPFailed) and reason.is_want_of_room)
    if of_room or not room.takes_text:
        form.errors["form"] = text_refused(closed=room.closed)
    elif "attachments" not in form.errors:
        form.errors["form"] = not_stored()
        return 503
    return 507
