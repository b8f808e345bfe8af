"""Which answers may stand in a frame: the progress of an upload, and the answer to it; in pages of this site alone.

A form with large files posts into a frame of its own page, because Firefox, and so Tor Browser, stops every other
frame of a page whose window waits for an answer. Everywhere else frames stay forbidden, both ways (docs/adr/0020).
"""

from flask import Response, g, request

from serving.headers import content_security_policy
from source_interface.uploads import is_upload_id

_TAKE_UPLOADS = frozenset({"report.send_report", "inbox.send_inbox"})
_SMALL_FRAMES = frozenset({"uploads.progress"})


def is_framed() -> bool:
    """Tell whether the answer to this request stands in a frame of the page that sent it."""
    if is_small_frame():
        return True
    return request.endpoint in _TAKE_UPLOADS and is_upload_id(request.args.get("upload", ""))


def is_small_frame() -> bool:
    """Tell whether this is the request of a frame that asks again and again by itself."""
    return request.endpoint in _SMALL_FRAMES


def show_frames() -> None:
    """Let the page that answers this request hold frames of this site."""
    g.shows_frames = True


def allow_frames(response: Response) -> Response:
    """Loosen the policy of an answer by what its frames need, and no more."""
    if is_framed():
        response.headers["Content-Security-Policy"] = content_security_policy({"frame-ancestors": "'self'"})
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    elif g.get("shows_frames"):
        response.headers["Content-Security-Policy"] = content_security_policy({"frame-src": "'self'"})
    return response
