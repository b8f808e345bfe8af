"""Pages of the work on one case: whose it is, how much it matters, its tags, and its summary."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_page import look_at_summary
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.summary import PARTS, Summary, write_summary
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.typed_words import Typed
from journalist_interface.views_case import case_page
from store.desk.roles import Role

pages = Blueprint("work", __name__, url_prefix="/case/<reference>")


@pages.post("/work")
@needs(Role.REVIEWER)
def assign(reference: str) -> ResponseReturnValue:
    """Set who works on the case, its priority and its tags."""
    typed, was = _form(""), _form("was_")
    try:
        set_work(works().desk, signed_in(), reference, typed, was if "was_priority" in request.form else None)
    except WritingRefused as refused:
        again = Typed("work", refused.sentence, assignee=typed.assignee, priority=typed.priority, tags=typed.tags)
        return case_page(reference, again), 422
    return redirect(url_for("case.show", reference=reference), 303)


@pages.get("/summary")
@needs(Role.REVIEWER)
def show_summary(reference: str) -> str:
    """Show the summary, to be written."""
    return _page(reference)


@pages.post("/summary")
@needs(Role.REVIEWER)
def keep_summary(reference: str) -> ResponseReturnValue:
    """Keep it."""
    try:
        typed = Summary.read(request.form)
        write_summary(works().desk, signed_in(), reference, typed, request.form.get("version", ""))
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 422
    return redirect(url_for("case.show", reference=reference), 303)


def _form(prefix: str) -> WorkForm:
    return WorkForm(*(request.form.get(prefix + name, "") for name in ("assignee", "priority", "tags")))


def _page(reference: str, sentence: str = "") -> str:
    case, kept = look_at_summary(works().desk, signed_in(), reference)
    # What was typed is written on; what a colleague wrote meanwhile stands beside it.
    typed = {name: request.form.get(name, "") if sentence else getattr(kept, name) for name in PARTS}
    return render_template("summary.html", case=case, kept=kept, typed=typed, sentence=sentence)
