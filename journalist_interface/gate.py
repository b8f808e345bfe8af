"""What every request passes before a view sees it: deny by default, the exception is spelt at the view.

- A request under a name that is not the desk's gets nothing (hosts.py). This comes first.
- Without a session only views marked `open_to_all`, and the style sheet, are served.
- With one, only views that are marked as for one of its roles, or as for everybody who is signed in. A view without any
  mark is refused when the desk starts. To anybody else a page is not there, as one that never was.
- A body must be an ordinary form. Only views marked `reads_files` get another, and read it themselves as a stream
  (files_form.py), which looks for the token before it takes a byte of a file: no parser writes to a temporary file.
- Every change needs the token of its session (csrf.py), and is made once however often its form is sent
  (single_forms.py). Words that are not taken are given back (given_back.py).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from journalist_interface import csrf, single_forms
from journalist_interface.casework.board import Boards
from journalist_interface.casework.presence import Presence
from journalist_interface.challenges import Challenges
from journalist_interface.clearance import LatelyOpened
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import NotSignedIn
from journalist_interface.given_back import WRITER, give_back, is_somebody_elses
from journalist_interface.hosts import check_host
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.sessions import SignedIn, resume
from journalist_interface.single_forms import Answer, SingleForms, name_form
from journalist_interface.throttle import Throttle
from journalist_interface.tor_paths import desk_address
from serving.language import gettext as _
from serving.unstored_forms import UnstoredRequest
from store.desk.roles import Role

COOKIE = "candour_desk"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A reply, twelve questions and their field names, with every character three bytes and percent-encoded.
LARGEST_FORM = 512 * 1024  # bytes
# What is too long for a form is still read, from somebody signed in, to be given back.
LARGEST_GIVEN_BACK = 4 * 1024 * 1024  # bytes
_FORM = "application/x-www-form-urlencoded"
FILES_FORM = "multipart/form-data"
_MOST_READ_PAST = 20_000_000  # bytes, of a form with files from somebody whose session has ended
_PIECE = 64 * 1024  # bytes
_View = TypeVar("_View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Works:
    """What the one process of the desk holds."""

    desk: Desk
    lock: IntakeLock
    throttle: Throttle
    challenges: Challenges
    rounds: OpeningRounds
    forms: SingleForms
    lately: LatelyOpened
    boards: Boards
    presence: Presence


def works() -> Works:
    """Return what the process holds."""
    return cast(Works, current_app.extensions["candour_desk"])


def signed_in() -> SignedIn:
    """Return who sent this request. Only in views that are not `open_to_all`."""
    return cast(SignedIn, g.signed_in)


def open_to_all(view: _View) -> _View:
    """Mark a view that needs no session."""
    view.open_to_all = True  # type: ignore[attr-defined]  # read by `_let_in`
    return view


def behind_a_link(view: _View) -> _View:
    """Mark a view that needs no session because a link in its address is the proof. Its form is done once."""
    view.behind_a_link = True  # type: ignore[attr-defined]  # read by `_let_in`
    return open_to_all(view)


def for_everybody(view: _View) -> _View:
    """Mark a view for everybody who is signed in, whatever their roles."""
    view.roles = frozenset(Role)  # type: ignore[attr-defined]  # read by `roles_for`
    return view


def needs(*roles: Role) -> Callable[[_View], _View]:
    """Mark a view that needs one of these roles."""

    def mark(view: _View) -> _View:
        view.roles = frozenset(roles)  # type: ignore[attr-defined]  # read by `roles_for`
        return view

    return mark


def reads_files(view: _View) -> _View:
    """Mark a view that takes a form with files, and reads it with `files_form` alone."""
    view.reads_files = True  # type: ignore[attr-defined]  # read by `_is_for_files`
    return view


def roles_for(view: Callable[..., Any]) -> frozenset[Role]:
    """Return the roles that a view is for. Raises TypeError if nobody has decided."""
    if getattr(view, "open_to_all", False):
        return frozenset(Role)
    roles = getattr(view, "roles", None)
    if not isinstance(roles, frozenset):
        raise TypeError(f"nobody has decided who may use {view.__qualname__}")
    return roles


def not_here() -> NoReturn:
    """Answer with the very page of an address that never was."""
    g.signed_in = None
    abort(404)


def keep_gate(app: Flask, names: frozenset[str] = frozenset()) -> None:
    """Put the gate before every view of `app`, which has all of them. Raises TypeError for one that is not marked.

    `names` are those the desk answers under besides its usual ones.
    """
    for endpoint, view in app.view_functions.items():
        if endpoint != "static":
            roles_for(view)
    app.before_request(lambda: _check_host(names))
    app.before_request(_refuse_strange_bodies)
    app.before_request(_let_in)
    app.after_request(_note_answer)
    app.teardown_request(_end_form)


def set_cookie(response: Response, value: str) -> None:
    """Give the browser the session's cookie, for as long as it runs."""
    response.set_cookie(COOKIE, value, httponly=True, samesite="Strict", path="/", secure=request.is_secure)


def _check_host(names: frozenset[str]) -> None:
    check_host(request.headers.get("Host"), names, desk_address(works().desk.paths.folder))


def _refuse_strange_bodies() -> None:
    if request.method in _SAFE_METHODS:
        return
    if request.mimetype not in ("", _FORM) and not _is_for_files():
        abort(415)
    if not csrf.is_same_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        abort(400, _("This form did not come from the desk. Go back to the desk and try again."))


def _is_for_files() -> bool:
    """Whether this is a form with files for a view that reads such a form itself."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.mimetype == FILES_FORM and getattr(view, "reads_files", False)


def _read_past() -> None:
    """Read a form with files to its end and drop it: to a browser, an answer before that is a broken connection."""
    if isinstance(request, UnstoredRequest) and (request.content_length or 0) <= _MOST_READ_PAST:
        body = request.unbounded_body()
        with suppress(OSError, HTTPException):
            while body.read(_PIECE):
                pass


def _let_in() -> ResponseReturnValue | None:
    g.signed_in = None
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        # No such page: the error page needs no session, and says the same to everybody.
        return None
    try:
        g.signed_in = resume(works().desk, request.cookies.get(COOKIE, ""))
    except NotSignedIn:
        if request.endpoint == "static" or getattr(view, "open_to_all", False):
            return _answer_behind_link(view)
        if _is_for_files():
            _read_past()
        ended = give_back(_("Your session ended before this arrived."), 403)
        return ended or redirect(url_for("sign_in.show"), 303)
    if request.endpoint == "static" or getattr(view, "open_to_all", False):
        return _answer_behind_link(view)
    if roles_for(view).isdisjoint(g.signed_in.roles):
        not_here()
    if request.method in _SAFE_METHODS:
        return None
    if _is_for_files():
        return None
    request.max_content_length = request.max_form_memory_size = LARGEST_GIVEN_BACK
    return _refuse_form() or _answer_of_first()


def _refuse_form() -> ResponseReturnValue | None:
    """Return why this form does nothing, or None if it is one of this session and not too long."""
    is_ours = csrf.is_form_of(g.signed_in.token, request.form.get(csrf.FIELD, ""))
    if not is_ours and is_somebody_elses():
        abort(
            400,
            _(
                "Somebody else was signed in when this page was made. Nothing was sent, and what they wrote is not "
                "shown to you. If they sign in again in another tab and then load this page again, they get it back."
            ),
        )
    if (request.content_length or 0) > LARGEST_FORM:
        return give_back(_("That is too much text at once, so nothing was sent. Shorten it."), 413) or abort(413)
    if csrf.FIELD not in request.form and WRITER in request.form:
        # From a page that was given to somebody whose session had ended.
        again = give_back(_("You are signed in again. Look at it once more, then send it."), 400)
        if again:
            return again
    if not is_ours:
        stale = _("This page was too old to be used.")
        return give_back(stale, 400) or abort(400, stale + " " + _("Load it again, then send it again."))
    return None


def _answer_of_first() -> ResponseReturnValue | None:
    """Return the answer that this very form got before, if it was done."""
    if single_forms.FIELD not in request.form:
        return None
    return _answer_before(g.signed_in.token.cookie().encode("ascii"))


def _answer_behind_link(view: Callable[..., Any]) -> ResponseReturnValue | None:
    if request.method in _SAFE_METHODS or not getattr(view, "behind_a_link", False):
        return None
    return _answer_before(works().forms.process_key)


def _answer_before(key: bytes) -> ResponseReturnValue | None:
    form = name_form(key, request.path, request.form.items(multi=True))
    answer = works().forms.begin(form)
    if answer is not None:
        return redirect(answer.location, 303) if answer.location else answer.page
    g.form = form
    return None


def _note_answer(response: Response) -> Response:
    if response.status_code == 303:
        g.answer = Answer(response.location or "")
    return response


def shown_this_once(page: str) -> str:
    """Return a page that says what was done by showing it, such as new codes: the form's second sending gets it too."""
    g.answer = Answer(page=page)
    return page


def _end_form(_fault: BaseException | None) -> None:
    form = g.pop("form", None)
    if form is not None:
        works().forms.end(form, g.get("answer"))
