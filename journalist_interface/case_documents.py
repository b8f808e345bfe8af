"""What is sealed in a case: its card, and the items of its timeline. JSON, read back as strictly as anything else.

Each document is sealed for one place, so that none passes for another, within the case or outside. What opens and does
not read as what it should be is as broken as what does not open.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Self

from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.letter import LARGEST_ATTACHMENT, LONGEST_NAME, MOST_ANSWERS, TOPICS, Answer, Letter
from keys.padding import text_size_class
from keys.reply import MOST_QUESTIONS, Question
from keys.strict_json import Fields, read_object, write_object

NO_ITEMS = sha256(b"candour v1 timeline").hexdigest()
LONGEST_NOTE = 20_000  # characters
MOST_ATTACHMENTS = 200  # those the letter names, and those it does not
_LONGEST_DOCUMENT = text_size_class(64 << 20)  # bytes; a letter is far shorter
_LONGEST_TEXT = 200_000  # characters; each text was checked against its own limit when it came in


def card_place(case_id: str) -> str:
    """Return the place of a case's card."""
    return f"{case_id} card"


def item_place(case_id: str, item_id: str) -> str:
    """Return the place of an item of the timeline."""
    return f"{case_id} item {item_id}"


def attachment_place(case_id: str, attachment_id: str) -> str:
    """Return the place of a vault file."""
    return f"{case_id} attachment {attachment_id}"


def timeline_after(timeline: str, item_ids: Iterable[str]) -> str:
    """Return the hash over a timeline to which items were added, the oldest first."""
    for item_id in item_ids:
        timeline = sha256(f"candour v1 timeline {timeline} {item_id}".encode()).hexdigest()
    return timeline


@dataclass(frozen=True)
class Card:
    """What the list of cases shows: the two-word name, topics, how many letters nobody has read yet, and whether one of
    its letters tells of danger; and whose case it is: the address that follows from the source's reply key, or empty.

    `timeline` is a hash over the ids of its items, in their order: none can be taken away or moved unnoticed.

    The last three are None in a card of before, which did not say (case_access.settled_card).
    """

    name: str
    topics: tuple[str, ...]
    unread: int
    danger: bool | None
    source: str | None
    timeline: str | None = NO_ITEMS

    def seal(self, key: CaseKey, case_id: str) -> Ciphertext:
        """Return the card sealed for its place. Raises ValueError if danger or source is not settled."""
        if self.danger is None or self.source is None:
            raise ValueError("a card says whether there is danger, and whose it is")
        values = {name: value for name, value in asdict(self).items() if value is not None}
        values["topics"] = list(self.topics)
        return key.seal_item(write_object(values), card_place(case_id))

    @classmethod
    def open(cls, key: CaseKey, case_id: str, sealed: bytes) -> Self:
        """Return the card. Raises SealBroken."""
        with _broken_if_malformed():
            fields = read_object(key.open_item(sealed, card_place(case_id)), _LONGEST_DOCUMENT)
            card = cls(
                name=fields.text("name", 100),
                topics=fields.list_of("topics", len(TOPICS), _word),
                unread=fields.integer("unread", 1 << 30),
                danger=fields.flag("danger") if fields.holds("danger") else None,
                source=fields.text("source", 64) if fields.holds("source") else None,
                timeline=fields.text("timeline", 64) if fields.holds("timeline") else None,
            )
            fields.end()
        return card


@dataclass(frozen=True)
class StoredAttachment:
    """An attachment in the vault.

    With `problem`, a sentence, it could not be recovered: the vault file then holds the sealed original, and `id` is
    empty if not even that arrived.
    """

    id: str
    name: str = field(repr=False)
    declared_type: str = field(repr=False)
    size: int
    sha256: str
    problem: str = ""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the attachment in a JSON object."""
        fields = Fields(value, "attachment")
        attachment = cls(
            id=fields.text("id", 32),
            name=fields.text("name", LONGEST_NAME),
            declared_type=fields.text("declared_type", 127),
            size=fields.integer("size", LARGEST_ATTACHMENT),
            sha256=fields.text("sha256", 64),
            problem=fields.text("problem", 2_000),
        )
        fields.end()
        return attachment


@dataclass(frozen=True)
class LetterDocument:
    """A letter as it was opened, with the attachments as they stand in the vault."""

    day: str
    topics: tuple[str, ...]
    answers: tuple[Answer, ...] = field(repr=False)
    message: str = field(repr=False)
    must_not_reach: str = field(repr=False)
    attachments: tuple[StoredAttachment, ...]

    @classmethod
    def of(cls, letter: Letter, attachments: tuple[StoredAttachment, ...]) -> Self:
        """Return the document of an opened letter."""
        return cls(letter.day, letter.topics, letter.answers, letter.message, letter.must_not_reach, attachments)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            **asdict(self),
            "topics": list(self.topics),
            "answers": [answer.to_json() for answer in self.answers],
            "attachments": [asdict(attachment) for attachment in self.attachments],
        }

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the letter in a JSON object."""
        return cls(
            day=fields.day("day"),
            topics=fields.list_of("topics", len(TOPICS), _word),
            answers=fields.list_of("answers", MOST_ANSWERS, Answer.from_json),
            message=fields.text("message", _LONGEST_TEXT),
            must_not_reach=fields.text("must_not_reach", _LONGEST_TEXT),
            attachments=fields.list_of("attachments", MOST_ATTACHMENTS, StoredAttachment.from_json),
        )


@dataclass(frozen=True)
class ReplyDocument:
    """A reply as it was sent. `author` is a user name, or empty for an automatic one; a source never sees it."""

    author: str
    text: str = field(repr=False)
    questions: tuple[Question, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "author": self.author,
            "text": self.text,
            "questions": [question.to_json() for question in self.questions],
        }

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the reply in a JSON object."""
        return cls(
            author=fields.text("author", 64),
            text=fields.text("text", _LONGEST_TEXT),
            questions=fields.list_of("questions", MOST_QUESTIONS, Question.from_json),
        )


@dataclass(frozen=True)
class StatusDocument:
    """A status that was set, and why."""

    author: str
    status: str
    reason: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the status in a JSON object."""
        return cls(fields.text("author", 64), fields.text("status", 16), fields.text("reason", _LONGEST_TEXT))


@dataclass(frozen=True)
class NoteDocument:
    """A note for colleagues. It never leaves the desk."""

    author: str
    text: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the note in a JSON object."""
        return cls(fields.text("author", 64), fields.text("text", _LONGEST_TEXT))


@dataclass(frozen=True)
class AccessDocument:
    """Somebody was let in (`cleared`) or kept out, and why. The reason may name people: it is sealed like the rest."""

    author: str
    who: str
    cleared: bool
    reason: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"author": self.author, "who": self.who, "cleared": int(self.cleared), "reason": self.reason}

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the change of access in a JSON object."""
        author, who = fields.text("author", 64), fields.text("who", 64)
        return cls(author, who, bool(fields.integer("cleared", 1)), fields.text("reason", _LONGEST_TEXT))


Document = LetterDocument | ReplyDocument | StatusDocument | NoteDocument | AccessDocument
_KINDS: dict[
    str,
    type[LetterDocument] | type[ReplyDocument] | type[StatusDocument] | type[NoteDocument] | type[AccessDocument],
] = {
    "letter": LetterDocument,
    "reply": ReplyDocument,
    "status": StatusDocument,
    "note": NoteDocument,
    "access": AccessDocument,
}


def seal_document(key: CaseKey, case_id: str, item_id: str, document: Document) -> Ciphertext:
    """Return a document sealed for its item."""
    return key.seal_item(write_object(document.to_json()), item_place(case_id, item_id))


def open_document(key: CaseKey, case_id: str, item_id: str, kind: str, sealed: bytes) -> Document:
    """Return the document of an item. Raises SealBroken."""
    with _broken_if_malformed():
        if kind not in _KINDS:
            raise Malformed("there is no such kind of item")
        fields = read_object(key.open_item(sealed, item_place(case_id, item_id)), _LONGEST_DOCUMENT)
        document = _KINDS[kind].from_json(fields)
        fields.end()
    return document


@contextmanager
def _broken_if_malformed() -> Iterator[None]:
    try:
        yield
    except Malformed as reason:
        raise SealBroken("what is sealed here is not what it should be") from reason


def _word(value: object) -> str:
    return str(value)
