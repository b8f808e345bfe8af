"""What a source sees in the inbox: the status in plain words, and the replies, opened in memory. Knows no Flask."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from keys.derivation import SourceKeys
from keys.errors import Malformed, SealBroken
from keys.hpke import SecretKey
from keys.reply import MOST_SHOWN_BYTES, Question, Reply, paragraphs, shown_bytes
from keys.statuses import Status
from serving.language import gettext as _
from source_interface.plain_dates import plain_day
from source_interface.site_host import SiteHost
from store.drop.inbox import Inbox, SealedReply, mark_answered, read_inbox

REPLIES_A_PAGE = 5


@dataclass(frozen=True)
class ShownStatus:
    """A status in the words a source reads."""

    value: str
    title: str
    explanation: str


@dataclass(frozen=True)
class ShownReply:
    """A reply as the page shows it. `number` counts a source's replies that are here, the oldest being 1."""

    id: str
    number: int
    day: str
    paragraphs: tuple[str, ...] = field(repr=False)
    questions: tuple[Question, ...] = field(repr=False)
    answered: bool


@dataclass(frozen=True)
class InboxPage:
    """One page of an inbox, the newest replies first; `number` is 0 for the newest of `pages` pages.

    `asked` are the questions of all pages, by id.
    """

    number: int
    pages: int
    total: int
    status: ShownStatus
    status_day: str
    waiting: bool
    replies: tuple[ShownReply, ...]
    asked: Mapping[str, str] = field(repr=False)
    newer: int | None
    older: int | None


@dataclass(frozen=True)
class _Opened:
    """A reply before it is shown: as it lies here, and opened; None where it does not open."""

    sealed: SealedReply
    reply: Reply | None = field(repr=False)

    def order(self) -> tuple[str, int]:
        """Return what a source's replies are sorted by: a damaged one has its day alone."""
        return (self.sealed.day, 0) if self.reply is None else (self.reply.day, self.reply.number)

    def is_waiting_for_an_answer(self) -> bool:
        return self.reply is not None and bool(self.reply.questions) and not self.sealed.answered


def open_inbox(host: SiteHost, keys: SourceKeys, page: int) -> InboxPage:
    """Return a page of a source's inbox (0 is the newest) and note what was read. Raises Missing without a source.

    Nothing is written meanwhile, and few replies take as long as none (docs/adr/0015).
    """
    inbox = read_inbox(host.drop.database, keys.lookup_id)
    opened = _open_all(inbox, keys)
    host.decoys.open_replies(len(opened))
    pages = _pages(opened)
    number = min(page, len(pages) - 1)
    # What does not open was not read, whatever the page showed.
    unread = tuple(one.sealed.id for one in pages[number] if one.reply is not None and not one.sealed.read)
    if unread:
        host.reading.note(keys.lookup_id, unread)
    newest = len(opened) - sum(len(page) for page in pages[:number])
    return InboxPage(
        number=number,
        pages=len(pages),
        total=len(opened),
        status=_status(inbox.status, opened),
        status_day=plain_day(inbox.status_day),
        waiting=inbox.waiting,
        replies=tuple(_show(one, newest - place) for place, one in enumerate(pages[number])),
        asked={asked.id: asked.text for one in opened if one.reply is not None for asked in one.reply.questions},
        newer=number - 1 if number else None,
        older=number + 1 if number + 1 < len(pages) else None,
    )


def note_answers(host: SiteHost, keys: SourceKeys, question_ids: Set[str]) -> None:
    """Note which replies were answered, so that the inbox can say so."""
    opened = _open_all(read_inbox(host.drop.database, keys.lookup_id), keys) if question_ids else []
    answered = tuple(
        one.sealed.id
        for one in opened
        if one.reply is not None and not question_ids.isdisjoint(question.id for question in one.reply.questions)
    )
    if answered:
        mark_answered(host.drop.database, keys.lookup_id, answered)


def _open_all(inbox: Inbox, keys: SourceKeys) -> list[_Opened]:
    reply_key = keys.reply_key()
    opened = [_Opened(sealed, _open(sealed, reply_key)) for sealed in inbox.replies]
    return sorted(opened, key=_Opened.order, reverse=True)


def _open(sealed: SealedReply, reply_key: SecretKey) -> Reply | None:
    """Return the reply, or None for one that does not open: it must hide none of the others."""
    try:
        return Reply.open(sealed.sealed, sealed.id, reply_key)
    except (SealBroken, Malformed):
        return None


def _pages(opened: list[_Opened]) -> list[list[_Opened]]:
    """Return the replies page by page: few enough on each that the page keeps its size class."""
    pages: list[list[_Opened]] = [[]]
    room = MOST_SHOWN_BYTES
    for one in opened:
        size = 0 if one.reply is None else shown_bytes(one.reply.text, [asked.text for asked in one.reply.questions])
        if pages[-1] and (size > room or len(pages[-1]) == REPLIES_A_PAGE):
            pages.append([])
            room = MOST_SHOWN_BYTES
        pages[-1].append(one)
        room -= size
    return pages


def _status(status: Status, opened: list[_Opened]) -> ShownStatus:
    shown = show_status(status)
    if status is Status.QUESTION and not any(one.is_waiting_for_an_answer() for one in opened):
        return replace(
            shown,
            title=_("We asked you something"),
            explanation=_("You have answered, or deleted the question. We read what you wrote when we collect it."),
        )
    return shown


def _show(one: _Opened, number: int) -> ShownReply:
    day = plain_day(one.sealed.day if one.reply is None else one.reply.day)
    if one.reply is None:
        text = _(
            "This answer was damaged on its way and cannot be read. Please write to us that you could not read it."
        )
        return ShownReply(one.sealed.id, number, day, (text,), (), answered=False)
    shown = paragraphs(one.reply.text)
    return ShownReply(one.sealed.id, number, day, shown, one.reply.questions, answered=one.sealed.answered)


def show_status(status: Status) -> ShownStatus:
    """Return a status in plain words."""
    words = {
        Status.SENT: (_("Sent"), _("Your report is here, locked. The charity has not collected it yet.")),
        Status.COLLECTED: (_("Collected"), _("The charity has taken in your report. Nobody has opened it yet.")),
        Status.BEING_READ: (_("Being read"), _("A person at the charity has opened your report.")),
        Status.QUESTION: (_("A question for you"), _("The charity has asked you something. You find it below.")),
        Status.PASSED_ON: (
            _("Passed on"),
            _("We have told those who can act on it. We tried to take out what could show who you are."),
        ),
        Status.CLOSED: (_("Closed"), _("The charity has finished with this report. The reason stands below.")),
        Status.DESTROYED: (
            _("Destroyed"),
            _(
                "What you sent us is destroyed: your words, your files, and our answers. We cannot get them back. You "
                "can still write to us here. Then we start anew, so please tell us everything again."
            ),
        ),
    }
    title, explanation = words[status]
    return ShownStatus(status.value, title, explanation)
