"""Coming back, the inbox, and leaving."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from keys.derivation import SourceKeys
from serving.language import gettext as _
from source_interface.filled_form import FilledForm, empty_form
from source_interface.form_stream import TextFields
from source_interface.inbox_page import open_inbox
from source_interface.returning import NotFound, find_source
from source_interface.site_context import form_is_ours, host, signed_in, visit
from source_interface.streamed_form import read_streamed_form
from source_interface.writing_again import NotTaken, take_message
from store.drop.inbox import delete_reply
from store.errors import Missing

pages = Blueprint("inbox", __name__)


@pages.get("/return")
def come_back() -> str:
    """Ask for the codename."""
    return render_template("return.html", typed="", problem=None, suggestions=())


@pages.post("/return")
def find_inbox() -> tuple[str, int]:
    """Show the inbox at once, or the same page again.

    No redirect on success: one request and one answer either way, so that the wire does not tell which it was.
    """
    typed = request.form.get("codename", "")
    try:
        keys = find_source(host(), typed)
    except NotFound as reason:
        page = render_template("return.html", typed=typed[:400], problem=reason.problem, suggestions=reason.suggestions)
        return page, reason.status
    visit().session = host().sign_in(keys)
    return _inbox(keys, empty_form(host().settings)), 200


@pages.get("/inbox")
def inbox() -> str | Response:
    """Show the inbox of the source who is signed in."""
    keys = signed_in()
    if keys is None:
        return redirect("/return", 303)
    return _inbox(keys, empty_form(host().settings))


@pages.post("/inbox")
def send_inbox() -> str | Response | tuple[str, int]:
    """Take a further message (a form with files), or delete a reply (a small form)."""
    keys = signed_in()
    if request.mimetype == "application/x-www-form-urlencoded":
        return _delete(keys)
    with host().receiver() as receiver:
        fields = read_streamed_form(host(), request, receiver)
        if keys is None:
            return _signed_out(fields)
        try:
            take_message(host(), keys, fields, receiver, form_is_ours=form_is_ours(fields))
        except NotTaken as reason:
            return _inbox(keys, reason.form), reason.status
    return redirect("/inbox?done=sent", 303)


@pages.post("/leave")
def leave() -> Response:
    """End the session and show an unremarkable page."""
    token = visit().session
    if token is not None:
        host().sessions.end(token.lookup_hash())
    visit().session = None
    visit().commitments = ()
    response = redirect("/left", 303)
    response.headers["Clear-Site-Data"] = '"*"'
    return response


def _delete(keys: SourceKeys | None) -> Response | tuple[str, int]:
    fields = TextFields({name: request.form.getlist(name) for name in request.form})
    if keys is None:
        return redirect("/return", 303)
    if not form_is_ours(fields):
        form = empty_form(host().settings)
        form.errors["form"] = _("This page was open for too long, or cookies are off. Please try once more.")
        return _inbox(keys, form), 400
    try:
        delete_reply(host().drop.database, keys.lookup_id, fields.get("reply"))
    except Missing:
        return redirect("/inbox?done=gone", 303)
    return redirect("/inbox?done=deleted", 303)


def _signed_out(fields: TextFields) -> tuple[str, int]:
    """Answer a message whose session had ended: say so, and give back every word."""
    answers = [text for name, texts in fields.values.items() if name.startswith("answer-") for text in texts]
    texts = tuple(text for text in (*answers, fields.get("message")) if text.strip())
    return render_template("signed_out.html", texts=texts), 403


def _inbox(keys: SourceKeys, form: FilledForm) -> str:
    page = open_inbox(host(), keys, request.args.get("page", default=0, type=_page_number))
    return render_template(
        "inbox.html",
        form=form,
        status=page.status,
        status_day=page.status_day,
        waiting=page.waiting,
        replies=page.replies,
        newer=None if page.newer is None else f"/inbox?page={page.newer}",
        older=None if page.older is None else f"/inbox?page={page.older}",
        notice=_notice(),
    )


def _page_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 100_000:
        raise ValueError("no such page")
    return number


def _notice() -> str | None:
    if request.method != "GET":
        return None
    return {
        "sent": _("Your message is in. We have it, sealed."),
        "deleted": _("The reply is deleted here."),
        "gone": _("That reply is not here any more."),
    }.get(request.args.get("done", ""))
