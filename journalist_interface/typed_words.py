"""What stands in the forms of a case's page: what was typed into one of them, or what was kept of it as a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import request

from journalist_interface.casework.drafts import Draft
from keys.reply import MOST_QUESTIONS
from store.desk.templates import Writing

EMPTY_QUESTIONS = 3


@dataclass(frozen=True)
class Typed:
    """What was typed into the forms of the page, to be shown again with the sentence of what is wrong in `form`."""

    form: str = ""
    sentence: str = ""
    has_news: bool = False  # something came meanwhile, and stands at the end of the timeline
    text: str = field(default="", repr=False)
    questions: tuple[str, ...] = field(default=(), repr=False)
    status: str = ""
    reason: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    who: str = ""
    keep_out_of: str = field(default="", repr=False)
    assignee: str = ""
    priority: str = ""
    tags: str = field(default="", repr=False)
    part: str = ""
    outcome: str = ""
    until: str = ""
    consenter: str = ""
    seen: str = ""  # how much of the case the writer saw when they began, if that holds on
    draft: str | None = None  # the draft that filled the form when they began, if that holds on
    kept_reason: str = field(default="", repr=False)  # the draft of a reason: other forms of the page have one too

    def question_boxes(self) -> tuple[str, ...]:
        """Return what stands in each box for a question: three at first, as many as were sent afterwards."""
        filled = tuple(question for question in self.questions if question.strip())
        return (filled + ("",) * MOST_QUESTIONS)[: max(EMPTY_QUESTIONS, min(MOST_QUESTIONS, len(self.questions)))]


def typed_draft(writing: Writing) -> Draft:
    """Return what the form of this request says, as a draft that nobody kept."""
    if writing is Writing.REPLY:
        return Draft(request.form.get("text", ""), tuple(request.form.getlist("question")))
    if writing is Writing.STATUS:
        return Draft(request.form.get("reason", ""), status=request.form.get("status", ""))
    return Draft(request.form.get("note", ""))


def typed_of(writing: Writing, draft: Draft) -> Typed:
    """Return the form with these words in it."""
    if writing is Writing.REPLY:
        return Typed("reply", text=draft.text, questions=draft.questions)
    if writing is Writing.STATUS:
        return Typed("status", status=draft.status, reason=draft.text)
    return Typed("note", note=draft.text)


def with_drafts(typed: Typed, drafts: Mapping[str, Draft]) -> Typed:
    """Return the forms with what was kept in those that nothing was typed into."""
    reply, status, note = (drafts.get(each.value, Draft()) for each in (Writing.REPLY, Writing.STATUS, Writing.NOTE))
    if typed.form != Writing.REPLY and reply.version:
        boxes = max(len(typed.questions), min(MOST_QUESTIONS, len(reply.questions) + 1))
        empty = ("",) * (boxes - len(reply.questions))
        typed = replace(typed, text=reply.text, questions=reply.questions + empty)
    if typed.form != Writing.STATUS and status.version:
        typed = replace(typed, status=status.status, kept_reason=status.text)
    if typed.form != Writing.NOTE and note.version:
        typed = replace(typed, note=note.text)
    return typed
