"""A form as a page shows it: what was typed, what is wrong with it, which files are held already.

Judging is pure: text in, errors out. No file is opened here, no clock asked.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from keys.letter import MOST_ANSWERS, Answer
from serving.form_stream import TextFields
from serving.language import gettext as _
from serving.plain_sizes import size_text
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.circuit_words import too_many_forms
from source_interface.questions import TOPICS, Kind, questions
from source_interface.room_words import files_refused_text_not, name_some
from source_interface.settings import Settings

_SUBMISSION_ID = re.compile(r"[0-9a-f]{32}\Z")
_ANSWER_FIELD = re.compile(r"answer-([0-9a-f]{32})\Z")
MUST_NOT_REACH_CHARACTERS = 2_000
_SHORT_FIELD = 400  # characters: tokens, choices, a codename; a ticket is longer
_SHORT_FIELDS = ("csrf_token", "submission", "codename_check", "codename", "one_way", "topic", "act", "drop")
LONGEST_OTHER_FIELD = 250_000
# What a form says of one sending of it, not of what its source wants to say; each page writes these itself.
_OF_ONE_SENDING = frozenset({"csrf_token", "submission", "held", "drop", "act"})


class Act(StrEnum):
    """What a button of a form asks for, other than to send it: the value of its field `act`."""

    NEW_CODENAME = "new-codename"
    ADD_FILES = "add-files"  # the page on which files are chosen
    CHANGE = "change"  # back from there to the words


@dataclass(frozen=True)
class HeldFile:
    """A file that is here already, as the page names it. `id` says which one the source wants dropped."""

    id: str
    name: str = field(repr=False)
    size_text: str


@dataclass(frozen=True)
class ShownLimits:
    """The limits a form tells of."""

    files: int
    total: str


@dataclass
class FilledForm:
    """One form: empty, or as it came back. `errors` maps a field's name to a sentence."""

    submission: str
    limits: ShownLimits
    has_codename: bool = False
    values: dict[str, str] = field(default_factory=dict, repr=False)
    lists: dict[str, list[str]] = field(default_factory=dict, repr=False)
    errors: dict[str, str] = field(default_factory=dict)
    held: list[HeldFile] = field(default_factory=list, repr=False)
    held_token: str = field(default="", repr=False)
    new_codename: str = field(default="", repr=False)
    is_too_much: bool = False
    came_before: bool = False  # with other contents, and was taken

    def carried(self) -> list[tuple[str, str]]:
        """Return all that was typed and chosen, by field name: what a page carries that does not show it."""
        return [(name, text) for name, texts in self.lists.items() if name not in _OF_ONE_SENDING for text in texts]

    def values_list(self, name: str) -> list[str]:
        """Return every value of a field that may be given several times."""
        return self.lists.get(name, [])


def new_submission_id() -> str:
    """Return 32 random hexadecimal digits: what is sent under one of them is one submission."""
    return secrets.token_hex(16)


def empty_form(settings: Settings, *, has_codename: bool = False) -> FilledForm:
    """Return a new form with an id of its own: whatever is sent under it is one submission."""
    return FilledForm(new_submission_id(), _limits(settings), has_codename)


def returned_form(settings: Settings, fields: TextFields, *, has_codename: bool = False) -> FilledForm:
    """Return the form as it came back, nothing lost. An id that no form of ours has is replaced."""
    submission = fields.get("submission")
    form = FilledForm(
        submission=submission if _SUBMISSION_ID.match(submission) else new_submission_id(),
        limits=_limits(settings),
        has_codename=has_codename,
        values={name: values[0] for name, values in fields.values.items()},
        lists=dict(fields.values),
    )
    for name in sorted(fields.overlong):
        form.errors[name] = _("This is too long: at most {most} characters. Please shorten it.").format(
            most=f"{field_limits(settings).get(name, settings.answer_characters):,}"
        )
        form.is_too_much = True
    return form


def failed_form(settings: Settings, fields: TextFields) -> FilledForm:
    """Return the form as it came back, with the sentence for a fault of ours."""
    form = returned_form(settings, fields, has_codename=True)
    form.errors["form"] = _(
        "Something went wrong on our side. Please try again in a few minutes. Add your files again first."
    )
    return form


def busy_form(settings: Settings, fields: TextFields, *, has_codename: bool, of_circuit: bool) -> FilledForm:
    """Return the form as it came back, with the sentence for too many at once, in all or of one circuit's.

    Its files were dropped.
    """
    form = returned_form(settings, fields, has_codename=has_codename)
    form.errors["form"] = (
        too_many_forms()
        if of_circuit
        else _(
            "Very many files are being sent to us at the moment, so we could not take yours. What you wrote is not "
            "lost; your files must be sent again. Try again in a few minutes and add them first, or send your words "
            "alone now."
        )
    )
    return form


def field_limits(settings: Settings) -> dict[str, int]:
    """Return the most characters of each named field."""
    guided = {question.id: min(question.longest, settings.answer_characters) for question in questions()}
    short = dict.fromkeys(_SHORT_FIELDS, _SHORT_FIELD)
    return {
        **guided,
        **short,
        "message": settings.message_characters,
        "must_not_reach": MUST_NOT_REACH_CHARACTERS,
        "held": LONGEST_OTHER_FIELD,
    }


def chosen_topics(fields: TextFields) -> tuple[str, ...]:
    """Return the topics that were ticked, each once, in the order of the page; unknown ones are passed over."""
    ticked = set(fields.all("topic"))
    return tuple(topic for topic in TOPICS if topic in ticked)


def guided_answers(fields: TextFields) -> tuple[Answer, ...]:
    """Return the answers to the guided questions that were answered."""
    found = []
    for question in questions():
        text = fields.get(question.id).strip()
        allowed = {choice.value for choice in question.choices}
        if text and (question.kind is Kind.TEXT or text in allowed):
            found.append(Answer(question.id, text))
    return tuple(found)


def question_answers(fields: TextFields) -> tuple[Answer, ...]:
    """Return the answers to a reviewer's questions: the fields named `answer-` and the question's id."""
    found = []
    for name in fields.values:
        match = _ANSWER_FIELD.match(name)
        text = fields.get(name).strip()
        if match and text:
            found.append(Answer(match.group(1), text))
    return tuple(found[:MOST_ANSWERS])


def judge_files(form: FilledForm, settings: Settings, held: Iterable[Attachment], receiver: AttachmentReceiver) -> None:
    """Add an error for every file that was dropped, by name.

    What was received is erased when it is too much together with what is held already.
    """
    sentences = []
    if receiver.refused_size:
        sentences.append(
            _("Too large for one sending (at most {total} together), not taken: {names}.").format(
                total=form.limits.total, names=name_some(receiver.refused_size)
            )
        )
    if receiver.refused_count:
        sentences.append(
            _("Too many files for one sending (at most {most}), not taken: {names}.").format(
                most=settings.files, names=name_some(receiver.refused_count)
            )
        )
    if receiver.refused_room:
        sentences.append(
            files_refused_text_not(name_some(receiver.refused_room), one_way=form.values.get("one_way") == "yes")
        )
    together = _too_much_together(settings, list(held), receiver)
    sentences += together
    form.is_too_much = form.is_too_much or bool(together or receiver.refused_size or receiver.refused_count)
    if sentences:
        form.errors["attachments"] = " ".join(sentences)


def _too_much_together(settings: Settings, held: list[Attachment], receiver: AttachmentReceiver) -> list[str]:
    """Return what to say if what came now is too much with what is held; it is erased then."""
    left = settings.files - len(held)
    size = sum(attachment.size for attachment in [*held, *receiver.received])
    if len(receiver.received) <= left and size <= settings.submission_bytes:
        return []
    receiver.drop_received()
    return [
        _("Together with the {count} files we have, this is too much. We took none of the new ones.").format(
            count=len(held)
        ),
        _("Choose {left} files or fewer, {total} in all; or send the rest later from “My report”.").format(
            left=left, total=size_text(settings.submission_bytes)
        ),
    ]


def _limits(settings: Settings) -> ShownLimits:
    return ShownLimits(settings.files, size_text(settings.submission_bytes))
