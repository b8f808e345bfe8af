"""Withdrawing a report: the page that explains, and the press that does it."""

from flask import Blueprint, render_template

from keys.derivation import SourceKeys
from serving.form_stream import TextFields
from serving.language import gettext as _
from source_interface.filled_form import FilledForm, empty_form, returned_form
from source_interface.returning import NotFound, sign_in
from source_interface.site_context import enter, form_is_ours, host, signed_in, small_form, visit
from source_interface.withdrawing import LONGEST_WHY, NotWithdrawn, look, withdraw, withdrawn_before
from store.drop.withdrawing import Left

pages = Blueprint("withdraw", __name__)


@pages.get("/withdraw")
def ask() -> str:
    """Say what withdrawing does, before it is done; or ask for the codename, in one answer either way."""
    keys = signed_in()
    if keys is None:
        return render_template("return.html", typed="", problem=None, suggestions=())
    return _page(keys, empty_form(host().settings))


@pages.post("/withdraw")
def send() -> str | tuple[str, int]:
    """Withdraw the report of the source who is signed in, or has typed the codename. A double press is one."""
    fields = small_form()
    form = returned_form(host().settings, fields)
    if not form_is_ours(fields):
        if visit().left:
            # Somebody pressed "Back" and sent the form again after the source had left: not a word is shown.
            return render_template("left.html"), 400
        form.errors["form"] = _("Your browser did not remember this page. Nothing was deleted. Please press once more.")
        return _page(signed_in(), form), 400
    before = withdrawn_before(host(), fields)
    if before is not None:
        return _done(before)
    try:
        keys = _who(fields)
    except NotFound as reason:
        if fields.get("codename").strip():
            form.errors["codename"] = reason.problem
        return _page(None, form), reason.status if fields.get("codename").strip() else 403
    try:
        left = withdraw(host(), keys, fields)
        # Words of a form whose connection broke wait in memory for this browser.
        host().uploads.forget(visit().form_token)
        return _done(left)
    except NotWithdrawn as refused:
        return _page(keys, refused.form), refused.status


def _who(fields: TextFields) -> SourceKeys:
    keys = signed_in()
    if keys is None:
        keys, session = sign_in(host(), fields.get("codename"), visit().session)
        enter(session)
    return keys


def _page(keys: SourceKeys | None, form: FilledForm) -> str:
    """Return the page that explains. Without a session it asks for the codename, and keeps what was typed."""
    standing = None if keys is None else look(host(), keys)
    return render_template("withdraw.html", form=form, standing=standing, longest_why=LONGEST_WHY)


def _done(left: Left) -> str:
    if left is Left.NOTHING:
        # Nobody is signed in any more: there is nothing left to be signed in to.
        enter(None)
    return render_template("withdrawn.html", told=left is Left.A_LETTER)
