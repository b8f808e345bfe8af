"""Pages on which a case is taken out of the desk, step by step: what, to whom and why; the key compared; the file."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.one_case import look_for_members
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.takeout.asking import ask, check, chosen_words, look, take_back
from journalist_interface.takeout.taking import take_out
from keys.recipient_key import COMPARED_DIGITS
from serving.file_names import content_disposition
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("take_out", __name__, url_prefix="/case/<reference>/take-out")
_GROUP = 4


@pages.get("")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show what can be chosen, and what was asked for."""
    return _page(reference)


@pages.post("/check")
@needs(Role.REVIEWER)
def compare(reference: str) -> ResponseReturnValue:
    """Show the key that was pasted, to be compared. Nothing is kept yet."""
    return _compare(reference, "")


@pages.post("")
@needs(Role.REVIEWER)
def keep(reference: str) -> ResponseReturnValue:
    """Keep the wish, if the end of the fingerprint was typed."""
    try:
        ask(works().desk, signed_in(), reference, request.form)
    except WritingRefused as refused:
        return _compare(reference, refused.sentence)
    return redirect(url_for("take_out.show", reference=reference, done="1", _anchor="asked"), 303)


@pages.post("/take-back")
@needs(Role.REVIEWER)
def back(reference: str) -> ResponseReturnValue:
    """Have a request stand no longer."""
    take_back(works().desk, signed_in(), reference, request.form.get("taken", ""))
    return redirect(url_for("take_out.show", reference=reference), 303)


@pages.post("/file")
@needs(Role.REVIEWER)
def send(reference: str) -> ResponseReturnValue:
    """Send the sealed bundle."""
    try:
        bundle = take_out(works().desk, signed_in(), reference, request.form.get("taken", ""))
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 409
    response = Response(bundle.pieces(), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition(bundle.file_name)
    return response


def _compare(reference: str, sentence: str) -> ResponseReturnValue:
    try:
        wish, key = check(works().desk, signed_in(), reference, request.form)
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 422
    shown = len(key.groups) - COMPARED_DIGITS // _GROUP
    page = render_template(
        "take_out_key.html",
        reference=reference,
        wish=wish,
        key=key,
        shown=key.groups[:shown],
        hidden=len(key.groups) - shown,
        chosen=chosen_words(wish.choices),
        sentence=sentence,
    )
    return (page, 422) if sentence else page


def _page(reference: str, sentence: str = "") -> str:
    members = look_for_members(works().desk, works().boards.of(signed_in()), signed_in(), reference)
    return render_template(
        "take_out.html",
        left_here=[member for member in members if member.reference != reference],
        page=look(works().desk, signed_in(), reference),
        typed=request.form if sentence else {},
        sentence=sentence,
        done="done" in request.args,
        chosen_words=chosen_words,
        nobody=_("Nobody could consent: the desk has no supervisor and no other intake officer."),
    )
