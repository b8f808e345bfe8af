"""The visit as Flask's session, so that Flask-WTF guards the forms: one sealed cookie, set anew with every answer."""

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from keys.errors import Malformed
from source_interface.framing import is_small_frame
from source_interface.visit import COOKIE_NAME, Visit, VisitSealer

FORM_TOKEN = "csrf_token"  # noqa: S105  (the name under which Flask-WTF looks)


class VisitSession(dict[str, str], SessionMixin):
    """Flask's session for the length of one request; only `visit` is kept."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self.begin(visit)

    def begin(self, visit: Visit) -> None:
        """Go on with this visit: the one in the cookie, or a new one."""
        self.visit = visit
        self[FORM_TOKEN] = visit.form_token


class VisitSessions(SessionInterface):
    """Opens and saves the visit cookie.

    It is written with every answer, changed or not: an answer that sets no cookie would weigh less than one that does.
    Except to a small frame that asks while a form is being sent: its answer may come after that of the form, and would
    undo what that one wrote.
    `SameSite=Lax`: with `Strict` a link from another site would arrive without it, and end a half-written report; the
    forms are guarded by their tokens. No `Secure`: an onion service is plain http to the browser, and is encrypted and
    authenticated all the same.
    """

    def __init__(self, sealer: VisitSealer) -> None:
        self._sealer = sealer

    def open_session(self, app: Flask, request: Request) -> VisitSession:  # noqa: ARG002
        """Return the visit in the request's cookie; a cookie that is not ours starts a new visit, and so do two."""
        try:
            (cookie,) = request.cookies.getlist(COOKIE_NAME) or [""]
            return VisitSession(self._sealer.read(cookie))
        except (Malformed, ValueError):
            return VisitSession(self._sealer.start())

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Set the cookie, except on the style sheet, which is the same for everybody, and on a small frame."""
        if isinstance(session, VisitSession) and response.mimetype == "text/html" and not is_small_frame():
            response.set_cookie(COOKIE_NAME, self._sealer.write(session.visit), httponly=True, samesite="Lax", path="/")
