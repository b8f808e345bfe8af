"""Pages behind a link to join: a password, an authenticator, and an account. No session: the link is the proof."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from journalist_interface.errors import LinkOver, SetUpRefused, TryLater
from journalist_interface.gate import behind_a_link, open_to_all, shown_this_once, works
from journalist_interface.joining import TypedJoin, find_join, join
from journalist_interface.offered_secret import OfferedSecret, offer_secret, offered_before
from journalist_interface.qr_code import qr_svg
from keys.reviewer_key import LEAST_PASSWORD
from keys.totp import enrolment_uri, spoken_secret
from store.desk.invitations import Invitation

pages = Blueprint("invitation", __name__)


@pages.get("/invitation/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """Show who invites to what, and ask for password and authenticator. Nothing is kept or changed by looking."""
    try:
        key, link = find_join(works().desk, token)
    except LinkOver as over:
        return _over(over)
    return _page(token, link, offer_secret(key))


@pages.post("/invitation/<token>")
@behind_a_link
def accept(token: str) -> ResponseReturnValue:
    """Make the account, and show its recovery codes this once."""
    held, typed = works(), request.form
    try:
        key, link = find_join(held.desk, token)
    except LinkOver as over:
        return _over(over)
    try:
        offered = offered_before(key, typed.get("offered", ""))
    except SetUpRefused as refused:
        return _page(token, link, offer_secret(key), refused.sentence), 422
    wanted = TypedJoin(
        password=typed.get("password", ""),
        again=typed.get("again", ""),
        code=typed.get("code", ""),
        consent=typed.get("consent", ""),
        offered=offered,
    )
    try:
        codes = join(held.desk, held.throttle, link, wanted)
    except SetUpRefused as refused:
        return _page(token, link, offered, refused.sentence), 422
    except TryLater as wait:
        return _page(token, link, offered, wait.sentence), 429, {"Retry-After": str(wait.seconds)}
    except LinkOver as over:
        return _over(over)
    return shown_this_once(render_template("joined.html", link=link, codes=codes.codes))


def _over(over: LinkOver) -> ResponseReturnValue:
    return render_template("link_over.html", sentence=over.sentence), 404


def _page(token: str, link: Invitation, offered: OfferedSecret, sentence: str = "") -> str:
    if link.waits_for_consent:
        return render_template("link_waits.html", link=link)
    return render_template(
        "invitation.html",
        token=token,
        link=link,
        offered=offered.sealed,
        drawing=qr_svg(enrolment_uri(offered.totp_secret, link.username)),
        secret=spoken_secret(offered.totp_secret),
        consent=request.form.get("consent", ""),
        least=LEAST_PASSWORD,
        sentence=sentence,
    )
