"""The report form."""

from flask import Blueprint, render_template, request

from source_interface.filled_form import FilledForm, empty_form, failed_form
from source_interface.plain_dates import plain_day
from source_interface.questions import questions, topics
from source_interface.reporting import Returned, take_report
from source_interface.site_context import enter, form_is_ours, host, visit
from source_interface.streamed_form import read_streamed_form

pages = Blueprint("report", __name__)


@pages.get("/report")
def report() -> str:
    """Show an empty form."""
    return _page(empty_form(host().settings, has_codename=bool(visit().commitments)))


@pages.post("/report")
def send_report() -> tuple[str, int]:
    """Take a report as it arrives."""
    with host().receiver() as receiver:
        fields = read_streamed_form(host(), request, receiver)
        ours = form_is_ours(fields)
        if not ours and visit().left:
            # Somebody pressed "Back" and "Send again" after the source had left: not a word is shown.
            return render_template("left.html"), 400
        try:
            outcome = take_report(host(), visit(), fields, receiver, form_is_ours=ours)
        except Exception:
            # Whatever it was: what the source typed goes back to the source. Nothing of it is logged.
            outcome = Returned(failed_form(host().settings, fields), 500)
    if isinstance(outcome, Returned):
        return _page(outcome.form), outcome.status
    if outcome.session is not None:
        enter(outcome.session)
    # The words have done their work; a shared computer should not be able to confirm them.
    visit().commitments = ()
    return render_template("sent.html", sent=outcome, day=plain_day(host().today())), 200


def _page(form: FilledForm) -> str:
    return render_template("report.html", form=form, topics=topics(), questions=questions())
