"""What views and templates of the site share: the host, the visit, who is signed in."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, session
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms.validators import ValidationError

from keys.derivation import SourceKeys
from keys.intake_key import spoken
from keys.session_seal import SessionToken
from serving.form_stream import TextFields
from serving.told_circuits import CIRCUIT
from source_interface.form_words import room_for_words
from source_interface.framing import is_framed, is_small_frame
from source_interface.intake_key_shown import ShownKey
from source_interface.room import RoomLeft
from source_interface.site_host import SiteHost
from source_interface.visit import Visit
from source_interface.visit_session import FORM_TOKEN, VisitSession

EXTENSION = "candour_site"


@dataclass(frozen=True)
class ShownSite:
    """The site as every page names it."""

    name: str
    fingerprint: str
    key: ShownKey


def host() -> SiteHost:
    """Return the host of this process, as it is for the circuit of this request."""
    if "host" not in g:
        site: SiteHost = current_app.extensions[EXTENSION]
        g.host = site.asked_from(request.environ.get(CIRCUIT))
    found: SiteHost = g.host
    return found


def visit() -> Visit:
    """Return the visit of this request."""
    found = session._get_current_object()  # type: ignore[attr-defined]  # the proxy hides its class
    if not isinstance(found, VisitSession):
        raise TypeError("the session is not a visit")
    return found.visit


def enter(token: SessionToken | None) -> None:
    """Go on as the source of this session, which was kept in place of the one this browser had before, if any.

    Without one, because there was no room for it, the one before is ended all the same.
    """
    before = visit().session
    if token is None and before is not None:
        host().sessions.end(before.lookup_hash())
    visit().session = token
    g.pop("source_keys", None)


def restart_visit() -> None:
    """End what this browser was doing: the session is destroyed, and no form that was open is ours any more."""
    token = visit().session
    host().uploads.forget(visit().form_token)
    if token is not None:
        host().sessions.end(token.lookup_hash())
    found = session._get_current_object()  # type: ignore[attr-defined]  # the proxy hides its class
    found.begin(host().visits.start(left=True))
    g.pop("source_keys", None)


def signed_in() -> SourceKeys | None:
    """Return the keys of the source who is signed in, or None."""
    if "source_keys" not in g:
        g.source_keys = host().signed_in(visit().session)
    keys: SourceKeys | None = g.source_keys
    return keys


def room() -> RoomLeft:
    """Return what a source can send now; one page says one thing, however often it asks."""
    if "room" not in g:
        g.room = host().room()
    found: RoomLeft = g.room
    return found


def small_form() -> TextFields:
    """Return the fields of this request's form, of one that is not streamed."""
    # Browsers send line ends as CR LF; the person pressed one key.
    texts = {name: [text.replace("\r\n", "\n") for text in request.form.getlist(name)] for name in request.form}
    return TextFields(texts)


def form_is_ours(fields: TextFields) -> bool:
    """Tell whether a streamed form carries this visit's token."""
    # Also of the pepper before: a report that was begun as it changed is not lost.
    for secret in (current_app.secret_key, *(current_app.config["SECRET_KEY_FALLBACKS"] or ())):
        with suppress(ValidationError):
            validate_csrf(fields.get(FORM_TOKEN), secret)
            return True
    return False


def _shown_site() -> ShownSite:
    key = host().key.now()
    return ShownSite(host().settings.shown_name, spoken(key.fingerprint), key)


def shown_everywhere() -> dict[str, Any]:
    """Return what every template may use."""
    return {
        "site": _shown_site(),
        # A small frame asks again and again by itself: that must not keep a session alive.
        "signed_in": not is_small_frame() and signed_in() is not None,
        "framed": is_framed(),
        "room_for_words": room_for_words(host().settings.message_characters),
        "csrf_token": generate_csrf,
    }
