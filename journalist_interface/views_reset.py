"""Page behind a link that somebody was given after a loss: another authenticator, or a new password too. No session."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from journalist_interface.errors import SetUpRefused, TryLater
from journalist_interface.gate import behind_a_link, open_to_all, shown_this_once, works
from journalist_interface.links import find_link
from journalist_interface.offered_secret import OfferedSecret, offer_secret, offered_before
from journalist_interface.qr_code import qr_svg
from journalist_interface.resetting import RESETS, TypedReset, reset
from keys.errors import SignInRefused
from keys.reviewer_key import LEAST_PASSWORD
from keys.totp import enrolment_uri, spoken_secret
from serving.language import gettext as _
from store.desk.invitations import Invitation, InvitationKind

pages = Blueprint("reset", __name__, url_prefix="/reset/<token>")


@pages.get("")
@open_to_all
def show(token: str) -> str:
    """Show what is to be typed. Nothing is used up by looking."""
    cookie, link = find_link(works().desk, token, RESETS)
    return _page(token, link, offer_secret(cookie))


@pages.post("")
@behind_a_link
def enter(token: str) -> ResponseReturnValue:
    """Let the person back in."""
    held, typed = works(), request.form
    cookie, link = find_link(held.desk, token, RESETS)
    try:
        offered = offered_before(cookie, typed.get("offered", ""))
    except SetUpRefused as refused:
        return _page(token, link, offer_secret(cookie), refused.sentence), 422
    given = TypedReset(
        typed.get("consent", ""), typed.get("password", ""), typed.get("again", ""), typed.get("code", ""), offered
    )
    try:
        codes = reset(held.desk, held.throttle, link, given)
    except SetUpRefused as refused:
        return _page(token, link, offered, refused.sentence), 422
    except SignInRefused:
        return _page(token, link, offered, _wrong(link)), 401
    except TryLater as wait:
        return _page(token, link, offered, wait.sentence), 429, {"Retry-After": str(wait.seconds)}
    held.lock.forget_officer(link.username)
    return shown_this_once(render_template("enrolled.html", username=link.username, codes=codes.codes))


def _wrong(link: Invitation) -> str:
    if link.kind is InvitationKind.PASSWORD:
        return _("That is not the code of consent. Nothing was changed, and the link is still good. Try again.")
    return _(
        "The code of consent or the password of now is wrong. Nothing was changed, and the link is still good. Try "
        "again."
    )


def _page(token: str, link: Invitation, offered: OfferedSecret, sentence: str = "") -> str:
    return render_template(
        "reset.html",
        here_token=token,
        link=link,
        new_password=link.kind is InvitationKind.PASSWORD,
        offered=offered.sealed,
        drawing=qr_svg(enrolment_uri(offered.totp_secret, link.username)),
        secret=spoken_secret(offered.totp_secret),
        least=LEAST_PASSWORD,
        consent=request.form.get("consent", ""),
        sentence=sentence,
    )
