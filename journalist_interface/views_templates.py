"""Pages of the team's templates, for reviewers and supervisors."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.first_templates import first_templates
from journalist_interface.casework.team_templates import (
    change,
    delete,
    keep_new,
    look_at_template,
    look_at_templates,
    read_template,
)
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from keys.reply import MOST_QUESTIONS
from store.desk.roles import Role
from store.desk.templates import Template, Writing

pages = Blueprint("templates", __name__, url_prefix="/templates")
_QUESTIONS = 5  # boxes for questions on a new page, and how many more than there are on that of one with some


@pages.get("")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def show() -> str:
    """Show all of them, and a form for a new one."""
    return _page()


@pages.post("")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def keep() -> ResponseReturnValue:
    """Keep a new one."""
    try:
        typed = read_template(request.form, request.form.getlist("question"))
        keep_new(works().desk, signed_in(), [typed])
    except WritingRefused as refused:
        return _page(refused.sentence), 422
    return redirect(url_for("templates.show", done="1"), 303)


@pages.post("/first/keep")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def keep_first() -> ResponseReturnValue:
    """Keep those to begin with, if there are none yet."""
    if not look_at_templates(works().desk):
        keep_new(works().desk, signed_in(), first_templates())
    return redirect(url_for("templates.show", done="1"), 303)


@pages.get("/<template_id>")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def show_one(template_id: str) -> str:
    """Show one, to be changed."""
    return _one(template_id)


@pages.post("/<template_id>")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def keep_change(template_id: str) -> ResponseReturnValue:
    """Keep it as it was typed."""
    look_at_template(works().desk, template_id)
    try:
        typed = read_template(request.form, request.form.getlist("question"))
        change(works().desk, signed_in(), template_id, typed, request.form.get("version", ""))
    except WritingRefused as refused:
        return _one(template_id, refused.sentence), 422
    return redirect(url_for("templates.show", done="1"), 303)


@pages.post("/<template_id>/delete")
@needs(Role.REVIEWER, Role.SUPERVISOR)
def take_away(template_id: str) -> ResponseReturnValue:
    """Delete it."""
    try:
        delete(works().desk, signed_in(), template_id, request.form.get("version", ""))
    except WritingRefused as refused:
        return _one(template_id, refused.sentence), 422
    return redirect(url_for("templates.show", done="1"), 303)


def _page(sentence: str = "") -> str:
    found = look_at_templates(works().desk)
    return render_template(
        "templates.html",
        groups=[(each.value, [one for one in found if one.used_for is each]) for each in Writing],
        any=bool(found),
        kept=None,
        sentence=sentence,
        done="done" in request.args,
        **_form(None),
    )


def _one(template_id: str, sentence: str = "") -> str:
    kept = look_at_template(works().desk, template_id)
    # What was typed is written on; what a colleague kept meanwhile stands beside it.
    is_typed = bool(sentence) and "title" in request.form
    return render_template("template.html", kept=kept, sentence=sentence, is_typed=is_typed, **_form(kept))


def _form(kept: Template | None) -> dict[str, object]:
    """Return what stands in the form: what was typed into it, else what is kept."""
    if "title" in request.form or kept is None:
        typed = {name: request.form.get(name, "") for name in ("title", "text", "used_for")}
        questions = [each for each in request.form.getlist("question") if each.strip()]
    else:
        typed = {"title": kept.title, "text": kept.words, "used_for": kept.used_for.value}
        questions = list(kept.questions)
    boxes = min(MOST_QUESTIONS, max(_QUESTIONS, len(questions) + 1))
    return {"typed": typed, "questions": questions + [""] * (boxes - len(questions)), "uses": list(Writing)}
