"""Pages of one's own second factors: new recovery codes, another authenticator, passkeys."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.authenticator import NewAuthenticator, enrol
from journalist_interface.errors import SetUpRefused, TryLater
from journalist_interface.gate import for_everybody, shown_this_once, signed_in, works
from journalist_interface.new_codes import make_new_codes
from journalist_interface.offered_secret import OfferedSecret, offer_secret, offered_before
from journalist_interface.passkey_enrolment import (
    NewPasskey,
    add_passkey,
    own_passkey,
    own_passkeys,
    take_passkey_away,
)
from journalist_interface.passkey_pages import passkey_answer, passkey_page, spelt
from journalist_interface.passkeys import OwnPasskey
from journalist_interface.proof import Claim
from journalist_interface.qr_code import qr_svg
from journalist_interface.recovery_codes import codes_left
from journalist_interface.sessions import own_factor_key, own_sessions
from keys.errors import SignInRefused
from keys.passkey import LONGEST_LABEL
from keys.totp import enrolment_uri, spoken_secret
from serving.language import gettext as _

pages = Blueprint("factors", __name__, url_prefix="/account")
_Headers = dict[str, str]


def claim_of_form() -> Claim:
    """Return what a form of somebody signed in offers as a proof."""
    return Claim(request.form.get("current", ""), request.form.get("code", "").strip(), passkey_answer())


def not_proved() -> str:
    """Return the sentence for a proof that failed, whatever was wrong."""
    return _(
        "The password of now or the second factor is wrong. Nothing was changed. Wait for a new code, then try again."
    )


def forget_other_sessions(others: list[bytes]) -> None:
    """Lock the intake key wherever else this reviewer had unlocked it: those sessions are over."""
    for session in others:
        works().lock.forget_session(session)


def other_sessions() -> list[bytes]:
    """Return which sessions this reviewer has besides the one that asks."""
    this = signed_in().token.lookup_hash()
    return [each.lookup_hash for each in own_sessions(works().desk, signed_in()) if each.lookup_hash != this]


@pages.get("/recovery-codes")
@for_everybody
def codes() -> str:
    """Say what recovery codes are, and how many are left."""
    return _codes_page()


@pages.post("/recovery-codes")
@for_everybody
def new_codes() -> ResponseReturnValue:
    """Make new ones, and show them this once."""
    held = works()
    try:
        made = make_new_codes(held.desk, held.throttle, signed_in(), claim_of_form())
    except SignInRefused:
        return _codes_page(not_proved()), 401
    except TryLater as wait:
        return _codes_page(wait.sentence), 429, _retry(wait)
    return shown_this_once(render_template("new_codes.html", codes=made))


@pages.get("/authenticator")
@for_everybody
def authenticator() -> str:
    """Show a new secret as a QR code. It does not count yet."""
    return _authenticator_page(offer_secret(signed_in().token))


@pages.post("/authenticator")
@for_everybody
def new_authenticator() -> ResponseReturnValue:
    """Have it count, once it is proved."""
    held = works()
    try:
        offered = offered_before(signed_in().token, request.form.get("offered", ""))
    except SetUpRefused as refused:
        return _authenticator_page(offer_secret(signed_in().token), refused.sentence), 422
    others = other_sessions()
    typed = NewAuthenticator(claim_of_form(), offered, request.form.get("new_code", ""))
    try:
        enrol(held.desk, held.throttle, signed_in(), typed)
    except SetUpRefused as refused:
        return _authenticator_page(offered, refused.sentence), 422
    except SignInRefused:
        return _authenticator_page(offered, not_proved()), 401
    except TryLater as wait:
        return _authenticator_page(offered, wait.sentence), 429, _retry(wait)
    forget_other_sessions(others)
    return redirect(url_for("sessions.show", done="authenticator", _anchor="factors"), 303)


@pages.get("/passkeys")
@for_everybody
def passkey() -> str:
    """Show how a passkey is added."""
    return _passkey_page()


@pages.post("/passkeys")
@for_everybody
def new_passkey() -> ResponseReturnValue:
    """Add the passkey that the browser made."""
    held, made = works(), passkey_answer()
    if made is None:
        return _passkey_page(_("The browser made no passkey. Nothing was changed.")), 422
    # What came in the form's field is the new passkey, and so no proof of who somebody is.
    claim = Claim(request.form.get("current", ""), request.form.get("code", "").strip())
    try:
        add_passkey(held.desk, held.throttle, signed_in(), NewPasskey(claim, request.form.get("label", ""), made))
    except SetUpRefused as refused:
        return _passkey_page(refused.sentence), 422
    except SignInRefused:
        return _passkey_page(not_proved()), 401
    except TryLater as wait:
        return _passkey_page(wait.sentence), 429, _retry(wait)
    return redirect(url_for("sessions.show", done="passkey", _anchor="factors"), 303)


@pages.get("/passkeys/<passkey_id>")
@for_everybody
def old_passkey(passkey_id: str) -> str:
    """Ask whether this passkey should go."""
    return _removal_page(own_passkey(works().desk, signed_in(), passkey_id))


@pages.post("/passkeys/<passkey_id>")
@for_everybody
def remove(passkey_id: str) -> ResponseReturnValue:
    """Have it count no more."""
    held = works()
    found = own_passkey(held.desk, signed_in(), passkey_id)
    try:
        take_passkey_away(held.desk, held.throttle, signed_in(), found, claim_of_form())
    except SignInRefused:
        return _removal_page(found, not_proved()), 401
    except TryLater as wait:
        return _removal_page(found, wait.sentence), 429, _retry(wait)
    return redirect(url_for("sessions.show", done="removed", _anchor="factors"), 303)


def _codes_page(sentence: str = "") -> str:
    left = codes_left(works().desk, signed_in().username)
    return render_template("recovery_codes.html", sentence=sentence, left=left, passkeys=passkey_page())


def _authenticator_page(offered: OfferedSecret, sentence: str = "") -> str:
    uri = enrolment_uri(offered.totp_secret, signed_in().username)
    return render_template(
        "authenticator.html",
        sentence=sentence,
        offered=offered.sealed,
        drawing=qr_svg(uri),
        secret=spoken_secret(offered.totp_secret),
        passkeys=passkey_page(),
    )


def _passkey_page(sentence: str = "") -> str:
    have = own_passkeys(works().desk, signed_in())
    known = ",".join(spelt(each.passkey.credential.credential_id) for each in have)
    return render_template(
        "passkey.html",
        sentence=sentence,
        label=request.form.get("label", ""),
        longest=LONGEST_LABEL,
        handle=spelt(own_factor_key(works().desk, signed_in()).handle),
        known=known,
        passkeys=passkey_page(),
    )


def _removal_page(found: OwnPasskey, sentence: str = "") -> str:
    return render_template("old_passkey.html", sentence=sentence, found=found, passkeys=passkey_page())


def _retry(wait: TryLater) -> _Headers:
    return {"Retry-After": str(wait.seconds)}
