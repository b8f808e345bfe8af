"""Page: how long closed cases are kept, for supervisors."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.periods_kept import (
    MONTHS,
    MOST_MONTHS,
    MOST_WARN_DAYS,
    keep_periods,
    look_at_periods,
    read_typed_periods,
)
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from store.desk.roles import Role

pages = Blueprint("retention", __name__, url_prefix="/retention")


@pages.get("")
@needs(Role.SUPERVISOR)
def show() -> str:
    """Show what holds, and how many cases are held back."""
    return _page("", done="done" in request.args)


@pages.post("")
@needs(Role.SUPERVISOR)
def keep() -> ResponseReturnValue:
    """Have other periods hold."""
    try:
        keep_periods(works().desk, signed_in(), read_typed_periods(request.form))
    except WritingRefused as refused:
        return _page(refused.sentence), 422
    return redirect(url_for("retention.show", done="1"), 303)


def _page(sentence: str, *, done: bool = False) -> str:
    return render_template(
        "retention.html",
        page=look_at_periods(works().desk),
        typed=request.form if sentence else {},
        names=MONTHS,
        most_months=MOST_MONTHS,
        most_days=MOST_WARN_DAYS,
        sentence=sentence,
        done=done,
    )
