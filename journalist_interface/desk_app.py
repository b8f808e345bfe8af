"""The desk as a web application: the use cases behind pages. Nothing here decides; it wires."""

from collections.abc import Collection
from functools import partial
from pathlib import Path

from flask import Flask, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from journalist_interface import (
    page_words,
    views_about_me,
    views_audit,
    views_bulk,
    views_case,
    views_cases,
    views_clearance,
    views_consents,
    views_deadlines,
    views_end,
    views_factors,
    views_figures,
    views_hosts,
    views_invitation,
    views_keyboard,
    views_people,
    views_person,
    views_post,
    views_related,
    views_reply_files,
    views_reset,
    views_retention,
    views_safety,
    views_saved,
    views_search,
    views_sessions,
    views_sign_in,
    views_splitting,
    views_take_out,
    views_take_out_consents,
    views_talk,
    views_templates,
    views_today,
    views_whole,
    views_work,
)
from journalist_interface.casework.board import Boards
from journalist_interface.casework.presence import Presence
from journalist_interface.challenges import Challenges
from journalist_interface.clearance import LatelyOpened
from journalist_interface.desk_folder import Desk, clear_desk_leftovers, open_desk
from journalist_interface.errors import (
    AttachmentGone,
    EntranceStays,
    KeyExchanged,
    LinkOver,
    NotCleared,
    StrangeHost,
    TryLater,
)
from journalist_interface.gate import LARGEST_FORM, Works, keep_gate
from journalist_interface.given_back import give_back
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.passkey_pages import let_passkeys_work
from journalist_interface.shown_everywhere import shown_everywhere
from journalist_interface.single_forms import SingleForms
from journalist_interface.throttle import Throttle
from keys.errors import SealBroken
from serving import language
from serving.headers import COMMON_HEADERS
from serving.look_of_source import SourceLookFlask
from serving.plain_sizes import size_text
from serving.server import CLOSE
from serving.unstored_forms import UnstoredRequest
from store.errors import Missing, NoRoom

_A_VIEWS_OWN = ("Content-Security-Policy", "Permissions-Policy")
VIEWS = (
    views_sign_in,
    views_sessions,
    views_factors,
    views_about_me,
    views_today,
    views_cases,
    views_saved,
    views_bulk,
    views_search,
    views_case,
    views_work,
    views_talk,
    views_templates,
    views_related,
    views_splitting,
    views_reply_files,
    views_safety,
    views_post,
    views_clearance,
    views_audit,
    views_people,
    views_person,
    views_consents,
    views_take_out,
    views_take_out_consents,
    views_deadlines,
    views_retention,
    views_end,
    views_whole,
    views_hosts,
    views_keyboard,
    views_figures,
    views_invitation,
    views_reset,
)


class DeskFlask(SourceLookFlask):
    """Flask whose requests have no way to a temporary file."""

    request_class = UnstoredRequest


def create_desk(data_folder: Path, names: Collection[str] = ()) -> Flask:
    """Return the desk of a data folder. Raises FolderExposed, StoreOutdated or SetUpRefused.

    It answers as localhost, on loopback addresses, as an onion service, and under `names`.

    For the one process that serves it: vault files which a crash left behind are erased here.
    """
    desk = open_desk(data_folder)
    clear_desk_leftovers(desk)
    lock = IntakeLock()
    app = DeskFlask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, MAX_FORM_PARTS=64)
    boards = Boards()
    housekeeper = Housekeeper(desk, boards)
    app.extensions[CLOSE] = partial(_close, desk, housekeeper)
    housekeeper.start()
    rounds = OpeningRounds(desk, lock)
    held = Works(desk, lock, Throttle(), Challenges(), rounds, SingleForms(), LatelyOpened(), boards, Presence())
    app.extensions["candour_desk"] = held
    _speak(app)
    for views in VIEWS:
        app.register_blueprint(views.pages)
    keep_gate(app, frozenset(names))
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(NotCleared, _missing)
    app.register_error_handler(TryLater, _try_later)
    app.register_error_handler(KeyExchanged, _key_exchanged)
    app.register_error_handler(LinkOver, _link_over)
    app.register_error_handler(StrangeHost, _strange_host)
    app.register_error_handler(AttachmentGone, _gone)
    app.register_error_handler(EntranceStays, _entrance_stays)
    app.register_error_handler(NoRoom, _no_room)
    app.register_error_handler(SealBroken, _altered)
    app.after_request(_add_headers)
    return app


def _close(desk: Desk, housekeeper: Housekeeper) -> None:
    housekeeper.stop()
    desk.database.close()


def _speak(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        language.gettext, language.ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(page_words.FILTERS, size_text=size_text)
    app.context_processor(shown_everywhere)


def _error_page(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    sentence = page_words.error_sentence(error)
    given_back = give_back(sentence, code) if code >= 500 else None
    return given_back or (render_template("error.html", code=code, sentence=sentence), code)


def _missing(_error: Exception) -> ResponseReturnValue:
    # Not there, not yours and cleared for somebody else are one page. Words for it are their writer's all the same.
    given_back = give_back(page_words.nothing_here(), 404, again=False)
    return given_back or (render_template("error.html", code=404, sentence=page_words.nothing_here()), 404)


def _key_exchanged(error: KeyExchanged) -> tuple[str, int]:
    return render_template("key_exchanged.html", sentence=error.sentence), 403


def _strange_host(error: StrangeHost) -> tuple[str, int, dict[str, str]]:
    # Not one of the desk's pages: whoever comes by another name is told one sentence, and no address.
    return error.sentence + "\n", 421, {"Content-Type": "text/plain; charset=utf-8"}


def _link_over(error: LinkOver) -> tuple[str, int]:
    return render_template("link_over.html", sentence=error.sentence), 404


def _no_room(_error: Exception) -> ResponseReturnValue:
    given_back = give_back(page_words.no_room_to_write(), 507)
    return given_back or (render_template("error.html", code=507, sentence=page_words.no_room()), 507)


def _altered(_error: Exception) -> ResponseReturnValue:
    given_back = give_back(page_words.altered(), 500, again=False)
    return given_back or (render_template("error.html", code=500, sentence=page_words.altered()), 500)


def _gone(error: AttachmentGone) -> tuple[str, int]:
    return render_template("error.html", code=410, sentence=error.sentence), 410


def _entrance_stays(error: EntranceStays) -> tuple[str, int]:
    # What was asked for is done: nothing is given back to be sent again.
    return render_template("entrance_stays.html", sentence=error.sentence), 500


def _try_later(error: TryLater) -> ResponseReturnValue:
    page = give_back(error.sentence, 429) or (render_template("error.html", code=429, sentence=error.sentence), 429)
    response = make_response(page)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _add_headers(response: Response) -> Response:
    let_passkeys_work(response)
    # The policies alone may be a view's own. Flask would let the style sheet be kept, and it tells what it is of.
    own = {name: response.headers[name] for name in _A_VIEWS_OWN if name in response.headers}
    response.headers.update({**COMMON_HEADERS, **own})
    return response
