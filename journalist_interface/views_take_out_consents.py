"""The second person's answers to requests to take a case out, and whether there has to be one."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.errors import SetUpRefused
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.takeout.consenting import agree, count_waiting, refuse
from journalist_interface.takeout.rule import keep_rule
from journalist_interface.views_consents import consents_page
from store.desk.roles import Role

pages = Blueprint("take_out_consents", __name__, url_prefix="/consents/case-out")


@pages.post("/agree")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def consent() -> ResponseReturnValue:
    """Agree."""
    try:
        agree(works().desk, signed_in(), request.form.get("taken", ""))
    except SetUpRefused as refused:
        return consents_page(refused.sentence), 422
    return _done("agreed")


@pages.post("/refuse")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def decline() -> ResponseReturnValue:
    """Refuse."""
    try:
        refuse(works().desk, signed_in(), request.form.get("taken", ""))
    except SetUpRefused as refused:
        return consents_page(refused.sentence), 422
    return _done("refused")


@pages.post("/rule")
@needs(Role.SUPERVISOR)
def rule() -> ResponseReturnValue:
    """Have a second person be needed, or not."""
    keep_rule(works().desk, signed_in(), alone=request.form.get("second_person", "") == "no")
    return _done("kept")


def _done(what: str) -> ResponseReturnValue:
    # Who stood in for the only supervisor has no such page once that is judged.
    if count_waiting(works().desk, signed_in()) is None:
        return redirect(url_for("cases.show"), 303)
    return redirect(url_for("consents.show", done=what), 303)
