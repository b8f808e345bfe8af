"""Pages for what went wrong: what happened, that nothing was lost (or what was), what to do next. Never a traceback."""

from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from keys.errors import Busy
from serving.form_stream import FormUnreadable, TextTooLong, UploadBroken
from serving.language import gettext as _
from source_interface.circuit_words import unread_form_again
from source_interface.circuits import CircuitBusy
from source_interface.form_words import try_again
from source_interface.framing import is_framed
from store.errors import NoRoom


def register(app: Flask) -> None:
    """Give `app` its error pages."""
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _known)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(CircuitBusy, _circuit_busy)
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(FormUnreadable, _unreadable)
    app.register_error_handler(UploadBroken, _broken)
    app.register_error_handler(TextTooLong, _too_long)
    app.register_error_handler(Exception, _unknown)


def _page(status: int, title: str, *sentences: str) -> Response:
    # After a form no large button may lead away from what can still be sent.
    page = render_template("error.html", status=status, title=title, sentences=sentences, after_form=_was_sending())
    return Response(page, status, mimetype="text/html")


def _was_sending() -> bool:
    return request.method == "POST"


def _again() -> list[str]:
    return try_again(was_sending=_was_sending(), framed=is_framed())


def _form_expired(_error: CSRFError) -> Response:
    return _page(
        400,
        _("Your browser did not remember this page"),
        _("Nothing was sent and nothing was lost."),
        _("Press the button below and try once more."),
        _("If you see this again, use Tor Browser just as it comes: other browsers can be set to forget."),
    )


def _known(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 404:
        return _page(404, _("There is no such page"), _("Nothing was lost. Please start from the front page."))
    if status == 405:
        return _page(
            405,
            _("Nobody can come to this page in that way"),
            _("Nothing was lost. Please start from the front page."),
        )
    if status == 413:
        return _page(
            413,
            _("This is more than fits here"),
            _("Nothing of it was kept. A codename has seven words: please type those alone."),
            _("A long text or files fit into a report, or into a message that you write in “My report”."),
        )
    if status < 500:
        return _damaged(status)
    return _unknown(error)


def _damaged(status: int) -> Response:
    return _page(
        status,
        _("Something in what your browser sent was damaged"),
        *_again(),
        _("If you see this page again, please start from the front page."),
    )


def _busy(_error: Busy) -> Response:
    return _page(
        503,
        _("Many people are here at the moment"),
        _("What you sent before is safe. Please wait a minute, then do this:"),
        *_again(),
    )


def _circuit_busy(_error: CircuitBusy) -> Response:
    sentences = [
        _("What you sent before is safe. Please wait some minutes, then do this:"),
        *_again(),
        *([] if is_framed() else [unread_form_again()]),
    ]
    return _page(429, _("Your browser is sending us too much at once"), *sentences)


def _no_room(_error: NoRoom) -> Response:
    return _page(
        507,
        _("There is no room here at the moment"),
        _("What you asked for was not done. What you sent before is safe."),
        _("Please come back tomorrow."),
    )


def _unreadable(_error: FormUnreadable) -> Response:
    return _damaged(400)


def _too_long(_error: TextTooLong) -> Response:
    # To send it again would only be refused again.
    return _page(
        413,
        _("Your text is longer than we can take at once"),
        _("It is longer than a thick book. Nothing was kept."),
        _("It is still where you copied it from."),
        _("Save it as a file and send that file with a few words, or send the important part."),
    )


def _broken(_error: UploadBroken) -> Response:
    return _page(400, _("The connection broke while you were sending"), *_again())


def _unknown(_error: Exception) -> Response:
    # What went wrong is not logged: a traceback can hold what somebody wrote. Nor does this page ask the database who
    # is signed in: it may be what went wrong.
    g.source_keys = None
    return _page(
        500,
        _("Something went wrong on our side"),
        _("What you sent before is safe. Please wait a few minutes, then do this:"),
        *_again(),
    )
