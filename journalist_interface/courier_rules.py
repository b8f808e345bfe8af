"""The courier's judge: what the source host said, is it allowed, and what follows from it.

No input, no output, no clock: plain values in, decisions or an error out. The source host is taken for hostile:
- every list, text and size is bounded, everything has one spelling (keys.strict_json);
- ids ascend strictly, over all pages: no submission can come twice, and no list can go on for ever;
- a submission has exactly one letter, which comes first, and no blob stands in two places;
- what is held is never replaced: the same submission with other contents is refused.
Raises DoorDistrusted for whatever breaks a rule.
"""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from journalist_interface.courier_errors import DoorDistrusted, NoRoomForIt
from keys.errors import Malformed
from keys.letter import LONGEST_LETTER, MOST_ATTACHMENTS
from keys.statuses import Status
from keys.strict_json import Fields, read_object, write_object
from store.desk.outbox import Kind, OutboxDelivery, ReplyState

VERSION = 1
LARGEST_DOCUMENT = 4 * 1024 * 1024  # bytes
LONGEST_PAGE = 100  # submissions and notices together
MOST_PAGES = 1_000  # in one run
MOST_DELIVERIES = 8  # in one document, so that it stays below LARGEST_DOCUMENT
# Padded, a letter is no longer than the longest JSON allowed; OpenPGP adds far less than this.
LARGEST_LETTER = LONGEST_LETTER + 1024 * 1024  # bytes
# The largest submission an installation may allow (20 GB), Padmé's 12 % and the letter.
LARGEST_SUBMISSION = 24_000_000_000  # bytes
KEPT_FREE = 256 * 1024 * 1024  # bytes of disk that collecting never uses up
_PART_KINDS = frozenset({"letter", "attachment"})
_NOTICE_STATES = {"read": ReplyState.READ, "deleted": ReplyState.DELETED}
_CONFIRMATIONS = frozenset({"erased", "gone", "differs"})
_ARRIVED = {"applied": True, "already": True, "unknown source": False, "too old": False, "files missing": None}


@dataclass(frozen=True)
class ListedPart:
    """A blob that the door offers. Sizes are bytes; nothing of it is true until the bytes have been checked."""

    blob: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Listed:
    """A submission that the door offers, its letter first."""

    submission: str
    day: str
    parts: tuple[ListedPart, ...]

    @property
    def size(self) -> int:
        """All its bytes."""
        return sum(part.size for part in self.parts)

    def sha256s(self) -> dict[str, str]:
        """Return the SHA-256 of each blob, by blob id."""
        return {part.blob: part.sha256 for part in self.parts}


@dataclass(frozen=True)
class ListedNotice:
    """What the door says became of a reply."""

    id: str
    reply: str
    state: ReplyState


@dataclass(frozen=True)
class Page:
    """A page of what waits. `last` is the cursor of the next page, None if this was the end."""

    submissions: tuple[Listed, ...]
    notices: tuple[ListedNotice, ...]
    last: str | None


@dataclass(frozen=True)
class Holding:
    """What this host holds of a submission: was it opened, its blobs in the post with their SHA-256 (None if it is not
    there), and those of the blobs offered that any parcel of the post names.
    """

    opened: bool
    in_post: Mapping[str, str] | None
    named: Collection[str]


class Step(Enum):
    """What to do with a submission that the door offers."""

    FETCH = auto()
    CONFIRM = auto()  # it is here already: the last confirmation did not arrive


@contextmanager
def distrust() -> Iterator[None]:
    """Take what is Malformed for the word of a host that cannot be trusted. Raises DoorDistrusted."""
    try:
        yield
    except Malformed as broken:
        raise DoorDistrusted(broken.reason) from broken


@distrust()
def read_page(untrusted: bytes, after: str) -> Page:
    """Return the page that was asked for with the cursor `after`."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    submissions = fields.list_of("submissions", LONGEST_PAGE, _listed)
    notices = fields.list_of("notices", LONGEST_PAGE, _notice)
    more = fields.flag("more")
    fields.end()
    ids = [one.submission for one in submissions], [one.id for one in notices]
    for each in ids:
        if any(earlier >= later for earlier, later in zip([after, *each], each, strict=False)):
            raise Malformed("ids do not ascend from page to page")
    blobs = [part.blob for one in submissions for part in one.parts]
    if len(set(blobs)) != len(blobs):
        raise Malformed("a blob is listed twice")
    if len(ids[0]) + len(ids[1]) > LONGEST_PAGE:
        raise Malformed("a page is longer than was asked for")
    if more and not any(ids):
        raise Malformed("an empty page says that there is more")
    return Page(submissions, notices, max(ids[0] + ids[1]) if more else None)


def decide(listed: Listed, holding: Holding, free_bytes: int) -> Step:
    """Decide about one submission. Raises DoorDistrusted, or NoRoomForIt if the disk cannot take it."""
    if holding.opened:
        return Step.CONFIRM
    if holding.in_post is not None:
        if dict(holding.in_post) != listed.sha256s():
            raise DoorDistrusted("a submission collected before is offered with other contents")
        return Step.CONFIRM
    # A second blob under the same name would take the place of the first.
    if holding.named:
        raise DoorDistrusted("a blob of another submission is offered again")
    if listed.size + KEPT_FREE > free_bytes:
        raise NoRoomForIt
    return Step.FETCH


def id_before(submission: str) -> str:
    """Return the cursor behind which this submission is the first that can be listed; empty for the very first."""
    number = int(submission, 16)
    return f"{number - 1:032x}" if number else ""


def is_offered(listed: Listed, page: Page) -> bool:
    """Tell whether the page behind `id_before` still offers a submission."""
    return any(one.submission == listed.submission for one in page.submissions)


def check_blob(part: ListedPart, size: int, sha256: str) -> None:
    """Raise DoorDistrusted unless the bytes that came are those that were offered."""
    if size != part.size:
        raise DoorDistrusted("a blob has another size than was said")
    if sha256 != part.sha256:
        raise DoorDistrusted("a blob has another SHA-256 than was said")


def write_confirm(submissions: Sequence[Listed], notices: Sequence[ListedNotice]) -> bytes:
    """Return the document that lets the source host erase these."""
    return write_object(
        {
            "candour_door": VERSION,
            "submissions": [
                {
                    "id": one.submission,
                    "parts": [{"blob": part.blob, "sha256": part.sha256} for part in one.parts],
                }
                for one in submissions
            ],
            "notices": [notice.id for notice in notices],
        }
    )


@distrust()
def read_confirmed(untrusted: bytes, submissions: Sequence[Listed]) -> None:
    """Check the answer to `write_confirm`. "gone" is as good as "erased": an earlier confirmation had arrived."""
    answers = read_answers(untrusted, "submissions", [one.submission for one in submissions], _CONFIRMATIONS)
    if "differs" in answers:
        raise Malformed("the source host does not hold what it let us collect")


def write_deliveries(deliveries: Sequence[OutboxDelivery]) -> bytes:
    """Return the document that carries these deliveries, MOST_DELIVERIES at most."""
    return write_object({"candour_door": VERSION, "deliveries": [_spell(delivery) for delivery in deliveries]})


def for_an_older_door(deliveries: Sequence[OutboxDelivery]) -> tuple[OutboxDelivery, ...]:
    """Return the deliveries in the words of a door from before there were these two: to it both are closed."""
    return tuple(
        replace(each, status=Status.CLOSED) if each.status in (Status.DESTROYED, Status.SHUT) else each
        for each in deliveries
    )


@distrust()
def read_delivered(untrusted: bytes, deliveries: Sequence[OutboxDelivery]) -> tuple[bool | None, ...]:
    """Return for each delivery whether it has arrived; False if the source host can never take it.

    None: a file of the reply is not there any more; it is brought again at the next run.
    """
    answers = read_answers(untrusted, "deliveries", [delivery.id for delivery in deliveries], frozenset(_ARRIVED))
    return tuple(_ARRIVED[answer] for answer in answers)


def read_answers(untrusted: bytes, name: str, ids: Sequence[str], words: frozenset[str]) -> tuple[str, ...]:
    """Return the word that answers each id, in order. Raises Malformed unless all are answered, and nothing else."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    found = fields.list_of(name, len(ids), lambda one: _answer(one, words))
    fields.end()
    if [answered for answered, _word in found] != list(ids):
        raise Malformed("the answers are not those to what was sent")
    return tuple(word for _answered, word in found)


def _answer(untrusted: object, words: frozenset[str]) -> tuple[str, str]:
    fields = Fields(untrusted, "answer")
    answer = fields.hex_id("id"), fields.one_of("answer", words)
    fields.end()
    return answer


def _spell(delivery: OutboxDelivery) -> dict[str, Any]:
    spelt: dict[str, Any] = {
        "id": delivery.id,
        "kind": delivery.kind.value,
        "address": delivery.address,
        "day": delivery.day,
    }
    if delivery.kind is Kind.STATUS and delivery.status is not None:
        return {**spelt, "status": delivery.status.value}
    spelt["reply"] = delivery.reply
    if delivery.sealed is not None:
        spelt["sealed"] = base64.b64encode(delivery.sealed).decode("ascii")
    if delivery.files:
        spelt["files"] = [file.id for file in delivery.files]
    return spelt


def _listed(untrusted: object) -> Listed:
    fields = Fields(untrusted, "submission")
    listed = Listed(fields.hex_id("id"), fields.day("day"), fields.list_of("parts", MOST_ATTACHMENTS + 1, _part))
    fields.end()
    if [part.kind for part in listed.parts].count("letter") != 1 or listed.parts[0].kind != "letter":
        raise Malformed("a submission has one letter, and it comes first")
    if listed.parts[0].size > LARGEST_LETTER:
        raise Malformed("a letter is too large")
    if listed.size > LARGEST_SUBMISSION:
        raise Malformed("a submission is too large")
    return listed


def _part(untrusted: object) -> ListedPart:
    fields = Fields(untrusted, "part")
    part = ListedPart(
        blob=fields.hex_id("blob"),
        kind=fields.one_of("kind", _PART_KINDS),
        size=fields.integer("size", LARGEST_SUBMISSION, least=1),
        sha256=fields.sha256("sha256"),
    )
    fields.end()
    return part


def _notice(untrusted: object) -> ListedNotice:
    fields = Fields(untrusted, "notice")
    notice = ListedNotice(
        fields.hex_id("id"), fields.hex_id("reply"), _NOTICE_STATES[fields.one_of("what", frozenset(_NOTICE_STATES))]
    )
    fields.end()
    return notice
