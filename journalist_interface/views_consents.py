"""Page of requests that need a second person: agreeing, with a code to hand over, or refusing."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_consents import WaitingCase, waiting_in_cases
from journalist_interface.casework.destruction import agree_to_end, refuse_end
from journalist_interface.consenting import Waiting, consent, refuse, waiting_requests
from journalist_interface.errors import SetUpRefused
from journalist_interface.gate import needs, not_here, shown_this_once, signed_in, works
from journalist_interface.takeout.consenting import count_waiting, waiting_take_outs
from journalist_interface.takeout.rule import look_at_rule
from store.desk.invitations import InvitationKind
from store.desk.roles import Role

pages = Blueprint("consents", __name__, url_prefix="/consents")


@pages.get("")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def show() -> str:
    """List what waits."""
    return _page(done=request.args.get("done", ""))


@pages.post("/agree")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def agree() -> ResponseReturnValue:
    """Agree, and show the code this once; if there is none, it is done."""
    try:
        link, code = consent(works().desk, signed_in(), request.form.get("request", ""))
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    if not code:
        works().lock.forget_officer(link.username)  # their sessions are over
        return _done("changed")
    return shown_this_once(render_template("consented.html", link=link, code=code, more=_may_look()))


@pages.post("/refuse")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def refuse_request() -> ResponseReturnValue:
    """Refuse."""
    try:
        refuse(works().desk, signed_in(), request.form.get("request", ""))
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    return _done("refused")


@pages.post("/case/agree")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def agree_in_case() -> ResponseReturnValue:
    """Agree to what a reader of a case asked for; it is done with this."""
    try:
        agree_to_end(works().desk, signed_in(), request.form.get("request", ""))
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    return _done("destroyed")


@pages.post("/case/refuse")
@needs(Role.SUPERVISOR, Role.INTAKE_OFFICER)
def refuse_in_case() -> ResponseReturnValue:
    """Do not agree."""
    try:
        refuse_end(works().desk, signed_in(), request.form.get("request", ""))
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    return _done("refused")


def _done(what: str) -> ResponseReturnValue:
    if _may_look():
        return redirect(url_for("consents.show", done=what), 303)
    return shown_this_once(_list((), done=what))


def _may_look() -> bool:
    # Who stood in for the only supervisor, in what concerned her, has no such page once that is judged.
    in_cases = waiting_in_cases(works().desk, signed_in())
    return count_waiting(works().desk, signed_in()) is not None or bool(in_cases)


def _page(sentence: str = "", *, done: str = "") -> str:
    waiting, in_cases = waiting_requests(works().desk, signed_in()), waiting_in_cases(works().desk, signed_in())
    if waiting is None and not in_cases and waiting_take_outs(works().desk, signed_in()) is None:
        not_here()  # an officer while there is a supervisor
    return _list(waiting or (), sentence, done, in_cases)


def _list(
    waiting: tuple[Waiting, ...], sentence: str = "", done: str = "", in_cases: tuple[WaitingCase, ...] = ()
) -> str:
    return render_template(
        "consents.html",
        waiting=waiting,
        in_cases=in_cases,
        kinds=InvitationKind,
        sentence=sentence,
        done=done,
        take_outs=waiting_take_outs(works().desk, signed_in()) or (),
        alone=look_at_rule(works().desk),
    )


def consents_page(sentence: str) -> str:
    """Return the page with what is wrong. Nobody sees it who has no business there."""
    return _page(sentence)
