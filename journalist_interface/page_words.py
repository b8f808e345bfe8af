"""Filters of the templates, and the sentences of error pages."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from werkzeug.exceptions import HTTPException

from journalist_interface import labels
from journalist_interface.casework.link_words import link_kind_label
from journalist_interface.casework.safety_words import point_hint, point_label, whom_label
from journalist_interface.roles import role_duty, role_name, role_names
from journalist_interface.trail_file import iso_time
from keys.reply import reminder
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.invitations import Invitation, InvitationKind
from store.plain_text import plain_name

_UNITS = ("KB", "MB", "GB", "TB")


def moment(at: int) -> str:
    """Return the time of a reviewer's act: 2026-11-23 22:10, UTC; a number that is none of this calendar stays one.

    Somebody may have written it into the database: one such number must not close a page to everybody.
    """
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return str(at)


def day(iso: str) -> str:
    """Return a day as people read it: 23 Nov 2026."""
    return datetime.strptime(iso, "%Y-%m-%d").replace(tzinfo=UTC).strftime("%-d %b %Y")


def month(iso: str) -> str:
    """Return a month as people read it: Nov 2026; what is none stays as it is."""
    try:
        return datetime.strptime(iso, "%Y-%m").replace(tzinfo=UTC).strftime("%b %Y")
    except ValueError:
        return iso


def byte_size(size: int) -> str:
    """Return a size in bytes as people read it: 612 bytes, 4.2 MB."""
    if size < 1000:
        return ngettext("{n} byte", "{n} bytes", size).format(n=size)
    amount = float(size)
    for unit in _UNITS:
        amount /= 1000
        if amount < 999.95 or unit == _UNITS[-1]:
            return f"{amount:.1f} {unit}"
    raise AssertionError("unreachable")


def grouped(digits: str) -> str:
    """Return a long hexadecimal number in groups of eight, as people compare it."""
    return " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))


def link_purpose(link: Invitation) -> str:
    """Return what a link is for, in words."""
    match link.kind:
        case InvitationKind.JOIN:
            return _("join as {roles}").format(roles=role_names(link.roles))
        case InvitationKind.SECOND_FACTOR:
            return _("enrol another authenticator")
        case InvitationKind.PASSWORD:
            return _("set a new password, with a new key")
        case InvitationKind.ROLES:
            return _("be {roles} from then on").format(roles=role_names(link.roles))


def together(names: Iterable[str]) -> str:
    """Return names as one says them: amina; amina and ben; amina, ben and cora."""
    *before, last = names
    if not before:
        return last
    return _("{names} and {last}").format(names=", ".join(before), last=last)


def nothing_here() -> str:
    """Return the sentence for what is not there or is not this reviewer's."""
    return _("There is nothing here for you. It may have been moved, or it is not yours to see.")


def no_room() -> str:
    """Return the sentence for a full disk."""
    return _("The disk of this host is full. What you sent just now was not kept; all that came before is safe.")


def no_room_to_write() -> str:
    """Return the sentence above what was written and found no room."""
    return _("The disk of this host is full, so nothing was sent. Make room first.")


def altered() -> str:
    """Return the sentence for something sealed that does not open."""
    return _(
        "Something here was altered since it was sealed, and does not open. Nothing else was changed. Have the "
        "administrator run candour-desk check and put it back from the backup, and tell your supervisor."
    )


def error_sentence(error: HTTPException) -> str:
    """Return what an error page says."""
    sentence = {
        404: nothing_here(),
        405: _("This address takes no such request. Go back to the cases."),
        413: _("That is too much text at once. Go back, shorten it, then send it again."),
        415: _("The desk takes ordinary forms only."),
        500: _("Something went wrong. Nothing you had sent before is lost. Go back and try again."),
    }.get(error.code or 500)
    # Only our own sentences reach the page; a library's description may quote what was sent.
    return sentence or (str(error.description) if error.code == 400 else _("This cannot be done."))


FILTERS: Mapping[str, Callable[..., object]] = {
    "moment": moment,
    "iso_time": iso_time,
    "day": day,
    "month": month,
    "byte_size": byte_size,
    "plain_name": plain_name,
    "grouped": grouped,
    "together": together,
    "topic_label": labels.topic_label,
    "status_label": labels.status_label,
    "item_kind_label": labels.item_kind_label,
    "reply_state_label": labels.reply_state_label,
    "sent_file_label": labels.sent_file_label,
    "priority_label": labels.priority_label,
    "outcome_label": labels.outcome_label,
    "duty_label": labels.duty_label,
    "writing_label": labels.writing_label,
    "telltale_label": labels.telltale_label,
    "reminder": reminder,
    "fact_label": labels.fact_label,
    "point_label": point_label,
    "point_hint": point_hint,
    "whom_label": whom_label,
    "nation_label": labels.nation_label,
    "link_kind_label": link_kind_label,
    "link_purpose": link_purpose,
    "role_name": role_name,
    "role_names": role_names,
    "role_duty": role_duty,
}
