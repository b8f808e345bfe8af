"""Pages of writing in a case before anything is sent: looking at it first, keeping a draft, putting a template in."""

from dataclasses import replace

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.drafts import discard_draft, keep_draft
from journalist_interface.casework.team_templates import put_in
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.look_page import look_page
from journalist_interface.typed_words import Typed, typed_draft, typed_of
from journalist_interface.views_case import case_page
from store.desk.roles import Role
from store.desk.templates import Writing
from store.errors import Missing

pages = Blueprint("talk", __name__, url_prefix="/case/<reference>/<kind>")


@pages.post("/look")
@needs(Role.REVIEWER)
def look(reference: str, kind: str) -> ResponseReturnValue:
    """Show what was typed as the source will see it. Nothing is sent."""
    writing = _writing(kind)
    typed = typed_draft(writing)
    try:
        return look_page(reference, writing, typed)
    except WritingRefused as refused:
        return case_page(reference, _refused(writing, refused), writes=True), 422


@pages.post("/draft")
@needs(Role.REVIEWER)
def keep(reference: str, kind: str) -> ResponseReturnValue:
    """Keep what was typed as a draft."""
    writing = _writing(kind)
    typed = typed_draft(writing)
    kept = replace(typed, questions=tuple(each for each in typed.questions if each.strip()))
    try:
        keep_draft(works().desk, signed_in(), reference, writing, kept, request.form.get("draft", ""))
    except WritingRefused as refused:
        return case_page(reference, _refused(writing, refused)), 422
    works().presence.done(reference, signed_in().username)
    return redirect(url_for("case.show", reference=reference, _anchor=kind), 303)


@pages.post("/discard")
@needs(Role.REVIEWER)
def discard(reference: str, kind: str) -> ResponseReturnValue:
    """Have the draft no more. What was typed since then stays in the form."""
    writing = _writing(kind)
    typed = typed_draft(writing)
    draft = discard_draft(works().desk, signed_in(), reference, writing)
    works().presence.done(reference, signed_in().username)
    if typed.is_empty or typed.has_the_words_of(draft):
        return redirect(url_for("case.show", reference=reference, _anchor=kind), 303)
    return case_page(reference, typed_of(writing, typed))


@pages.post("/write")
@needs(Role.REVIEWER)
def write(reference: str, kind: str) -> ResponseReturnValue:
    """Show the form again with what was typed: to change it, or with the template that was chosen put in."""
    writing = _writing(kind)
    typed = typed_draft(writing)
    try:
        if "template" in request.form:
            typed = put_in(works().desk, writing, typed, request.form.get("template", ""))
    except WritingRefused as refused:
        return case_page(reference, _refused(writing, refused)), 422
    # What came into the case meanwhile is told when it is sent, as if the page had never been left.
    seen, draft = request.form.get("seen", ""), request.form.get("draft", "")
    again = replace(typed_of(writing, typed), seen=seen, draft=draft)
    return case_page(reference, again, writes=writing is not Writing.NOTE)


def _writing(kind: str) -> Writing:
    try:
        return Writing(kind)
    except ValueError as reason:
        raise Missing("nobody writes this in a case") from reason


def _refused(writing: Writing, refused: WritingRefused) -> Typed:
    return replace(typed_of(writing, typed_draft(writing)), sentence=refused.sentence)
