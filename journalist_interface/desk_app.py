"""The desk as a web application: the use cases behind pages. Nothing here decides; it wires."""

from collections.abc import Collection
from pathlib import Path

from flask import Flask, Response, g, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from journalist_interface import (
    csrf,
    page_words,
    views_audit,
    views_case,
    views_cases,
    views_factors,
    views_post,
    views_sessions,
    views_sign_in,
)
from journalist_interface.challenges import Challenges
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.errors import AttachmentGone, KeyExchanged, NotCleared, StrangeHost, TryLater
from journalist_interface.gate import Works, give_back, keep_gate
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.passkey_pages import let_passkeys_work
from journalist_interface.throttle import Throttle
from keys.errors import SealBroken
from serving import language
from serving.headers import COMMON_HEADERS
from serving.quiet_flask import QuietFlask
from serving.server import CLOSE
from store.errors import Missing, NoRoom

# A reply, twelve questions and their field names, with every character three bytes and percent-encoded.
LARGEST_FORM = 512 * 1024  # bytes


def create_desk(data_folder: Path, names: Collection[str] = ()) -> Flask:
    """Return the desk of a data folder. Raises FolderExposed, StoreOutdated or SetUpRefused.

    It answers as localhost, on loopback addresses, as an onion service, and under `names`.

    For the one process that serves it: vault files which a crash left behind are erased here.
    """
    desk = open_desk(data_folder)
    clear_desk_leftovers(desk)
    lock = IntakeLock()
    app = QuietFlask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, MAX_FORM_PARTS=64)
    app.extensions[CLOSE] = desk.database.close
    app.extensions["candour_desk"] = Works(desk, lock, Throttle(), Challenges(), OpeningRounds(desk, lock))
    _speak(app)
    for views in (views_sign_in, views_sessions, views_factors, views_cases, views_case, views_post, views_audit):
        app.register_blueprint(views.pages)
    keep_gate(app, frozenset(names))
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(NotCleared, _missing)
    app.register_error_handler(TryLater, _try_later)
    app.register_error_handler(KeyExchanged, _key_exchanged)
    app.register_error_handler(StrangeHost, _strange_host)
    app.register_error_handler(AttachmentGone, _gone)
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(SealBroken, _altered)
    app.after_request(_add_headers)
    return app


def _speak(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        language.gettext, language.ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(page_words.FILTERS)
    app.context_processor(_shared)


def _shared() -> dict[str, object]:
    signed_in = g.get("signed_in")

    def token() -> Markup:
        """The hidden field that every form of somebody signed in carries."""
        field = Markup('<input type="hidden" name="{}" value="{}">')
        return field.format(csrf.FIELD, csrf.form_token(signed_in.token)) if signed_in else Markup("")

    return {"signed_in": signed_in, "token": token, "is_": lambda role: signed_in and role in signed_in.roles}


def _error_page(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    return render_template("error.html", code=code, sentence=page_words.error_sentence(error)), code


def _missing(_error: Exception) -> tuple[str, int]:
    # Not there, not yours and cleared for somebody else are one page.
    return render_template("error.html", code=404, sentence=page_words.nothing_here()), 404


def _key_exchanged(error: KeyExchanged) -> tuple[str, int]:
    return render_template("key_exchanged.html", sentence=error.sentence), 403


def _strange_host(error: StrangeHost) -> tuple[str, int, dict[str, str]]:
    # Not one of the desk's pages: whoever comes by another name is told one sentence, and no address.
    return error.sentence + "\n", 421, {"Content-Type": "text/plain; charset=utf-8"}


def _no_room(_error: Exception) -> ResponseReturnValue:
    given_back = give_back(page_words.no_room_to_write(), 507)
    return given_back or (render_template("error.html", code=507, sentence=page_words.no_room()), 507)


def _altered(_error: Exception) -> ResponseReturnValue:
    given_back = give_back(page_words.altered(), 500)
    return given_back or (render_template("error.html", code=500, sentence=page_words.altered()), 500)


def _gone(error: AttachmentGone) -> tuple[str, int]:
    return render_template("error.html", code=410, sentence=error.sentence), 410


def _try_later(error: TryLater) -> tuple[str, int, dict[str, str]]:
    page = render_template("error.html", code=429, sentence=error.sentence)
    return page, 429, {"Retry-After": str(error.seconds)}


def _add_headers(response: Response) -> Response:
    let_passkeys_work(response)
    for name, value in COMMON_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
