"""Page of one's own account: where I am signed in, ending what I am not using, another password."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.errors import SetUpRefused, TryLater
from journalist_interface.gate import for_everybody, signed_in, works
from journalist_interface.password import NewPassword, change_password
from journalist_interface.recovery_codes import codes_left
from journalist_interface.sessions import IDLE_MINUTES, LONGEST_HOURS, end_own_session, own_sessions
from keys.errors import SignInRefused
from keys.reviewer_key import LEAST_PASSWORD
from serving.language import gettext as _
from serving.language import ngettext

pages = Blueprint("sessions", __name__, url_prefix="/account")


@pages.get("")
@for_everybody
def show() -> str:
    """List the sessions of whoever asks."""
    return _page(changed="changed" in request.args)


@pages.post("/end")
@for_everybody
def end() -> ResponseReturnValue:
    """End one of them, and lock the intake key if it was unlocked there."""
    ended = end_own_session(works().desk, signed_in(), request.form.get("session", ""))
    if ended is not None:
        works().lock.forget_session(ended)
    return redirect(url_for("sessions.show"), 303)


@pages.post("/password")
@for_everybody
def password() -> ResponseReturnValue:
    """Change the password."""
    held, typed = works(), request.form
    new = NewPassword(
        typed.get("current", ""), typed.get("code", "").strip(), typed.get("new", ""), typed.get("again", "")
    )
    others = [session.lookup_hash for session in own_sessions(held.desk, signed_in())]
    try:
        change_password(held.desk, held.throttle, signed_in(), new)
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    except SignInRefused:
        wrong = _("The password of now or the code is wrong. Nothing was changed.")
        return _page(f"{wrong} {_('Wait for a new code, then try again.')}"), 401
    except TryLater as wait:
        return _page(wait.sentence), 429, {"Retry-After": str(wait.seconds)}
    for session in others:
        if session != signed_in().token.lookup_hash():
            held.lock.forget_session(session)
    return redirect(url_for("sessions.show", changed=1, _anchor="password"), 303)


def _page(sentence: str = "", *, changed: bool = False) -> str:
    return render_template(
        "account.html",
        sessions=own_sessions(works().desk, signed_in()),
        this=signed_in().token.lookup_hash(),
        limits={"minutes": IDLE_MINUTES, "hours": LONGEST_HOURS, "least": LEAST_PASSWORD},
        sentence=sentence,
        changed=changed,
        recovered="recovered" in request.args,
        left_sentence=_left(codes_left(works().desk, signed_in().username)),
    )


def _left(codes: int) -> str:
    if codes == 0:
        return _("There are no recovery codes.")
    return ngettext("{n} recovery code is left.", "{n} recovery codes are left.", codes).format(n=codes)
