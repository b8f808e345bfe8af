"""The reply: what the charity writes to a source, sealed to the source's reply key (DESIGN section 4).

JSON in UTF-8, padded to a size class, then HPKE to the reply public key that came inside the source's first letter.
The id of the reply and the address of the key are bound into the seal: a source host can neither read a reply nor pass
one off as another's.

A reply may name files that lie beside it, each sealed under a key that stands here (keys.reply_file). One without files
has no such field: it is spelt as replies were before there were any.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any

from keys.ciphertext import Ciphertext
from keys.errors import Malformed
from keys.hpke import Purpose, SecretKey, seal
from keys.padding import pad_text, unpad_text
from keys.reply_file import MOST_FILES, ReplyFile, check_together
from keys.strict_json import Fields, read_object, write_object

FORMAT_VERSION = 1
LONGEST_REPLY = 8_000  # characters
LONGEST_QUESTION = 1_000  # characters
MOST_QUESTIONS = 12
HIGHEST_NUMBER = 1_000_000
MOST_SHOWN_BYTES = 9_000  # of replies on one page of the inbox, so that the page keeps its size class
_AROUND_A_PARAGRAPH = 8
_AROUND_A_QUESTION = 400  # a field of its own and a hidden one, named by 32 digits
_AROUND_A_FILE = 320  # its line and its button, which names it by 32 digits
_AROUND_FILES = 1_400  # what to think of before opening one, and a form of their own
_REMINDER = 60  # characters
LARGEST_SEALED_REPLY = 256 * 1024  # bytes
_LABEL = "candour v1 reply"


def reply_address(reply_public_key: bytes) -> str:
    """Return the address of a source: the SHA-256 of its reply public key, 64 hexadecimal digits."""
    return sha256(b"candour v1 reply address\x00" + reply_public_key).hexdigest()


def paragraphs(text: str) -> tuple[str, ...]:
    """Return what stands between the blank lines of a text."""
    return tuple(found.strip() for found in text.split("\n\n") if found.strip())


def shown_bytes(text: str, questions: Iterable[str], files: Iterable[str] = ()) -> int:
    """Return how many bytes of the source's page a reply takes: its words as HTML writes them, with what is around.

    `files` are the names of its files.
    """
    size = sum(_html_bytes(paragraph) + _AROUND_A_PARAGRAPH for paragraph in paragraphs(text))
    for question in questions:
        size += _html_bytes(question) + _html_bytes(reminder(question)) + _AROUND_A_QUESTION
    named = [_html_bytes(name) + _AROUND_A_FILE for name in files]
    return size + sum(named) + (_AROUND_FILES if named else 0)


def reminder(question: str) -> str:
    """Return the beginning of a question in one line: it goes along with the answer, and says what was asked."""
    line = " ".join(question.split())
    return line if len(line) <= _REMINDER else line[: _REMINDER - 1] + "…"


def _html_bytes(text: str) -> int:
    return len(escape(text).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Question:
    """A question to a source. `id` is 32 hexadecimal digits; the answer in a later letter names it."""

    id: str
    text: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of this question."""
        return {"id": self.id, "text": self.text}

    @classmethod
    def from_json(cls, untrusted: object) -> "Question":
        """Return the question in a JSON object. Raises Malformed."""
        fields = Fields(untrusted, "question")
        question = cls(fields.hex_id("id"), fields.text("text", LONGEST_QUESTION))
        fields.end()
        return question


@dataclass(frozen=True)
class Reply:
    """One reply: its id (32 hexadecimal digits), the day it was written, a text, questions, and files.

    `number` grows from reply to reply of a case, so that the source reads those of one day in their order: the source
    host keeps no time finer than a day.
    """

    id: str
    day: str
    text: str = field(repr=False)
    questions: tuple[Question, ...] = field(default=(), repr=False)
    number: int = 1  # the first item of a timeline has 1
    files: tuple[ReplyFile, ...] = field(default=(), repr=False)

    def seal_to(self, reply_public_key: bytes) -> Ciphertext:
        """Return the reply sealed to a source. Raises Malformed if a limit of the format is passed."""
        document = {
            "candour_reply": FORMAT_VERSION,
            "id": self.id,
            "day": self.day,
            "number": self.number,
            "text": self.text,
            "questions": [question.to_json() for question in self.questions],
        }
        if self.files:
            document["files"] = [found.to_json() for found in self.files]
        padded = pad_text(write_object(document))
        Reply._read(padded)  # what the source could not read is refused here, where it can be mended
        return seal(reply_public_key, padded, _purpose(self.id, reply_public_key))

    @classmethod
    def open(cls, sealed: bytes, reply_id: str, key: SecretKey) -> "Reply":
        """Return the reply. Raises SealBroken if it is not this key's or reply, Malformed if it is none."""
        reply = cls._read(key.open(sealed, _purpose(reply_id, key.public)))
        if reply.id != reply_id:
            raise Malformed("the reply names another id")
        return reply

    @classmethod
    def _read(cls, padded: bytes) -> "Reply":
        fields = read_object(unpad_text(padded), LARGEST_SEALED_REPLY)
        fields.exactly("candour_reply", FORMAT_VERSION)
        reply = cls(
            id=fields.hex_id("id"),
            day=fields.day("day"),
            text=fields.text("text", LONGEST_REPLY),
            questions=fields.list_of("questions", MOST_QUESTIONS, Question.from_json),
            number=fields.integer("number", HIGHEST_NUMBER, least=1),
            files=_files(fields),
        )
        fields.end()
        return reply


def _files(fields: Fields) -> tuple[ReplyFile, ...]:
    if not fields.holds("files"):
        return ()
    files = fields.list_of("files", MOST_FILES, ReplyFile.from_json)
    if not files:
        raise Malformed("a reply without files has no list of them")
    check_together(files)
    return files


def _purpose(reply_id: str, reply_public_key: bytes) -> Purpose:
    return Purpose(_LABEL, f"{reply_id} {reply_address(reply_public_key)}".encode("ascii"))
