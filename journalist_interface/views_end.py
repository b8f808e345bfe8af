"""Pages of a case's end: its day, a hold, its destruction; and the list of what is due."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.dating import keep_longer, put_outcome
from journalist_interface.casework.destruction import end_case, take_back
from journalist_interface.casework.due_list import Ended, end_several, look_at_due
from journalist_interface.casework.holding import hold, lift
from journalist_interface.casework.one_case_acts import of_all_parts
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, shown_this_once, signed_in, works
from journalist_interface.sessions import SignedIn
from journalist_interface.typed_words import Typed
from journalist_interface.views_case import case_page
from store.desk.roles import Role

pages = Blueprint("end", __name__)


@pages.post("/case/<reference>/keep")
@needs(Role.REVIEWER)
def keep(reference: str) -> ResponseReturnValue:
    """Keep the case until a later day."""
    day = request.form.get("until", "")
    return _do(reference, "keep", lambda why: keep_longer(works().desk, signed_in(), reference, day, why))


@pages.post("/case/<reference>/outcome")
@needs(Role.REVIEWER)
def outcome(reference: str) -> ResponseReturnValue:
    """Say what came of the case."""
    chosen = request.form.get("outcome", "")
    return _do(reference, "outcome", lambda why: put_outcome(works().desk, signed_in(), reference, chosen, why))


@pages.post("/case/<reference>/hold")
@needs(Role.REVIEWER)
def hold_case(reference: str) -> ResponseReturnValue:
    """Hold the case, and every part of it."""
    return _do(reference, "hold", lambda why: _of_all(reference, hold, why))


@pages.post("/case/<reference>/lift")
@needs(Role.REVIEWER)
def lift_hold(reference: str) -> ResponseReturnValue:
    """Lift the hold, of every part."""
    return _do(reference, "lift", lambda why: _of_all(reference, lift, why))


@pages.post("/case/<reference>/destroy")
@needs(Role.REVIEWER)
def destroy(reference: str) -> ResponseReturnValue:
    """Destroy the case, or ask somebody to agree."""
    whom, why = request.form.get("consenter", ""), request.form.get("reason", "")
    try:
        if end_case(works().desk, signed_in(), reference, whom, why):
            return redirect(url_for("end.show", done="1"), 303)
    except WritingRefused as refused:
        return case_page(reference, Typed("destroy", refused.sentence, reason=why, consenter=whom)), 422
    return redirect(url_for("case.show", reference=reference, _anchor="end"), 303)


@pages.post("/case/<reference>/take-back")
@needs(Role.REVIEWER)
def take_request_back(reference: str) -> ResponseReturnValue:
    """Have nothing come of what was asked."""
    take_back(works().desk, signed_in(), reference)
    return redirect(url_for("case.show", reference=reference, _anchor="end"), 303)


@pages.get("/destruction")
@needs(Role.REVIEWER)
def show() -> str:
    """Show what is due."""
    return _list(done=request.args.get("done", "") == "1")


@pages.post("/destruction")
@needs(Role.REVIEWER)
def destroy_several() -> ResponseReturnValue:
    """Destroy what was ticked, or ask somebody to agree; then say what became of each."""
    try:
        ended = end_several(works().desk, signed_in(), request.form.getlist("case"), request.form.get("consenter", ""))
    except WritingRefused as refused:
        return _list(refused.sentence), 422
    return shown_this_once(_list(ended=ended))


def _of_all(reference: str, act: Callable[[Desk, SignedIn, str, str], None], why: str) -> None:
    board = works().boards.of(signed_in())
    of_all_parts(works().desk, board, signed_in(), reference, lambda part: act(works().desk, signed_in(), part, why))


def _do(reference: str, form: str, act: Callable[[str], None]) -> ResponseReturnValue:
    why = request.form.get("reason", "")
    try:
        act(why)
    except WritingRefused as refused:
        until, chosen = request.form.get("until", ""), request.form.get("outcome", "")
        return case_page(reference, Typed(form, refused.sentence, reason=why, until=until, outcome=chosen)), 422
    return redirect(url_for("case.show", reference=reference, _anchor="end"), 303)


def _list(sentence: str = "", ended: Ended | None = None, *, done: bool = False) -> str:
    board = works().boards.of(signed_in())
    return render_template(
        "destruction.html",
        page=look_at_due(works().desk, board, signed_in()),
        sentence=sentence,
        ended=ended,
        done=done,
        chosen=request.form.getlist("case"),
        consenter=request.form.get("consenter", ""),
    )
