"""The page on which files are added, the frame that shows how far they are, and going on after a broken connection."""

from flask import Blueprint, Response, make_response, render_template, request

from serving.language import gettext as _
from source_interface.filled_form import FilledForm
from source_interface.framing import show_frames
from source_interface.page_padding import SMALLEST_FRAME, pad_to
from source_interface.progress_words import say_progress
from source_interface.site_context import host, visit
from source_interface.uploading import go_on
from source_interface.uploads import Stage, upload_id_of

pages = Blueprint("uploads", __name__)


@pages.get("/progress")
def progress() -> Response:
    """Show how far an upload of this visit is; the frame asks again by itself while there is something to wait for."""
    upload_id = request.args.get("upload", "")
    shown = host().uploads.look(upload_id, visit().form_token)
    response = make_response(render_template("progress.html", progress=say_progress(shown), upload=upload_id))
    return pad_to(response, smallest=SMALLEST_FRAME)


@pages.get("/again")
def again() -> str | tuple[str, int]:
    """Go on after a broken connection, with all that had arrived."""
    upload = host().uploads.find(request.args.get("upload", ""), visit().form_token)
    if upload is not None and upload.stage is Stage.DONE:
        return render_template("message_in.html", of_report=upload.page == "/report")
    form = None if upload is None else go_on(host(), upload, has_codename=bool(visit().commitments))
    if upload is None or form is None:
        return render_template("not_kept.html"), 404
    return files_page(form, upload.page, going_on=True)


def files_page(form: FilledForm, action: str, *, going_on: bool = False) -> str:
    """Return the page on which files are added to a form of `/report` or `/inbox`."""
    show_frames()
    owner = visit().form_token
    upload_id = upload_id_of(owner, form.submission)
    before = host().uploads.find(upload_id, owner)
    if before is not None:
        before.shown_anew(going_on=going_on)
    return render_template("files.html", form=form, action=action, upload=upload_id)


def framed_problem(form: FilledForm, action: str, button: str = "") -> str:
    """Return the answer, inside a frame, to an upload that was not stored; `button` leads on from it."""
    return render_template("files_again.html", form=form, action=action, button=button or _("Go on from here"))
