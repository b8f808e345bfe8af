"""Page: how long things may take, for supervisors."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.days import Nation
from journalist_interface.casework.rules_kept import MOST_DAYS, MOST_MONTHS, keep_rules, look_at_rules, read_typed_rules
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from store.desk.roles import Role

pages = Blueprint("deadlines", __name__, url_prefix="/deadlines")


@pages.get("")
@needs(Role.SUPERVISOR)
def show() -> str:
    """Show what holds, and when a letter of today would be due."""
    return _page("", done="done" in request.args)


@pages.post("")
@needs(Role.SUPERVISOR)
def keep() -> ResponseReturnValue:
    """Have other rules hold."""
    try:
        keep_rules(works().desk, signed_in(), read_typed_rules(request.form))
    except WritingRefused as refused:
        return _page(refused.sentence), 422
    return redirect(url_for("deadlines.show", done="1"), 303)


def _page(sentence: str, *, done: bool = False) -> str:
    return render_template(
        "deadlines.html",
        page=look_at_rules(works().desk),
        typed=request.form if sentence else {},
        nations=[nation.value for nation in Nation],
        most_days=MOST_DAYS,
        most_months=MOST_MONTHS,
        sentence=sentence,
        done=done,
    )
