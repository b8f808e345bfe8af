"""Files that were received with a form that has a mistake: here already, and shown so."""

from keys.errors import Malformed
from serving.language import gettext as _
from source_interface.attachments import Attachment
from source_interface.filled_form import FilledForm, HeldFile, size_text
from source_interface.form_stream import TextFields
from source_interface.site_host import SiteHost
from store.drop.intake import was_sent


def claim_held(host: SiteHost, form: FilledForm, fields: TextFields) -> list[Attachment]:
    """Return the held attachments that the form's ticket names. If any is gone, the form says so."""
    try:
        named = host.tickets.read(form.submission, fields.get("held"))
    except Malformed:
        # Not a ticket of this form: somebody's experiment, or a mangled page. The text matters more.
        named = []
    there = [attachment for attachment in named if host.drop.blobs.is_held(attachment.blob.id)]
    if len(there) < len(named) and not was_sent(host.drop.database, form.submission):
        form.errors["attachments"] = _("Some files that we had before are gone. Please add them once more.")
    return there


def show_held(host: SiteHost, form: FilledForm, attachments: list[Attachment]) -> None:
    """Write into the form which files are held, and the ticket that claims them."""
    form.held = [HeldFile(attachment.name, size_text(attachment.size)) for attachment in attachments]
    form.held_token = host.tickets.write(form.submission, attachments)
