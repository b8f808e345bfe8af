"""The page on which files are attached to a reply that is being prepared."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface import csrf
from journalist_interface.casework.prepared_files import KEPT_DAYS, attach_files, look_at_prepared, take_file_away
from journalist_interface.errors import WritingRefused
from journalist_interface.files_form import NotOurs, read_files
from journalist_interface.gate import FILES_FORM, needs, reads_files, signed_in, works
from journalist_interface.given_back import WRITER
from keys.reply_file import MOST_FILE_BYTES, MOST_FILES
from serving.form_stream import FormUnreadable, TextFields, TextTooLong, UploadBroken
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("reply_files", __name__, url_prefix="/case/<reference>/files")


@pages.get("")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show what waits for the next reply."""
    return _page(reference)


@pages.post("")
@reads_files
@needs(Role.REVIEWER)
def attach(reference: str) -> ResponseReturnValue:
    """Attach files."""
    # Before a byte is read: whether there is such a case for this reviewer.
    look_at_prepared(works().desk, signed_in(), reference)
    try:
        received = read_files(request, _is_ours) if request.mimetype == FILES_FORM else []
        attach_files(works().desk, signed_in(), reference, received)
    except WritingRefused as refused:
        return _page(reference, refused.sentence), 422
    except NotOurs:
        abort(400, _("This page was too old to be used. Nothing was attached. Load it again, then attach again."))
    except (FormUnreadable, UploadBroken, TextTooLong):
        abort(400, _("Something in what your browser sent was damaged. Nothing was attached. Attach it again."))
    return redirect(url_for("reply_files.show", reference=reference), 303)


@pages.post("/take-away")
@needs(Role.REVIEWER)
def take(reference: str) -> ResponseReturnValue:
    """Have an attached file go."""
    take_file_away(works().desk, signed_in(), reference, request.form.get("file", ""))
    return redirect(url_for("reply_files.show", reference=reference), 303)


def _is_ours(fields: TextFields) -> bool:
    # The writer too: a page that was made for somebody else attaches nothing in this one's name.
    is_form = csrf.is_form_of(signed_in().token, fields.get(csrf.FIELD))
    return is_form and fields.get(WRITER) in ("", signed_in().username)


def _page(reference: str, sentence: str = "") -> str:
    case, prepared = look_at_prepared(works().desk, signed_in(), reference)
    return render_template(
        "reply_files.html",
        case=case,
        prepared=prepared,
        sentence=sentence,
        kept_days=KEPT_DAYS,
        most_files=MOST_FILES,
        most_bytes=MOST_FILE_BYTES,
    )
