"""Page of one case: what to do if somebody is in danger, who was told and when, and the end of it.

One address for all of it, as every case has one: what a browser keeps of addresses says of no case that somebody was in
danger.
"""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_page import read_case
from journalist_interface.casework.safety import ANSWERED_BY_DOING
from journalist_interface.casework.safety_keeping import (
    answer_points,
    note_telling,
    raise_danger,
    set_look_again,
    stand_down,
)
from journalist_interface.casework.safety_note import Point, Said, Step, Whom
from journalist_interface.casework.safety_typed import TypedAnswer, TypedTelling
from journalist_interface.clock import now, today
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.gate import needs, signed_in, works
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("safety", __name__, url_prefix="/case/<reference>/safety")


@pages.get("")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show how it stands."""
    return _page(reference)


@pages.post("")
@needs(Role.REVIEWER)
def keep(reference: str) -> ResponseReturnValue:
    """Take one step."""
    step = request.form.get("step", "")
    try:
        if step not in _STEPS:
            raise WritingRefused(_("This form was not complete. Nothing was kept; send it again."))
        _STEPS[step](reference)
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 409 if isinstance(refused, CaseChanged) else 422
    if step == Step.STAND_DOWN:
        return redirect(url_for("case.show", reference=reference), 303)
    return redirect(url_for("safety.show", reference=reference), 303)


def _raise(reference: str) -> None:
    raise_danger(works().desk, signed_in(), reference, request.form.get("reason", ""))


def _answer(reference: str) -> None:
    typed = {
        point.value: TypedAnswer(request.form.get(f"said_{point}", ""), request.form.get(f"words_{point}", ""))
        for point in Point
    }
    answer_points(works().desk, signed_in(), reference, typed, request.form.get("seen", ""))


def _tell(reference: str) -> None:
    typed = TypedTelling(
        request.form.get("whom", ""),
        request.form.get("told_by", ""),
        request.form.get("told_at", ""),
        request.form.get("way", ""),
    )
    note_telling(works().desk, signed_in(), reference, typed)


def _look_again(reference: str) -> None:
    day, seen = request.form.get("look_again", ""), request.form.get("seen", "")
    set_look_again(works().desk, signed_in(), reference, day, seen)


def _stand_down(reference: str) -> None:
    reason, seen = request.form.get("reason", ""), request.form.get("seen", "")
    stand_down(works().desk, signed_in(), reference, reason, seen)


_STEPS: dict[str, Callable[[str], None]] = {
    Step.RAISE: _raise,
    Step.ANSWER: _answer,
    Step.TELL: _tell,
    Step.LOOK_AGAIN: _look_again,
    Step.STAND_DOWN: _stand_down,
}


def _page(reference: str, sentence: str = "") -> str:
    return render_template(
        "safety.html",
        page=read_case(works().desk, signed_in(), reference),
        points=[point.value for point in Point],
        by_doing={point.value for point in ANSWERED_BY_DOING},
        choices=[said.value for said in Said],
        whoms=[whom.value for whom in Whom],
        typed=request.form if sentence else {},
        sentence=sentence,
        now=now(),
        today=today(),
    )
