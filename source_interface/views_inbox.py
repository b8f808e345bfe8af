"""Coming back, the inbox, and leaving."""

from contextlib import nullcontext

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from keys.derivation import SourceKeys
from keys.errors import Busy
from keys.reply import reminder
from serving.file_names import content_disposition
from serving.form_stream import TextFields
from serving.headers import content_security_policy
from serving.language import gettext as _
from source_interface.attachments import AttachmentReceiver
from source_interface.files_of_replies import delete_with_files, start_download
from source_interface.filled_form import FilledForm, busy_form, empty_form, failed_form, returned_form
from source_interface.framing import is_framed
from source_interface.held_files import named_files, show_held
from source_interface.inbox_page import InboxPage, open_inbox
from source_interface.lost_desk import tell_lost_desk
from source_interface.returning import NotFound, TriedTooOften, sign_in
from source_interface.site_context import enter, form_is_ours, host, restart_visit, signed_in, small_form, visit
from source_interface.streamed_form import FormRefused, begin_upload, read_streamed_form
from source_interface.taken_host import tell_taken_host
from source_interface.uploads import Stage, Upload
from source_interface.views_uploads import files_page, framed_problem
from source_interface.visit import Notice
from source_interface.writing_again import NotTaken, take_message
from store.errors import Missing

pages = Blueprint("inbox", __name__)
# Should a browser show a file after all, it shows it without scripts, forms or an origin.
_FILE_POLICY = content_security_policy({"style-src": "'none'", "img-src": "'none'", "sandbox": ""})


@pages.get("/return")
def come_back() -> str:
    """Ask for the codename."""
    return render_template("return.html", typed="", problem=None, suggestions=())


@pages.post("/return")
def find_inbox() -> tuple[str, int]:
    """Show the inbox at once, or the same page again.

    No redirect on success: one request and one answer either way, so that the wire does not tell which it was
    (docs/adr/0005).
    """
    typed = request.form.get("codename", "")
    try:
        keys, session = sign_in(host(), typed, visit().session)
    except NotFound as reason:
        page = render_template("return.html", typed=typed[:400], problem=reason.problem, suggestions=reason.suggestions)
        return page, reason.status
    enter(session)
    return _inbox(keys, empty_form(host().settings)), 200


@pages.get("/inbox")
def inbox() -> str:
    """Show the inbox of the source who is signed in, or ask for the codename: at once, in one answer either way."""
    keys = signed_in()
    if keys is None:
        return come_back()
    return _inbox(keys, empty_form(host().settings))


@pages.post("/inbox")
def send_inbox() -> str | Response | tuple[str, int]:
    """Take a further message (a form with files), or delete a reply (a small form)."""
    keys = signed_in()
    if request.mimetype == "application/x-www-form-urlencoded":
        return _delete(keys)
    upload = begin_upload(host(), request, visit().form_token)
    with upload, host().receiver() as receiver:
        answer = _take(keys, upload, receiver)
        upload.ended(Stage.DONE if answer is None else Stage.RETURNED)
    if answer is not None:
        return answer
    if is_framed():
        return render_template("message_in.html", of_report=False)
    visit().notice = Notice.SENT
    return redirect("/inbox", 303)


def _take(keys: SourceKeys | None, upload: Upload, receiver: AttachmentReceiver) -> str | tuple[str, int] | None:
    """Take a message; return the page that says why it was not taken, or None."""
    refused = None
    try:
        fields = _read(upload, receiver)
    except FormRefused as why:
        fields, refused = why.fields, why
    ours = form_is_ours(fields)
    if not ours and visit().left:
        # Somebody pressed "Back" and "Send again" after the source had left: not a word is shown.
        return render_template("left.html"), 400
    try:
        if keys is None:
            keys, session = sign_in(host(), fields.get("codename"), visit().session)
            enter(session)
        if refused is not None:
            form = busy_form(host().settings, fields, has_codename=True, of_circuit=refused.of_circuit)
            raise NotTaken(keys, form, refused.status)
        take_message(host(), keys, fields, receiver, upload, form_is_ours=ours)
    except NotFound as reason:
        if not ours:
            # Nothing is held for a form that is not ours: anybody could fill the disk with files.
            receiver.drop_received()
        return _signed_out(fields, reason, receiver, form_is_ours=ours)
    except NotTaken as reason:
        return _not_taken(reason), reason.status
    except Exception:
        if keys is None:
            raise
        # Whatever it was: what the source typed goes back to the source. Nothing of it is logged.
        return _not_taken(NotTaken(keys, failed_form(host().settings, fields), 500)), 500
    return None


@pages.post("/file")
def download() -> Response:
    """Send a file that goes with an answer, never to be shown by the browser: its address says nothing of it."""
    keys = signed_in()
    if keys is None:
        return redirect("/return", 303)
    try:
        file = start_download(host(), keys, request.form.get("reply", ""), request.form.get("file", ""))
    except Missing:
        visit().notice = Notice.FILE_GONE
        return redirect("/inbox", 303)
    except Busy:
        visit().notice = Notice.FILE_BUSY
        return redirect("/inbox", 303)
    response = Response(file.pieces, mimetype="application/octet-stream")
    response.call_on_close(file.end)
    response.content_length = file.size
    response.headers["Content-Disposition"] = content_disposition(file.file_name)
    response.headers["Content-Security-Policy"] = _FILE_POLICY
    return response


@pages.post("/leave")
def leave() -> Response:
    """End the session and the visit, and show an unremarkable page."""
    restart_visit()
    response = redirect("/left", 303)
    response.headers["Clear-Site-Data"] = '"*"'
    return response


def _not_taken(reason: NotTaken) -> str:
    if is_framed():
        return framed_problem(reason.form, "/inbox")
    return files_page(reason.form, "/inbox") if reason.add_files else _inbox(reason.keys, reason.form)


def _read(upload: Upload, receiver: AttachmentReceiver) -> TextFields:
    """Read the form; the session does not idle out meanwhile, however long the upload takes."""
    token = visit().session
    with host().sessions.in_use(token.lookup_hash()) if token else nullcontext():
        return read_streamed_form(host(), request, receiver, upload, form_is_ours)


def _delete(keys: SourceKeys | None) -> Response | tuple[str, int]:
    fields = small_form()
    if keys is None:
        return redirect("/return", 303)
    if not form_is_ours(fields):
        form = empty_form(host().settings)
        form.errors["form"] = _("Your browser did not remember this page. Please try once more.")
        return _inbox(keys, form), 400
    try:
        delete_with_files(host(), keys, fields.get("reply"))
        visit().notice = Notice.DELETED
    except Missing:
        visit().notice = Notice.GONE
    return redirect("/inbox", 303)


def _signed_out(
    fields: TextFields, reason: NotFound, receiver: AttachmentReceiver, *, form_is_ours: bool
) -> tuple[str, int]:
    """Answer a message whose session had ended: the same message, to be sent from here with the codename."""
    form = returned_form(host().settings, fields)
    show_held(host(), form, [*named_files(host(), form, fields), *receiver.take()])
    if is_framed():
        form.errors["form"] = _("You were away for a while, so we locked this page to keep you safe.")
        return framed_problem(form, "/inbox", _("Type your codename")), 403
    typed = bool(fields.get("codename").strip())
    problem = reason.problem if typed else None
    # What a form that is not ours says that we asked, somebody else may have written.
    answers = [
        (name, reminder(fields.get(name.replace("answer", "asked", 1))) if form_is_ours else "")
        for name, text in form.values.items()
        if name.startswith("answer-") and text.strip()
    ]
    # Not of a codename that nobody typed: the page asks for it, that is all.
    status = 429 if typed and isinstance(reason, TriedTooOften) else 403
    return render_template("signed_out.html", form=form, answers=answers, problem=problem), status


def _inbox(keys: SourceKeys, form: FilledForm) -> str:
    page = open_inbox(host(), keys, request.args.get("page", default=0, type=_page_number))
    return render_template(
        "inbox.html",
        form=form,
        lost=tell_lost_desk(host().drop.folder.desk_lost),
        taken=tell_taken_host(host().drop.folder.root),
        status=page.status,
        status_day=page.status_day,
        waiting=page.waiting,
        withdrawn=page.withdrawn,
        joined=page.joined,
        replies=page.replies,
        file_days=host().settings.reply_file_days,
        elsewhere=_answered_elsewhere(page, form),
        number=page.number + 1,
        pages=page.pages,
        total=page.total,
        # What comes back with a mistake in it comes back beside the same questions.
        action=f"/inbox?page={page.number}" if page.number else "/inbox",
        newer=None if page.newer is None else f"/inbox?page={page.newer}",
        older=None if page.older is None else f"/inbox?page={page.older}",
        notice=_take_notice(),
    )


def _answered_elsewhere(page: InboxPage, form: FilledForm) -> list[tuple[str, str]]:
    """Return the fields of answers that were typed on another page of the inbox, each with what was asked."""
    shown = {f"answer-{question.id}" for reply in page.replies for question in reply.questions}
    return [
        (name, reminder(page.asked.get(name.removeprefix("answer-"), "")))
        for name, text in form.values.items()
        if name.startswith("answer-") and text.strip() and name not in shown
    ]


def _page_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 100_000:
        raise ValueError("no such page")
    return number


def _take_notice() -> str | None:
    """Return what the page says once, and forget it."""
    notice, visit().notice = visit().notice, Notice.NONE
    return {
        Notice.SENT: _("Your message is in. We have it, locked."),
        Notice.DELETED: _("The answer is deleted here."),
        Notice.GONE: _("That answer is not here any more."),
        Notice.FILE_GONE: _("That file is not here, or it was damaged. Please write to us that you could not get it."),
        Notice.FILE_BUSY: _("A file is on its way already. Please wait a minute, then try again."),
    }.get(notice)
