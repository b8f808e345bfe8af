"""What a source sees in the inbox: the status in plain words, and the replies, opened in memory. Knows no Flask."""

from collections.abc import Collection, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field

from keys.derivation import SourceKeys
from keys.errors import Malformed, SealBroken
from keys.hpke import SecretKey
from keys.memo import Memo, open_answered, seal_answered
from keys.reply import MOST_SHOWN_BYTES, Reply, paragraphs, shown_bytes
from keys.statuses import Status
from serving.language import gettext as _
from serving.plain_dates import plain_day
from source_interface.remembering import memo_in
from source_interface.site_host import SiteHost
from source_interface.status_words import ShownStatus, show_status, show_withdrawn
from store.drop.inbox import Inbox, SealedReply, mark_answered, read_inbox

REPLIES_A_PAGE = 5


@dataclass(frozen=True)
class ShownQuestion:
    """A question as the page shows it, with whether it was answered."""

    id: str
    text: str = field(repr=False)
    answered: bool


@dataclass(frozen=True)
class ShownFile:
    """A file that goes with a reply. `here`: it can be downloaded; else its time is over, or it was lost."""

    blob: str
    name: str = field(repr=False)
    size: int
    here: bool


@dataclass(frozen=True)
class ShownReply:
    """A reply as the page shows it. `number` counts a source's replies that are here, the oldest being 1."""

    id: str
    number: int
    day: str
    paragraphs: tuple[str, ...] = field(repr=False)
    questions: tuple[ShownQuestion, ...] = field(repr=False)
    files: tuple[ShownFile, ...] = ()


@dataclass(frozen=True)
class InboxPage:
    """One page of an inbox, the newest replies first; `number` is 0 for the newest of `pages` pages.

    `asked` are the questions of all pages, by id. `withdrawn` and `joined` are days in words, or empty: when the report
    was withdrawn, when an older codename was named.
    """

    number: int
    pages: int
    total: int
    status: ShownStatus
    status_day: str
    waiting: bool
    withdrawn: str
    joined: str
    replies: tuple[ShownReply, ...]
    asked: Mapping[str, str] = field(repr=False)
    newer: int | None
    older: int | None


@dataclass(frozen=True)
class _Opened:
    """A reply before it is shown: as it lies here, and opened; None where it does not open."""

    sealed: SealedReply
    reply: Reply | None = field(repr=False)
    answered: frozenset[int] = frozenset()  # the places of the questions answered

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
    memo = memo_in(inbox, keys)
    status, since = _status(inbox, memo, opened)
    newest = len(opened) - sum(len(page) for page in pages[:number])
    return InboxPage(
        number=number,
        pages=len(pages),
        total=len(opened),
        status=status,
        status_day=plain_day(since),
        waiting=inbox.waiting,
        withdrawn=plain_day(memo.withdrawn) if memo.withdrawn else "",
        joined=plain_day(memo.joined) if memo.joined else "",
        replies=tuple(_show(one, newest - place, inbox.files) for place, one in enumerate(pages[number])),
        asked={asked.id: asked.text for one in opened if one.reply is not None for asked in one.reply.questions},
        newer=number - 1 if number else None,
        older=number + 1 if number + 1 < len(pages) else None,
    )


def note_answers(host: SiteHost, keys: SourceKeys, question_ids: Set[str]) -> None:
    """Note which questions were answered, so that the inbox can say so."""
    opened = _open_all(read_inbox(host.drop.database, keys.lookup_id), keys) if question_ids else []
    answered = {}
    for one in opened:
        asked = () if one.reply is None else one.reply.questions
        now = {place for place, question in enumerate(asked) if question.id in question_ids}
        if now:
            answered[one.sealed.id] = seal_answered(one.answered | now, keys.memo_key(), one.sealed.id)
    if answered:
        mark_answered(host.drop.database, keys.lookup_id, answered)


def _open_all(inbox: Inbox, keys: SourceKeys) -> list[_Opened]:
    reply_key = keys.reply_key()
    opened = []
    for sealed in inbox.replies:
        reply = _open(sealed, reply_key)
        opened.append(_Opened(sealed, reply, _answered(sealed, reply, keys)))
    return sorted(opened, key=_Opened.order, reverse=True)


def _answered(sealed: SealedReply, reply: Reply | None, keys: SourceKeys) -> frozenset[int]:
    """Return which questions were answered. Of a reply of before, nobody knows which: all, if any was."""
    if not sealed.answered or reply is None:
        return frozenset()
    with suppress(SealBroken):
        return open_answered(sealed.answers or b"", keys.memo_key(), sealed.id)
    return frozenset(range(len(reply.questions)))


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
        size = 0 if one.reply is None else _shown_bytes(one.reply)
        if pages[-1] and (size > room or len(pages[-1]) == REPLIES_A_PAGE):
            pages.append([])
            room = MOST_SHOWN_BYTES
        pages[-1].append(one)
        room -= size
    return pages


def _shown_bytes(reply: Reply) -> int:
    return shown_bytes(reply.text, [asked.text for asked in reply.questions], [file.name for file in reply.files])


def _status(inbox: Inbox, memo: Memo, opened: list[_Opened]) -> tuple[ShownStatus, str]:
    """Return where a report stands, and since when. What its source did last counts, until the charity ends it."""
    if memo.withdrawn and inbox.status not in (Status.CLOSED, Status.DESTROYED):
        return show_withdrawn(), memo.withdrawn
    asks = any(one.is_waiting_for_an_answer() for one in opened)
    has_replies = bool(opened)
    shown = show_status(inbox.status, asks=asks, has_replies=has_replies, has_written=inbox.waiting)
    return shown, inbox.status_day


def _show(one: _Opened, number: int, here: Collection[str]) -> ShownReply:
    day = plain_day(one.sealed.day if one.reply is None else one.reply.day)
    if one.reply is None:
        text = _(
            "This answer was damaged on its way and cannot be read. Please write to us that you could not read it."
        )
        return ShownReply(one.sealed.id, number, day, (text,), ())
    asked = tuple(
        ShownQuestion(question.id, question.text, answered=place in one.answered)
        for place, question in enumerate(one.reply.questions)
    )
    files = tuple(ShownFile(file.blob, file.name, file.size, here=file.blob in here) for file in one.reply.files)
    return ShownReply(one.sealed.id, number, day, paragraphs(one.reply.text), asked, files)
