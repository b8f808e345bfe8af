"""The desk's own words for the ids that stand in letters, cases and the outbox.

The source's site asks in its own words; the ids are what both halves share. Labels are made when asked for, so that
one process can speak several languages. An id without a label is shown as it is.
"""

from keys.statuses import Status
from serving.language import gettext as _


def topic_label(topic: str) -> str:
    """Return what a report is about, in a few words."""
    return {
        "money": _("Money or favours"),
        "advantage": _("Personal advantage"),
        "sexual": _("Abuse of position for a sexual purpose"),
        "partner": _("Abuse of a partner or family"),
        "hate": _("Racist, homophobic, misogynistic or disablist conduct"),
        "other": _("Something else"),
    }.get(topic, topic)


def question_label(question: str) -> str | None:
    """Return a guided question, or None if the id is not one of ours."""
    return {
        "q-danger": _("Is anyone in danger now?"),
        "q-when": _("When did it happen?"),
        "q-where": _("Where did it happen?"),
        "q-who": _("Who did it?"),
        "q-ongoing": _("Is it still going on?"),
        "q-how-know": _("How does the source know?"),
        "q-access": _("Can the person look things up on police systems?"),
        "q-guess": _("Could anyone guess who the source is?"),
        "q-only-one": _("Is the source the only one who could know?"),
        "q-safe-time": _("When is it safe for the source to come back?"),
        "q-told": _("Has the source told anyone, and what came of it?"),
        "q-wish": _("What would the source like to happen?"),
    }.get(question)


def answer_label(question: str, answer: str) -> str:
    """Return the answer in words: a choice by its label, anything else as the source wrote it."""
    if question in {"q-danger", "q-ongoing", "q-access", "q-only-one"}:
        return {"yes": _("Yes"), "no": _("No"), "not-sure": _("Not sure")}.get(answer, answer)
    if question == "q-how-know":
        return {
            "happened-to-me": _("It happened to the source"),
            "saw-it": _("The source saw it"),
            "told-by-witness": _("Someone who saw it told the source"),
            "was-told": _("The source heard about it"),
        }.get(answer, answer)
    return answer


def status_label(status: str) -> str:
    """Return where a report stands."""
    return {
        Status.SENT.value: _("Sent"),
        Status.COLLECTED.value: _("Collected"),
        Status.BEING_READ.value: _("Being read"),
        Status.QUESTION.value: _("Question for the source"),
        Status.PASSED_ON.value: _("Passed on"),
        Status.CLOSED.value: _("Closed"),
        Status.DESTROYED.value: _("Destroyed"),
        Status.SHUT.value: _("Inbox shut"),
    }.get(status, status)


def item_kind_label(kind: str) -> str:
    """Return what an item of the timeline is, for one that does not open."""
    return {
        "letter": _("Letter from the source"),
        "reply": _("Reply"),
        "status": _("Status"),
        "note": _("Note"),
        "access": _("Who may read this case"),
    }.get(kind, kind)


def reply_state_label(state: str | None) -> str:
    """Return where a reply is."""
    return {
        "scheduled": _("waiting for the courier"),
        "delivered": _("delivered, not read yet"),
        "read": _("read by the source"),
        "deleted": _("deleted by the source"),
        "withdrawn": _("withdrawn"),
        "unknown": _("not delivered: this source is not known there any more"),
    }.get(state or "", state or "")


def sent_file_label(state: str | None) -> str:
    """Return where the files of a reply are."""
    return {
        "scheduled": _("waiting for the courier"),
        "delivered": _("at the source host, for some weeks"),
        "read": _("at the source host, for some weeks; nobody is told whether it was downloaded"),
        "deleted": _("deleted by the source"),
        "withdrawn": _("withdrawn"),
        "unknown": _("not delivered"),
    }.get(state or "", state or "")


def priority_label(priority: str) -> str:
    """Return a priority in words."""
    return {"low": _("Low"), "normal": _("Normal"), "high": _("High")}.get(priority, priority)


def outcome_label(outcome: str) -> str:
    """Return what came of a closed case."""
    return {
        "passed-on": _("Passed on to who can act"),
        "no-evidence": _("Not enough to act on"),
        "not-ours": _("Not a matter for us"),
        "withdrawn": _("Taken back by the source"),
        "misuse": _("Misuse: spam, or made up to do harm"),
    }.get(outcome, outcome)


def duty_label(duty: str) -> str:
    """Return what is due of a case."""
    return {
        "acknowledge": _("Acknowledge"),
        "answer": _("Answer the letter"),
        "feedback": _("Tell what came of it"),
        "say-kept": _("Withdrawn: say what is kept"),
        "look-again": _("Look again"),
    }.get(duty, duty)


def fact_label(act: str) -> str:
    """Return what somebody did in a case, to whoever did not read it."""
    return {
        "open": _("Opened from the post"),
        "status": _("Its status was last set"),
        "keep": _("The day until which it is kept was changed"),
        "hold": _("Held back from destruction"),
        "hold-lifted": _("The hold was lifted"),
    }.get(act, act)


def nation_label(nation: str) -> str:
    """Return whose bank holidays count."""
    return {
        "ENG": _("England and Wales"),
        "SCT": _("Scotland"),
        "NIR": _("Northern Ireland"),
    }.get(nation, nation)


def writing_label(writing: str) -> str:
    """Return what somebody writes in a case, or keeps a template for."""
    return {"reply": _("Reply"), "status": _("Reason of closing"), "note": _("Note")}.get(writing, writing)


def telltale_label(why: str) -> str:
    """Return why words of a reply may tell on the source (casework/telltales.py)."""
    return {
        "colleague": _("The name of somebody at this desk. No source may learn it."),
        "must-not": _("It stands in the note of whom the letter must not reach."),
        "number": _("A date, time or number that stands in a letter."),
        "name": _("A name, or a rare word, that stands in a letter."),
        "place": _("It stands in the answer to “who” or “where”."),
        "only-one": _("The source says that only they could know, and it stands in that letter."),
        "copied": _("Copied from a letter, word for word."),
    }.get(why, why)
