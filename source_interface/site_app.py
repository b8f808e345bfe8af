"""The public site: put together from its parts. No view stands here."""

from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from flask_wtf.csrf import CSRFProtect

from keys.derivation import site_key
from keys.reply import reminder
from serving.headers import COMMON_HEADERS
from serving.language import gettext, ngettext
from serving.look_of_source import FOLDER, SHEET, SourceLookFlask
from serving.plain_sizes import size_text
from serving.server import CLOSE
from serving.slots import Slots
from source_interface import (
    astray,
    closed,
    error_pages,
    views_inbox,
    views_join,
    views_pages,
    views_report,
    views_uploads,
    views_withdraw,
)
from source_interface.drop_folder import DropFolder, OpenDrop, open_drop
from source_interface.field_titles import field_title
from source_interface.foreign_posts import ForeignPost, check_origin
from source_interface.framing import allow_frames, is_framed
from source_interface.page_padding import PaddedResponse, pad_page
from source_interface.requests import BoundedRequest
from source_interface.settings import Settings, read_settings
from source_interface.site_address import read_site_address
from source_interface.site_context import EXTENSION, room, shown_everywhere
from source_interface.site_host import SiteHost
from source_interface.visit_session import VisitSessions

# To seal a letter takes a process of gpg's and the disk, several times as long as to derive from a codename.
_SEALING_SLOTS = 5


class SiteFlask(SourceLookFlask):
    """Flask with requests that are bounded and answers that are padded."""

    request_class = BoundedRequest
    response_class = PaddedResponse

    def send_static_file(self, filename: str) -> Response:
        """Answer with a static file, always whole: nothing of a browser's own telling makes an answer another one."""
        folder = FOLDER if filename == SHEET else Path(self.static_folder or "")
        return send_from_directory(folder, filename, conditional=False, etag=False, max_age=None)


def create_site(folder: Path) -> Flask:
    """Return the site of the source host in `folder`. Raises what `open_drop` and the readers of its files raise."""
    address = read_site_address(DropFolder(folder))
    drop = open_drop(folder)
    host = SiteHost.start(drop, read_settings(drop.folder.settings))
    host.keep_house()
    app = SiteFlask(__name__)
    app.extensions[EXTENSION] = host
    app.extensions[CLOSE] = host.close
    # `//report` is not `/report`: werkzeug would answer with a redirect that spells out the host it was asked for.
    app.url_map.merge_slashes = False
    app.session_interface = VisitSessions(host.visits)
    _speak(app)
    _check_forms(app, drop)
    for views in (views_pages, views_report, views_inbox, views_uploads, views_withdraw, views_join):
        app.register_blueprint(views.pages)
    closed.register(app)
    error_pages.register(app)
    app.context_processor(shown_everywhere)
    # They run in the reverse order.
    app.after_request(pad_page)
    app.after_request(allow_frames)
    app.after_request(_harden)
    app.wsgi_app = Slots(app.wsgi_app, _slots(host.settings))  # type: ignore[method-assign]
    if address is not None:
        astray.refuse_go_betweens(app, address)
    return app


def _speak(app: Flask) -> None:
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "extensions": ["jinja2.ext.i18n"]}
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    # Globals: what the forms share asks for them too, wherever it is imported.
    app.jinja_env.globals.update(room=room, is_framed=is_framed, field_title=field_title)
    app.jinja_env.filters.update(size_text=size_text, reminder=reminder)


def _check_forms(app: Flask, drop: OpenDrop) -> None:
    """Have every form that is sent be one of this site's own, under the pepper now or the one before it."""
    app.config.update(
        SECRET_KEY=site_key(drop.pepper, "form tokens"),
        SECRET_KEY_FALLBACKS=[site_key(each, "form tokens") for each in (drop.peppers.older,) if each is not None],
        WTF_CSRF_TIME_LIMIT=None,
    )
    # Before the check of form tokens, which already reads the body.
    app.before_request(_refuse_unmeasured)
    app.before_request(_refuse_foreign)
    csrf = CSRFProtect(app)
    # These two read their form as a stream and check its token themselves, as soon as it is read.
    csrf.exempt(views_report.send_report)
    csrf.exempt(views_inbox.send_inbox)
    # These check their token themselves too, and give back what was typed.
    csrf.exempt(views_withdraw.send)
    csrf.exempt(views_join.send)
    # Leaving must never fail. Nobody can be made to leave from elsewhere: a post from another site brings no cookie.
    csrf.exempt(views_inbox.leave)


def _slots(settings: Settings) -> dict[tuple[str, str], float]:
    """Return the seconds of a slot for each road on which time must not tell what was found (docs/adr/0015)."""
    codename, inbox = settings.codename_slot_milliseconds / 1000, settings.inbox_slot_milliseconds / 1000
    asked = {("GET", path): inbox for path in ("/inbox", "/withdraw", "/join")}
    sealed = {("POST", path): codename * _SEALING_SLOTS for path in ("/withdraw", "/join")}
    return {**asked, **sealed, ("POST", "/return"): codename}


def _refuse_unmeasured() -> None:
    """Refuse a body that does not say how long it is: no browser sends a form so."""
    if "Transfer-Encoding" in request.headers:
        abort(411)


def _refuse_foreign() -> None:
    """Refuse a form that stood on another site, where the browser says so; the form tokens do the rest."""
    if request.method == "POST":
        try:
            headers = request.headers
            check_origin(headers.get("Host", ""), headers.get("Origin"), headers.get("Sec-Fetch-Site"))
        except ForeignPost:
            abort(403)


def _harden(response: Response) -> Response:
    for name, value in COMMON_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Cache-Control"] = "no-store"
    # What would tell when a file was installed, or that an answer depends on a cookie.
    for name in ("ETag", "Last-Modified", "Vary", "Date", "Accept-Ranges"):
        response.headers.pop(name, None)
    return response
