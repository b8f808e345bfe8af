"""What of a case leaves in a bundle: one document, of which case.json is the words and case.html the look. No I/O.

Deny by default: a kind of item that is not named here stays. Never leave: the two-word name, who may read the case and
why, what is said of the work on it, its summary, tags and drafts, and the source's reply key.
What should be there and does not open, or is not there, is said in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journalist_interface.case_documents import (
    LetterDocument,
    NoteDocument,
    ReplyDocument,
    StatusDocument,
    StoredAttachment,
)
from journalist_interface.case_page import Entry
from journalist_interface.casework.safety_words import safety_sentences
from journalist_interface.labels import (
    answer_label,
    item_kind_label,
    question_label,
    reply_state_label,
    status_label,
    topic_label,
)
from journalist_interface.takeout.file_names import enclosed_name
from journalist_interface.takeout.people_named import PeopleNamed
from journalist_interface.takeout.wish import Choices
from journalist_interface.trail_file import iso_time
from keys.letter import Answer
from keys.statuses import Status
from serving.language import gettext as _
from store.desk.items import ItemKind

# The kinds of which nothing leaves, not even that there is one that does not open.
_INTERNAL = frozenset({ItemKind.NOTE.value, ItemKind.ACCESS.value, ItemKind.MARK.value})


@dataclass(frozen=True)
class Enclosed:
    """An attachment that is in the bundle: its name there, and what its letter says of it."""

    name: str
    attachment: StoredAttachment


@dataclass(frozen=True)
class Contents:
    """The timeline of the bundle, its attachments, and the sentences of what is missing."""

    timeline: list[dict[str, Any]] = field(repr=False)
    attachments: list[dict[str, Any]] = field(repr=False)
    enclosed: tuple[Enclosed, ...]
    lacks: tuple[str, ...]
    must_not_reach: tuple[str, ...] = field(repr=False)


def compose(
    entries: Sequence[Entry], choices: Choices, people: PeopleNamed, faults: Mapping[str, str], *, lacks_a_part: bool
) -> Contents:
    """Return what leaves of these entries. `faults` maps the id of an attachment that cannot be enclosed to why."""
    composer = _Composer(entries, choices, people, faults)
    for entry in entries:
        composer.add(entry)
    if lacks_a_part:
        composer.lacks.append(
            _("The timeline is not the one that was sealed: a part of it was taken away, moved or put in.")
        )
    return Contents(
        composer.timeline,
        composer.attachments,
        tuple(composer.enclosed),
        tuple(composer.lacks),
        tuple(
            entry.document.must_not_reach
            for entry in entries
            if isinstance(entry.document, LetterDocument) and entry.document.must_not_reach
        ),
    )


class _Composer:
    def __init__(
        self, entries: Sequence[Entry], choices: Choices, people: PeopleNamed, faults: Mapping[str, str]
    ) -> None:
        self.timeline: list[dict[str, Any]] = []
        self.attachments: list[dict[str, Any]] = []
        self.enclosed: list[Enclosed] = []
        self.lacks: list[str] = []
        self._choices = choices
        self._people = people
        self._faults = faults
        self._asked = {
            question.id: question.text
            for entry in entries
            if isinstance(entry.document, ReplyDocument)
            for question in entry.document.questions
        }
        self._answers: dict[str, list[str]] = {}
        for entry in entries:
            for answer in entry.document.answers if isinstance(entry.document, LetterDocument) else ():
                self._answers.setdefault(answer.question, []).append(answer.text)

    def add(self, entry: Entry) -> None:
        """Add one entry of the case's timeline, or nothing if it stays."""
        said = entry.document
        if isinstance(said, LetterDocument):
            self._put(ItemKind.LETTER, self._letter(entry, said))
        elif isinstance(said, ReplyDocument):
            self._put(ItemKind.REPLY, self._reply(entry, said))
        elif isinstance(said, StatusDocument):
            self._put(ItemKind.STATUS, self._status(entry, said))
        elif isinstance(said, NoteDocument) and self._choices.notes:
            words = [*safety_sentences(said.safety, self._people), said.text]
            text = "\n".join(each for each in words if each)
            self._put(ItemKind.NOTE, {**self._act(entry, said.author), "text": text})
        elif said is None and (entry.kind not in _INTERNAL or (self._choices.notes and entry.kind == ItemKind.NOTE)):
            self._unreadable(entry)

    def _put(self, kind: ItemKind, values: dict[str, Any]) -> None:
        self.timeline.append({"number": len(self.timeline) + 1, "kind": kind.value, **values})

    def _act(self, entry: Entry, author: str) -> dict[str, Any]:
        return {"at": iso_time(entry.made_at), "by": self._people(author)}

    def _letter(self, entry: Entry, said: LetterDocument) -> dict[str, Any]:
        return {
            "sent_on": said.day,
            "opened_at": iso_time(entry.made_at),
            "topics": [topic_label(topic) for topic in said.topics],
            "message": said.message,
            "answers": [self._answer(answer) for answer in said.answers],
            "must_not_reach": said.must_not_reach,
            "withdraws": said.withdraws,
            "attachments": [self._attachment(each) for each in said.attachments],
        }

    def _answer(self, answer: Answer) -> dict[str, str]:
        # The source host might make ids up: what it says is shown, under its own id.
        question = question_label(answer.question) or self._asked.get(answer.question) or answer.question
        return {"question": question, "answer": answer_label(answer.question, answer.text)}

    def _reply(self, entry: Entry, said: ReplyDocument) -> dict[str, Any]:
        questions = [
            {"question": each.text, "answers": list(self._answers.get(each.id, ()))} for each in said.questions
        ]
        return {
            **self._act(entry, said.author),
            "text": said.text,
            "questions": questions,
            "state": reply_state_label(entry.state),
            "attachments": [self._attachment(each) for each in said.files],
        }

    def _status(self, entry: Entry, said: StatusDocument) -> dict[str, Any]:
        # The reason of a closing was written for the source; any other is a word among colleagues.
        told = self._choices.notes or said.status == Status.CLOSED.value
        return {
            **self._act(entry, said.author),
            "status": status_label(said.status),
            "reason": said.reason if told else "",
        }

    def _unreadable(self, entry: Entry) -> None:
        sentence = _("This part was altered since it was sealed, and does not open. What it said is not in this file.")
        self.timeline.append(
            {
                "number": len(self.timeline) + 1,
                "kind": "unreadable",
                "what": item_kind_label(entry.kind),
                "at": iso_time(entry.made_at),
                "said": sentence,
            }
        )
        self.lacks.append(_("Entry {n} of the timeline does not open.").format(n=len(self.timeline)))

    def _attachment(self, attachment: StoredAttachment) -> int:
        """Note an attachment, and return its number."""
        number = len(self.attachments) + 1
        name = enclosed_name(number, attachment.name)
        fault = attachment.problem or self._faults.get(attachment.id, "")
        state = "damaged" if fault else "enclosed" if self._choices.attachments else "left out"
        if state == "enclosed":
            self.enclosed.append(Enclosed(name, attachment))
        if fault:
            self.lacks.append(_("Attachment {n} cannot be given: {why}").format(n=number, why=fault))
        self.attachments.append(
            {
                "number": number,
                "name": attachment.name,
                "declared_type": attachment.declared_type,
                "size": attachment.size,
                "sha256": attachment.sha256,
                "state": state,
                "file": name if state == "enclosed" else None,
                "said": fault,
            }
        )
        return number
