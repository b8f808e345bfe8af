"""What a page needs to ask the browser for a passkey, and what a form brought of one. The one place with a script.

A page that asks gets a script of our own (static/passkeys.js, script-src 'self'), and leave to use passkeys. No other
page does.
"""

import base64

from flask import Response, g, request

from journalist_interface.challenges import SECONDS, SIGN_IN
from journalist_interface.gate import signed_in, works
from journalist_interface.hosts import host_name, is_address
from journalist_interface.passkeys import PasskeyAnswer
from keys.passkey import ALGORITHMS, DeskAddress
from serving.headers import content_security_policy, permissions_policy

FIELD = "passkey"
# The page gives up a little earlier than the desk, so that nobody touches their key for nothing.
_PAGE_SECONDS = SECONDS - 60


def passkey_page() -> dict[str, object]:
    """Return what the template `passkeys.html` needs, and let this answer use passkeys."""
    g.uses_passkeys = True
    challenge = works().challenges.draw(_purpose())
    return {
        "challenge": spelt(challenge),
        "rp_id": host_name(request.host),
        "impossible": is_address(request.host),
        "seconds": _PAGE_SECONDS,
        "algorithms": ",".join(str(each) for each in ALGORITHMS),
    }


def passkey_answer() -> PasskeyAnswer | None:
    """Return what the form brought of a passkey; None if it brought nothing."""
    untrusted = request.form.get(FIELD, "")
    if not untrusted:
        return None
    address = DeskAddress(request.host.lower(), host_name(request.host))
    return PasskeyAnswer(untrusted, address, works().challenges, _purpose())


def let_passkeys_work(response: Response) -> Response:
    """Loosen the headers of an answer whose page asks for a passkey, and of no other."""
    if g.get("uses_passkeys"):
        response.headers["Content-Security-Policy"] = content_security_policy({"script-src": "'self'"})
        response.headers["Permissions-Policy"] = permissions_policy({"publickey-credentials-get"})
    return response


def spelt(raw: bytes) -> str:
    """Return bytes as the script reads them: URL-safe Base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _purpose() -> bytes:
    # A challenge of the sign-in page is no challenge of somebody's account page, nor of somebody else's.
    return b"account " + signed_in().token.lookup_hash() if g.signed_in else SIGN_IN
