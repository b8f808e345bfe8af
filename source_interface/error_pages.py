"""Pages for what went wrong: what happened, that nothing was lost (or what was), what to do next. Never a traceback."""

from flask import Flask, Response, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from keys.errors import Busy
from serving.language import gettext as _
from source_interface.form_stream import FormUnreadable, TextTooLong, UploadBroken
from store.errors import NoRoom


def register(app: Flask) -> None:
    """Give `app` its error pages."""
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _known)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(FormUnreadable, _unreadable)
    app.register_error_handler(UploadBroken, _broken)
    app.register_error_handler(TextTooLong, _too_long)
    app.register_error_handler(Exception, _unknown)


def _page(status: int, title: str, *sentences: str) -> Response:
    actions = [("/", _("Go to the front page")), ("/return", _("I have a codename"))]
    page = render_template("error.html", title=title, sentences=sentences, actions=actions)
    return Response(page, status, mimetype="text/html")


def _form_expired(_error: CSRFError) -> Response:
    return _page(
        400,
        _("This page was open for too long"),
        _("Or your browser does not accept our cookie. Nothing was sent and nothing was lost."),
        _("Please go back, load the page again, and try once more."),
    )


def _known(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 404:
        return _page(404, _("There is no such page"), _("Nothing was lost. Please start from the front page."))
    if status == 405:
        return _page(405, _("This page cannot do that"), _("Nothing was lost. Please start from the front page."))
    if status == 413:
        return _page(
            413,
            _("This is more than we can take at once"),
            _("Nothing of it was stored."),
            _("Send your text first, without files. Then send the files in several parts from “My report”."),
        )
    if status < 500:
        return _page(status, _("We cannot read this request"), _("Nothing was stored. Please go back and try again."))
    return _unknown(error)


def _busy(_error: Busy) -> Response:
    return _page(
        503,
        _("Many people are here at the moment"),
        _("Nothing was stored just now. What you sent before is safe."),
        _("Please go back and try again in a minute."),
    )


def _no_room(_error: NoRoom) -> Response:
    return _page(
        507,
        _("There is no room here at the moment"),
        _("What you asked for was not done. What you sent before is safe."),
        _("Please come back tomorrow."),
    )


def _unreadable(_error: FormUnreadable) -> Response:
    return _page(400, _("We cannot read this form"), _("Nothing was stored. Please load the page again and retry."))


def _too_long(_error: TextTooLong) -> Response:
    return _page(
        413,
        _("Your text is longer than we can take at once"),
        _("Nothing of it was stored. Press “Back”: your browser should still have what you wrote."),
        _("Please shorten it, or send it in several parts; a long text can also be sent as a file."),
    )


def _broken(_error: UploadBroken) -> Response:
    return _page(
        400,
        _("The connection broke while you were sending"),
        _("It has not been sent. Please go back and send it again: your browser should still have it."),
    )


def _unknown(_error: Exception) -> Response:
    # What went wrong is not logged: a traceback can hold what somebody wrote. Nor does this page ask the database who
    # is signed in: it may be what went wrong.
    g.source_keys = None
    return _page(
        500,
        _("Something went wrong on our side"),
        _("What you sent just now was not stored. What you sent before is safe."),
        _("Please try again in a few minutes."),
    )
