"""What a source sees in the inbox: the status in plain words, and the replies, opened in memory. Knows no Flask."""

from dataclasses import dataclass, field

from keys.derivation import SourceKeys
from keys.errors import Malformed, SealBroken
from keys.hpke import SecretKey
from keys.reply import Question, Reply
from keys.statuses import Status
from serving.language import gettext as _
from source_interface.plain_dates import plain_day
from source_interface.site_host import SiteHost
from store.drop.inbox import SealedReply, mark_read, read_inbox

REPLIES_A_PAGE = 5


@dataclass(frozen=True)
class ShownStatus:
    """A status in the words a source reads."""

    value: str
    title: str
    explanation: str


@dataclass(frozen=True)
class ShownReply:
    """A reply as the page shows it."""

    id: str
    day: str
    paragraphs: tuple[str, ...] = field(repr=False)
    questions: tuple[Question, ...] = field(repr=False)


@dataclass(frozen=True)
class InboxPage:
    """One page of an inbox, the newest replies first."""

    status: ShownStatus
    status_day: str
    waiting: bool
    replies: tuple[ShownReply, ...]
    newer: int | None
    older: int | None


def open_inbox(host: SiteHost, keys: SourceKeys, page: int) -> InboxPage:
    """Return a page of a source's inbox (0 is the newest) and note what was read. Raises Missing without a source."""
    inbox = read_inbox(host.drop.database, keys.lookup_id)
    reply_key = keys.reply_key()
    opened = [(sealed, _open(sealed, reply_key)) for sealed in inbox.replies]
    opened.sort(key=lambda pair: (pair[1].day, pair[1].number), reverse=True)
    start = min(page, max(0, (len(opened) - 1) // REPLIES_A_PAGE)) * REPLIES_A_PAGE
    shown = opened[start : start + REPLIES_A_PAGE]
    unread = tuple(sealed.id for sealed, _reply in shown if not sealed.read)
    if unread:
        mark_read(host.drop.database, keys.lookup_id, unread)
    number = start // REPLIES_A_PAGE
    return InboxPage(
        status=show_status(inbox.status),
        status_day=plain_day(inbox.status_day),
        waiting=inbox.waiting,
        replies=tuple(_show(reply) for _sealed, reply in shown),
        newer=number - 1 if number else None,
        older=number + 1 if start + REPLIES_A_PAGE < len(opened) else None,
    )


def _open(sealed: SealedReply, reply_key: SecretKey) -> Reply:
    """Return the reply; one that does not open is shown as such, so that it hides none of the others."""
    try:
        return Reply.open(sealed.sealed, sealed.id, reply_key)
    except (SealBroken, Malformed):
        text = _("This reply was damaged on its way and cannot be read. Please write to us that you could not read it.")
        return Reply(sealed.id, sealed.day, text)


def _show(reply: Reply) -> ShownReply:
    paragraphs = tuple(paragraph.strip() for paragraph in reply.text.split("\n\n") if paragraph.strip())
    return ShownReply(reply.id, plain_day(reply.day), paragraphs, reply.questions)


def show_status(status: Status) -> ShownStatus:
    """Return a status in plain words."""
    words = {
        Status.SENT: (_("Sent"), _("Your report is here, sealed. The charity has not collected it yet.")),
        Status.COLLECTED: (_("Collected"), _("The charity has collected your report. A person will open it soon.")),
        Status.BEING_READ: (_("Being read"), _("People at the charity are reading your report.")),
        Status.QUESTION: (_("A question for you"), _("The charity has asked you something. You find it below.")),
        Status.PASSED_ON: (
            _("Passed on"),
            _("A report that leaves out what could point to you has gone to those who must act."),
        ),
        Status.CLOSED: (_("Closed"), _("The charity has finished with this report. The reason stands below.")),
    }
    title, explanation = words[status]
    return ShownStatus(status.value, title, explanation)
