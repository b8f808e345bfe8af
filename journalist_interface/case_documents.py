"""What is sealed in a case: the items of its timeline. JSON, read back as strictly as anything else.

Each document is sealed for one place, so that none passes for another, within the case or outside. What opens and does
not read as what it should be is as broken as what does not open.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from journalist_interface.case_places import LONGEST_DOCUMENT, LONGEST_TEXT, broken_if_malformed, item_place
from journalist_interface.casework.safety_note import SafetyNote
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.errors import Malformed
from keys.letter import LARGEST_ATTACHMENT, LONGEST_NAME, MOST_ANSWERS, TOPICS, Answer, Letter
from keys.reply import MOST_QUESTIONS, Question
from keys.reply_file import MOST_FILES
from keys.strict_json import Fields, read_object, write_object

LONGEST_NOTE = 20_000  # characters
MOST_ATTACHMENTS = 200  # those the letter names, and those it does not


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
    """A letter as it was opened, with the attachments as they stand in the vault. The last two as in keys.letter."""

    day: str
    topics: tuple[str, ...]
    answers: tuple[Answer, ...] = field(repr=False)
    message: str = field(repr=False)
    must_not_reach: str = field(repr=False)
    attachments: tuple[StoredAttachment, ...]
    withdraws: bool = False
    joins: str = ""

    @classmethod
    def of(cls, letter: Letter, attachments: tuple[StoredAttachment, ...]) -> Self:
        """Return the document of an opened letter."""
        return cls(
            letter.day,
            letter.topics,
            letter.answers,
            letter.message,
            letter.must_not_reach,
            attachments,
            letter.withdraws,
            letter.joins,
        )

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
            message=fields.text("message", LONGEST_TEXT),
            must_not_reach=fields.text("must_not_reach", LONGEST_TEXT),
            attachments=fields.list_of("attachments", MOST_ATTACHMENTS, StoredAttachment.from_json),
            # Letters of before say neither.
            withdraws=fields.flag("withdraws") if fields.holds("withdraws") else False,
            joins=fields.text("joins", 64) if fields.holds("joins") else "",
        )


@dataclass(frozen=True)
class ReplyDocument:
    """A reply as it was sent. `author` is a user name, or empty for an automatic one; a source never sees it.

    `files` lie in the vault, as those of letters do; their declared type is empty.
    """

    author: str
    text: str = field(repr=False)
    questions: tuple[Question, ...] = field(default=(), repr=False)
    files: tuple[StoredAttachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        document: dict[str, Any] = {
            "author": self.author,
            "text": self.text,
            "questions": [question.to_json() for question in self.questions],
        }
        if self.files:
            document["files"] = [asdict(file) for file in self.files]
        return document

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the reply in a JSON object."""
        return cls(
            author=fields.text("author", 64),
            text=fields.text("text", LONGEST_TEXT),
            questions=fields.list_of("questions", MOST_QUESTIONS, Question.from_json),
            # Most replies have none, and those of before could not.
            files=fields.list_of("files", MOST_FILES, StoredAttachment.from_json) if fields.holds("files") else (),
        )


@dataclass(frozen=True)
class StatusDocument:
    """A status that was set, and why; of a closed case what came of it, unless it was closed before that was asked."""

    author: str
    status: str
    reason: str = field(repr=False)
    outcome: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the status in a JSON object."""
        author, status, reason = (
            fields.text("author", 64),
            fields.text("status", 16),
            fields.text("reason", LONGEST_TEXT),
        )
        return cls(author, status, reason, fields.text("outcome", 16) if fields.holds("outcome") else "")


@dataclass(frozen=True)
class _Words:
    """Words of somebody's."""

    author: str
    text: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the words in a JSON object."""
        return cls(fields.text("author", 64), fields.text("text", LONGEST_TEXT))


@dataclass(frozen=True)
class NoteDocument(_Words):
    """A note for colleagues. It leaves the desk only if somebody takes the case out and chose so (takeout). With
    `safety` it is a step of looking after somebody.
    """

    safety: SafetyNote | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        words = {"author": self.author, "text": self.text}
        return words if self.safety is None else {**words, "safety": self.safety.to_json()}

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        """Return the note in a JSON object."""
        author, text = fields.text("author", 64), fields.text("text", LONGEST_TEXT)
        return cls(author, text, SafetyNote.from_json(fields.value("safety")) if fields.holds("safety") else None)


class MarkDocument(_Words):
    """A line of the timeline: what somebody did with the case that is neither words for the source nor a note."""


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
        return cls(author, who, bool(fields.integer("cleared", 1)), fields.text("reason", LONGEST_TEXT))


Document = LetterDocument | ReplyDocument | StatusDocument | NoteDocument | AccessDocument | MarkDocument
_Kind = (
    type[LetterDocument]
    | type[ReplyDocument]
    | type[StatusDocument]
    | type[NoteDocument]
    | type[AccessDocument]
    | type[MarkDocument]
)
_KINDS: dict[str, _Kind] = {
    "letter": LetterDocument,
    "reply": ReplyDocument,
    "status": StatusDocument,
    "note": NoteDocument,
    "access": AccessDocument,
    "mark": MarkDocument,
}


def seal_document(key: CaseKey, case_id: str, item_id: str, document: Document) -> Ciphertext:
    """Return a document sealed for its item."""
    return key.seal_item(write_object(document.to_json()), item_place(case_id, item_id))


def open_document(key: CaseKey, case_id: str, item_id: str, kind: str, sealed: bytes) -> Document:
    """Return the document of an item. Raises SealBroken."""
    with broken_if_malformed():
        if kind not in _KINDS:
            raise Malformed("there is no such kind of item")
        fields = read_object(key.open_item(sealed, item_place(case_id, item_id)), LONGEST_DOCUMENT)
        document = _KINDS[kind].from_json(fields)
        fields.end()
    return document


def attachments_in(document: Document | None) -> tuple[StoredAttachment, ...]:
    """Return what came with a letter, or went with a reply."""
    if isinstance(document, LetterDocument):
        return document.attachments
    return document.files if isinstance(document, ReplyDocument) else ()


def _word(value: object) -> str:
    return str(value)
