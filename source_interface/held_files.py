"""Files that were received with a form that has a mistake: here already, and shown so."""

from keys.errors import Malformed
from serving.form_stream import TextFields
from serving.plain_sizes import size_text
from source_interface.attachments import Attachment
from source_interface.filled_form import FilledForm, HeldFile
from source_interface.room_words import files_gone
from source_interface.site_host import SiteHost


def named_files(host: SiteHost, form: FilledForm, fields: TextFields) -> list[Attachment]:
    """Return the attachments that the form's ticket names, less those the source no longer wants to send."""
    try:
        named = host.tickets.read(form.submission, fields.get("held"))
    except Malformed:
        # Not a ticket of this form: somebody's experiment, or a mangled page. The text matters more.
        return []
    unwanted = set(fields.all("drop"))
    host.drop.blobs.drop_held([attachment.blob.id for attachment in named if attachment.blob.id in unwanted])
    return [attachment for attachment in named if attachment.blob.id not in unwanted]


def still_held(host: SiteHost, form: FilledForm, named: list[Attachment]) -> list[Attachment]:
    """Return those that are still here. If any is gone, the form says so."""
    there = [attachment for attachment in named if host.drop.blobs.is_held(attachment.blob.id)]
    if len(there) < len(named):
        one_way = form.values.get("one_way") == "yes"
        form.errors["attachments"] = files_gone(host.room(), one_way=one_way, some_left=bool(there))
    return there


def show_held(host: SiteHost, form: FilledForm, attachments: list[Attachment]) -> None:
    """Write into the form which files are held, and the ticket that claims them."""
    there = [attachment for attachment in attachments if host.drop.blobs.is_held(attachment.blob.id)]
    form.held = [HeldFile(found.blob.id, found.name, size_text(found.size)) for found in there]
    form.held_token = host.tickets.write(form.submission, there)
