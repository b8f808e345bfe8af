"""The letter: what a source says in one submission, and what its attachments must turn out to be.

JSON in UTF-8, padded with trailing spaces to a size class (DESIGN section 4), then sealed to the intake key. Read on
the reviewer host, where nothing the source host says is trusted: every field is bounded and has one spelling.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

from keys.errors import Malformed
from keys.hpke import check_public_key
from keys.padding import pad_text, unpad_text
from keys.strict_json import Fields, read_object, write_object

FORMAT_VERSION = 1
LONGEST_MESSAGE = 100_000  # characters
LONGEST_ANSWER = 20_000  # characters
LONGEST_NAME = 255  # characters of a file name
MOST_ATTACHMENTS = 100
MOST_ANSWERS = 200
MOST_CONTAINERS = 400  # objects and lists: every attachment, every answer, and what holds them
LARGEST_ATTACHMENT = 1 << 40  # bytes
LONGEST_LETTER = 32 << 20  # bytes of JSON, far above what the limits of a site let through

TOPICS = frozenset({"money", "advantage", "sexual", "partner", "hate", "other"})


@dataclass(frozen=True)
class Answer:
    """An answer in the source's words. `question` is the id of a guided question or of a reviewer's question."""

    question: str
    text: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of this answer."""
        return {"question": self.question, "answer": self.text}

    @classmethod
    def from_json(cls, untrusted: object) -> "Answer":
        """Return the answer in a JSON object. Raises Malformed."""
        fields = Fields(untrusted, "answer")
        answer = cls(fields.text("question", 64), fields.text("answer", LONGEST_ANSWER))
        fields.end()
        return answer


@dataclass(frozen=True)
class AttachmentRecord:
    """What one attachment is: the blob that holds it, its name and type as the source gave them, size, SHA-256."""

    blob: str
    name: str = field(repr=False)
    declared_type: str
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of this record."""
        return {
            "blob": self.blob,
            "name": self.name,
            "type": self.declared_type,
            "size": self.size,
            "sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, untrusted: object) -> "AttachmentRecord":
        """Return the record in a JSON object. Raises Malformed."""
        fields = Fields(untrusted, "attachment")
        record = cls(
            blob=fields.hex_id("blob"),
            name=fields.text("name", LONGEST_NAME),
            declared_type=fields.text("type", 127),
            size=fields.integer("size", LARGEST_ATTACHMENT),
            sha256=fields.sha256("sha256"),
        )
        fields.end()
        return record


@dataclass(frozen=True)
class Letter:
    """One submission's letter. `reply_key` is None when the source does not want to come back.

    `withdraws`: the source takes back what was said. `joins`: the address of another reply key of the same source, who
    wrote under another codename before and proved it to the source host with that codename; or empty.
    """

    submission: str
    day: str
    reply_key: bytes | None = field(repr=False)
    topics: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    message: str = field(default="", repr=False)
    must_not_reach: str = field(default="", repr=False)
    attachments: tuple[AttachmentRecord, ...] = ()
    withdraws: bool = False
    joins: str = ""

    def to_padded(self) -> bytes:
        """Return the letter as JSON, padded to its size class."""
        return pad_text(
            write_object(
                {
                    "candour_letter": FORMAT_VERSION,
                    "submission": self.submission,
                    "day": self.day,
                    "reply_key": None if self.reply_key is None else base64.b64encode(self.reply_key).decode("ascii"),
                    "topics": list(self.topics),
                    "answers": [answer.to_json() for answer in self.answers],
                    "message": self.message,
                    "must_not_reach": self.must_not_reach,
                    "attachments": [record.to_json() for record in self.attachments],
                    # Only where they say something: every other letter is as it always was.
                    **({"withdraws": True} if self.withdraws else {}),
                    **({"joins": self.joins} if self.joins else {}),
                }
            )
        )

    @classmethod
    def from_padded(cls, untrusted: bytes) -> "Letter":
        """Return the letter in decrypted bytes. Raises Malformed if any rule of the format is broken."""
        fields = read_object(unpad_text(untrusted), LONGEST_LETTER, MOST_CONTAINERS)
        fields.exactly("candour_letter", FORMAT_VERSION)
        letter = cls(
            submission=fields.hex_id("submission"),
            day=fields.day("day"),
            reply_key=_reply_key(fields.optional_text("reply_key", 2048)),
            topics=fields.list_of("topics", len(TOPICS), _topic),
            answers=fields.list_of("answers", MOST_ANSWERS, Answer.from_json),
            message=fields.text("message", LONGEST_MESSAGE),
            must_not_reach=fields.text("must_not_reach", LONGEST_ANSWER),
            attachments=fields.list_of("attachments", MOST_ATTACHMENTS, AttachmentRecord.from_json),
            withdraws=_withdraws(fields),
            joins=fields.sha256("joins") if fields.holds("joins") else "",
        )
        fields.end()
        if len({record.blob for record in letter.attachments}) != len(letter.attachments):
            raise Malformed("two attachments name the same blob")
        if len(set(letter.topics)) != len(letter.topics):
            raise Malformed("a topic is named twice")
        if letter.reply_key is None and (letter.withdraws or letter.joins):
            raise Malformed("only a source who can come back withdraws or joins")
        return letter


def _withdraws(fields: Fields) -> bool:
    if not fields.holds("withdraws"):
        return False
    # A letter has one spelling: one that withdraws nothing does not say so.
    fields.exactly("withdraws", True)
    return True


def _topic(untrusted: object) -> str:
    if not isinstance(untrusted, str) or untrusted not in TOPICS:
        raise Malformed("a topic is not one of the words allowed")
    return untrusted


def _reply_key(untrusted: str | None) -> bytes | None:
    if untrusted is None:
        return None
    try:
        raw = base64.b64decode(untrusted.encode("ascii"), validate=True)
    except ValueError as reason:
        raise Malformed("reply_key is not Base64") from reason
    if base64.b64encode(raw).decode("ascii") != untrusted:
        raise Malformed("reply_key has one spelling")
    return check_public_key(raw)
