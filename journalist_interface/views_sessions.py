"""Page of one's own account: where I am signed in, ending what I am not using, another password."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.errors import SetUpRefused, TryLater
from journalist_interface.gate import for_everybody, signed_in, works
from journalist_interface.passkey_enrolment import own_passkeys
from journalist_interface.passkey_pages import passkey_page
from journalist_interface.password import NewPassword, change_password
from journalist_interface.recovery_codes import codes_left
from journalist_interface.sessions import IDLE_MINUTES, LONGEST_HOURS, end_own_session, own_sessions
from journalist_interface.views_factors import claim_of_form, forget_other_sessions, not_proved, other_sessions
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
    new = NewPassword(claim_of_form(), typed.get("new", ""), typed.get("again", ""))
    others = other_sessions()
    try:
        change_password(held.desk, held.throttle, signed_in(), new)
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    except SignInRefused:
        return _page(not_proved()), 401
    except TryLater as wait:
        return _page(wait.sentence), 429, {"Retry-After": str(wait.seconds)}
    forget_other_sessions(others)
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
        done=_done(request.args.get("done", "")),
        passkeys=passkey_page(),
        own_passkeys=own_passkeys(works().desk, signed_in()),
        left_sentence=_left(codes_left(works().desk, signed_in().username)),
    )


def _left(codes: int) -> str:
    if codes == 0:
        return _("There are no recovery codes.")
    return ngettext("{n} recovery code is left.", "{n} recovery codes are left.", codes).format(n=codes)


def _done(what: str) -> str:
    return {
        "authenticator": _(
            "The new authenticator counts from now on. Wherever else you were signed in, you are not any more."
        ),
        "passkey": _("The passkey is added. Try it when you sign in next."),
        "removed": _("The passkey is removed, and lets nobody in any more."),
    }.get(what, "")
