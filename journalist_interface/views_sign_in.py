"""Pages: sign in, sign out."""

from contextlib import suppress

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.errors import TryLater
from journalist_interface.gate import COOKIE, for_everybody, open_to_all, set_cookie, signed_in, works
from journalist_interface.passkey_pages import passkey_answer, passkey_page
from journalist_interface.sessions import sign_in, sign_out
from keys.errors import SignInRefused
from serving.language import gettext as _
from store.desk.factors import FactorKind
from store.desk.roles import Role
from store.errors import NoRoom

pages = Blueprint("sign_in", __name__)


@pages.get("/sign-in")
@open_to_all
def show() -> str:
    """Show the form."""
    return _page()


@pages.post("/sign-in")
@open_to_all
def enter() -> ResponseReturnValue:
    """Sign in, or say that it did not work: one sentence for every cause."""
    username = request.form.get("username", "").strip()
    held = works()
    try:
        new = sign_in(
            held.desk,
            held.throttle,
            username,
            request.form.get("password", ""),
            request.form.get("code", ""),
            passkey_answer(),
        )
    except SignInRefused:
        # A code counts once: of two presses on the button, the second is refused, and the browser shows that one.
        sentence = _(
            "That did not work. If you pressed the button twice, you may be signed in already: open the cases and "
            "look. Else check all three, wait for a new code, then try again."
        )
        return _page(username, sentence), 401
    except TryLater as wait:
        return _page(username, wait.sentence), 429, {"Retry-After": str(wait.seconds)}
    # Who is down to recovery codes should see how many are left, and get an authenticator again.
    lost = new.factor is FactorKind.RECOVERY_CODE
    leads_to = url_for("sessions.show", recovered=1) if lost else url_for(_begins_at(new.roles))
    response = make_response(redirect(leads_to, 303))
    set_cookie(response, new.token.cookie())
    return response


@pages.post("/sign-out")
@for_everybody
def leave() -> Response:
    """Lock the intake key, end the session, and have the browser forget everything."""
    held = works()
    # On a full disk neither can be recorded; the browser forgets its cookie all the same, and the row idles out.
    with suppress(NoRoom):
        held.lock.lock(held.desk, signed_in())
    with suppress(NoRoom):
        sign_out(held.desk, signed_in())
        held.boards.forget(signed_in().token.lookup_hash())
    response = make_response(redirect(url_for("sign_in.show"), 303))
    response.delete_cookie(COOKIE, path="/")
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _begins_at(roles: frozenset[Role]) -> str:
    # The list of cases leads whoever reads none to their own work.
    return "today.show" if Role.REVIEWER in roles else "cases.show"


def _page(username: str = "", sentence: str = "") -> str:
    return render_template("sign_in.html", username=username, sentence=sentence, passkeys=passkey_page())
