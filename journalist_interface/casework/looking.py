"""Looking at a reply before it is sent: as the source will have it, with what may tell on them marked.

What is shown is made from the very template and style sheet of the source's site (serving/look_of_source.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_all, open_case
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.casework.before_sending import telltales_in
from journalist_interface.casework.drafts import Draft
from journalist_interface.casework.telltales import Telltale, fingerprint
from journalist_interface.checked_words import checked_reason, checked_reply
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.reply import paragraphs
from keys.statuses import Status
from serving.language import gettext as _
from serving.plain_dates import plain_day
from store.blobs import new_blob_id
from store.desk.items import ItemKind, list_items
from store.desk.outbox import ReplyState
from store.desk.templates import Writing

_WITH_THE_SOURCE = frozenset({ReplyState.SCHEDULED.value, ReplyState.DELIVERED.value, ReplyState.READ.value})


@dataclass(frozen=True)
class AskedQuestion:
    """A question as the inbox of its source will show it."""

    id: str
    text: str = field(repr=False)
    answered: bool = False


@dataclass(frozen=True)
class ShownFile:
    """A file as the inbox of its source will show it."""

    blob: str
    name: str = field(repr=False)
    size: int
    here: bool = True

    @classmethod
    def of(cls, file: StoredAttachment) -> "ShownFile":
        """Return how a file that waits for the reply will be shown; it is sealed under another name."""
        return cls(new_blob_id(), file.name, file.size)


@dataclass(frozen=True)
class ShownReply:
    """A reply as the inbox of its source will show it. `number` is the one it gets if they delete none before."""

    id: str
    number: int
    day: str
    paragraphs: tuple[str, ...] = field(repr=False)
    questions: tuple[AskedQuestion, ...] = field(repr=False)
    files: tuple[ShownFile, ...] = ()


@dataclass(frozen=True)
class EmptyBoxes:
    """The boxes for answers, in which nobody has written."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """A piece of what was written; with `why`, what may tell on the source."""

    text: str = field(repr=False)
    why: str = ""


@dataclass(frozen=True)
class Look:
    """What stands on the page: the reply, and the parts of it that may tell, piece by piece.

    `warned` is what the form says when it is sent all the same; empty if nothing was found.
    """

    case: OpenCase
    shown: ShownReply
    marked: tuple[tuple[Piece, ...], ...]
    warned: str


def look_at(
    desk: Desk,
    signed_in: SignedIn,
    reference: str,
    writing: Writing,
    typed: Draft,
    one_with: Sequence[str] = (),
    files: Sequence[StoredAttachment] = (),
) -> Look:
    """Return how the source will see what was typed. Raises WritingRefused if it cannot be sent so, or Missing.

    `one_with` as in `write_reply`; `files` are those that go with it.
    """
    text, asked = _for_the_source(writing, typed)
    parts = (text, *asked, *(file.name for file in files))
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
        if case.is_one_way:
            raise WritingRefused(_("This source did not want to come back, so no reply can reach them."))
        found = telltales_in(connection, open_all(connection, signed_in, case, one_with), parts)
        number = _next_number(connection, case)
    questions = tuple(AskedQuestion(new_blob_id(), each) for each in asked)
    return Look(
        case,
        ShownReply(
            new_blob_id(), number, plain_day(today()), paragraphs(text), questions, tuple(map(ShownFile.of, files))
        ),
        tuple(
            tuple(_pieces(part, at, found)) for at, part in enumerate(parts) if any(each.part == at for each in found)
        ),
        fingerprint(parts, found) if found else "",
    )


def _for_the_source(writing: Writing, typed: Draft) -> tuple[str, list[str]]:
    if writing is Writing.REPLY:
        return checked_reply(typed.text, typed.questions)
    if typed.status != Status.CLOSED.value:
        raise WritingRefused(
            _("Only the reason of closing goes to the source. They see the status alone; this reason stays here.")
        )
    return checked_reason(Status.CLOSED, typed.text), []


def _next_number(connection: Connection, case: OpenCase) -> int:
    replies = [item for item in list_items(connection, case.row.id) if item.kind == ItemKind.REPLY.value]
    return 1 + sum(item.state in _WITH_THE_SOURCE for item in replies)


def _pieces(text: str, part: int, found: Sequence[Telltale]) -> Iterator[Piece]:
    at = 0
    for each in found:
        if each.part == part:
            yield Piece(text[at : each.start])
            yield Piece(text[each.start : each.end], each.why.value)
            at = each.end
    yield Piece(text[at:])
