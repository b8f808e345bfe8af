"""The one answer to whoever does not come straight through Tor: a page that says so, whatever was asked for.

- It stands before the application: no session is looked up, no cookie set, nothing derived, and not a byte of what was
  sent is read here. It is made once, at the start.
- It has the look, the weight and the headers of every other page, and its style sheet within it: a second request
  through whoever stands between would be one more that they see.
- It does not say what this site is for, nor who runs it: whoever stands between reads it too.
"""

import base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Flask, Response
from markupsafe import Markup

from serving.headers import COMMON_HEADERS, content_security_policy
from serving.look_of_source import FOLDER, SHEET
from source_interface.page_padding import pad_page
from source_interface.straight_way import NotStraight, check_way

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STATUS = "403 Forbidden"
_FIELD = "HTTP_"


class StraightOnly:
    """A WSGI application that hands on what came straight to `address`, and answers all else with `page`."""

    def __init__(self, app: "WSGIApplication", address: str, page: bytes, headers: Mapping[str, str]) -> None:
        self._app = app
        self._address = address
        self._page = page
        self._headers = list(headers.items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        fields = (name.removeprefix(_FIELD).replace("_", "-") for name in environ if name.startswith(_FIELD))
        try:
            check_way(self._address, environ.get("HTTP_HOST", ""), fields)
        except NotStraight:
            start_response(STATUS, self._headers)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [self._page]
        return self._app(environ, start_response)


def refuse_go_betweens(app: Flask, address: str) -> None:
    """Have `app` answer only what came straight to `address`. Outermost: nothing of ours runs before it."""
    sheet = (FOLDER / SHEET).read_text("utf-8")
    template = app.jinja_env.get_template("astray.html")
    # The sheet is our own file, and its exact bytes are what the policy below allows.
    text = template.render(address=address, sheet=Markup(sheet))  # noqa: S704
    page = pad_page(Response(text, mimetype="text/html")).get_data()
    app.wsgi_app = StraightOnly(app.wsgi_app, address, page, _headers(sheet, len(page)))  # type: ignore[method-assign]


def _headers(sheet: str, size: int) -> dict[str, str]:
    digest = base64.b64encode(sha256(sheet.encode("utf-8")).digest()).decode("ascii")
    policy = content_security_policy(
        {"style-src": f"'sha256-{digest}'", "img-src": "'none'", "form-action": "'none'"},
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(size),
        **COMMON_HEADERS,
        "Content-Security-Policy": policy,
    }
