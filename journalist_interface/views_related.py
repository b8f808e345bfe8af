"""Pages of related cases: linking two, making one of them, and taking either back."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.case_links import CHOSEN_KINDS
from journalist_interface.casework.choosing_case import look_for_other
from journalist_interface.casework.linking import LinkForm, confirm, link, merge, separate, unlink
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.typed_words import Typed
from journalist_interface.views_case import case_page
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("related", __name__, url_prefix="/case/<reference>")
_STEPS = {"merge": merge, "separate": separate, "unlink": unlink, "confirm": confirm}


@pages.get("/link")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show the cases that this one can be linked with."""
    return _page(reference)


@pages.post("/link")
@needs(Role.REVIEWER)
def keep(reference: str) -> ResponseReturnValue:
    """Link it; or look for another one. What is looked for comes in a form, as in a search."""
    if request.form.get("step") != "link":
        return _page(reference)
    typed = LinkForm(request.form.get("other", ""), request.form.get("kind", ""), request.form.get("reason", ""))
    try:
        if not typed.other:
            raise WritingRefused(_("Choose the other case. Nothing was linked."))
        link(works().desk, signed_in(), reference, typed)
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 422
    return _back(reference)


@pages.post("/related")
@needs(Role.REVIEWER)
def change(reference: str) -> ResponseReturnValue:
    """Merge with a linked case, part from it again, take the link away, or confirm what a letter says."""
    step = _STEPS.get(request.form.get("step", ""))
    try:
        if step is None:
            raise WritingRefused(_("Choose what to do. Nothing was changed."))
        step(works().desk, signed_in(), reference, request.form.get("other", ""))
    except WritingRefused as refused:
        return case_page(reference, Typed("related", refused.sentence)), 422
    return _back(reference)


def _back(reference: str) -> ResponseReturnValue:
    return redirect(url_for("case.show", reference=reference, _anchor="related"), 303)


def _page(reference: str, sentence: str = "") -> str:
    form = request.form
    board = works().boards.of(signed_in())
    case, choices, more = look_for_other(works().desk, board, signed_in(), reference, form.get("query", ""))
    return render_template(
        "link_case.html",
        case=case,
        choices=choices,
        more=more,
        kinds=[kind.value for kind in CHOSEN_KINDS],
        typed={name: form.get(field, "") for name, field in _TYPED.items()},
        sentence=sentence,
    )


_TYPED = {"query": "query", "other": "other", "kind": "kind", "why": "reason"}
