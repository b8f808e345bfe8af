"""The report form."""

from flask import Blueprint, render_template, request

from serving.plain_dates import plain_day
from source_interface.attachments import AttachmentReceiver
from source_interface.filled_form import FilledForm, busy_form, empty_form, failed_form
from source_interface.framing import is_framed
from source_interface.questions import questions, topics
from source_interface.reporting import Returned, Sent, take_report
from source_interface.site_context import enter, form_is_ours, host, visit
from source_interface.streamed_form import FormRefused, begin_upload, read_streamed_form
from source_interface.uploads import Stage, Upload
from source_interface.views_uploads import files_page, framed_problem

pages = Blueprint("report", __name__)


@pages.get("/report")
def report() -> str:
    """Show an empty form."""
    return _page(empty_form(host().settings, has_codename=bool(visit().commitments)))


@pages.post("/report")
def send_report() -> tuple[str, int]:
    """Take a report as it arrives."""
    upload = begin_upload(host(), request, visit().form_token)
    with upload, host().receiver() as receiver:
        outcome = _take(upload, receiver)
        upload.ended(Stage.DONE if isinstance(outcome, Sent) else Stage.RETURNED)
    if outcome is None:
        # Somebody pressed "Back" and "Send again" after the source had left: not a word is shown.
        return render_template("left.html"), 400
    if isinstance(outcome, Returned):
        return _return(outcome), outcome.status
    if outcome.session is not None:
        enter(outcome.session)
    # The words have done their work; a shared computer should not be able to confirm them.
    visit().commitments = ()
    return render_template("sent.html", sent=outcome, day=plain_day(host().today())), 200


def _take(upload: Upload, receiver: AttachmentReceiver) -> Sent | Returned | None:
    refused = None
    try:
        fields = read_streamed_form(host(), request, receiver, upload, form_is_ours)
    except FormRefused as reason:
        fields, refused = reason.fields, reason
    ours = form_is_ours(fields)
    if not ours and visit().left:
        return None
    if refused is not None:
        has_codename = bool(visit().commitments)
        form = busy_form(host().settings, fields, has_codename=has_codename, of_circuit=refused.of_circuit)
        return Returned(form, refused.status)
    try:
        return take_report(host(), visit(), fields, receiver, upload, form_is_ours=ours)
    except Exception:
        # Whatever it was: what the source typed goes back to the source. Nothing of it is logged.
        return Returned(failed_form(host().settings, fields), 500)


def _return(outcome: Returned) -> str:
    if is_framed():
        return framed_problem(outcome.form, "/report")
    return files_page(outcome.form, "/report") if outcome.add_files else _page(outcome.form)


def _page(form: FilledForm) -> str:
    return render_template("report.html", form=form, topics=topics(), questions=questions())
