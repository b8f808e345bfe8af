"""The one cookie of the source's site: sealed, and of one length, so that no state can be told from another.

Inside, under a key of the site: a form token, the session (two random halves, or zeros), whether this visit began by
leaving another, a notice for the next page, and up to eight commitments to codenames shown in this visit. A commitment
is a keyed hash of 90 bits of randomness: it lets the site say "that is the codename we gave you" while it stores
nothing. The codename itself is in no cookie.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidTag

from keys.codename import Codename
from keys.derivation import site_key
from keys.errors import Malformed
from keys.session_seal import SessionToken
from source_interface.site_box import OVERHEAD, SiteBox

COOKIE_NAME = "visit"
_FORM_TOKEN_SIZE = 20
_SESSION_SIZE = 64
_COMMITMENT_SIZE = 16
# Codenames shown in several tabs of one visit; the oldest is forgotten.
_COMMITMENTS = 8
_MARKS_SIZE = 2
_PLAIN_SIZE = _FORM_TOKEN_SIZE + _SESSION_SIZE + _MARKS_SIZE + _COMMITMENTS * _COMMITMENT_SIZE
_AAD = b"candour v1 visit"
COOKIE_LENGTH = -(-(_PLAIN_SIZE + OVERHEAD) * 4 // 3)


class Notice(IntEnum):
    """What the next page says once."""

    NONE = 0
    SENT = 1
    DELETED = 2
    GONE = 3
    FILE_GONE = 4
    FILE_BUSY = 5


@dataclass
class Visit:
    """What the cookie says of this browser.

    `form_token` guards its forms; `session` is None unless signed in; `left` says that it began by leaving another.
    """

    form_token: str = field(repr=False)
    session: SessionToken | None = None
    commitments: tuple[bytes, ...] = field(default=(), repr=False)
    left: bool = False
    notice: Notice = Notice.NONE


class VisitSealer:
    """Reads and writes visits with the keys of one site.

    Those that were written with the keys of an older pepper are read as well while that is not over: whoever is in the
    middle of a report loses nothing.
    """

    def __init__(self, pepper: bytes, older: bytes | None = None) -> None:
        peppers = [pepper] if older is None else [pepper, older]
        self._box = SiteBox("visit cookie", pepper, older)
        self._commitment_keys = [site_key(each, "codename commitment") for each in peppers]

    def start(self, *, left: bool = False) -> Visit:
        """Return a new visit: of a browser that brought no cookie of ours, or that has just left."""
        return Visit(secrets.token_hex(_FORM_TOKEN_SIZE), left=left)

    def read(self, untrusted_cookie: str) -> Visit:
        """Return the visit in a cookie. Raises Malformed if this site did not seal it."""
        if len(untrusted_cookie) != COOKIE_LENGTH or not untrusted_cookie.isascii():
            raise Malformed("a visit cookie has one length")
        try:
            raw = base64.b64decode(untrusted_cookie + "=" * (-COOKIE_LENGTH % 4), altchars=b"-_", validate=True)
            plain = self._box.open(raw, _AAD)
        except (ValueError, InvalidTag) as reason:
            raise Malformed("not a visit cookie of this site") from reason
        token, rest = plain[:_FORM_TOKEN_SIZE], plain[_FORM_TOKEN_SIZE:]
        session, rest = rest[:_SESSION_SIZE], rest[_SESSION_SIZE:]
        marks, rest = rest[:_MARKS_SIZE], rest[_MARKS_SIZE:]
        found = (rest[i : i + _COMMITMENT_SIZE] for i in range(0, len(rest), _COMMITMENT_SIZE))
        return Visit(
            form_token=token.hex(),
            session=_session(session),
            commitments=tuple(commitment for commitment in found if any(commitment)),
            left=bool(marks[0]),
            notice=Notice(marks[1]),
        )

    def write(self, visit: Visit) -> str:
        """Return the cookie of a visit, always of the same length."""
        session = bytes(_SESSION_SIZE)
        if visit.session is not None:
            session = base64.urlsafe_b64decode(visit.session.cookie() + "==")
        marks = bytes([visit.left, visit.notice])
        plain = bytes.fromhex(visit.form_token) + session + marks + b"".join(visit.commitments)
        sealed = self._box.seal(plain.ljust(_PLAIN_SIZE, b"\x00"), _AAD)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def commit(self, visit: Visit, codename: Codename) -> None:
        """Remember in the visit that this codename was shown."""
        visit.commitments = (*visit.commitments, _commitment(self._commitment_keys[0], codename))[-_COMMITMENTS:]

    def was_shown(self, visit: Visit, codename: Codename) -> bool:
        """Tell whether this codename was shown in this visit."""
        wanted = [_commitment(key, codename) for key in self._commitment_keys]
        return any(hmac.compare_digest(one, commitment) for one in wanted for commitment in visit.commitments)


def _commitment(key: bytes, codename: Codename) -> bytes:
    return hmac.digest(key, codename.reveal().encode("ascii"), sha256)[:_COMMITMENT_SIZE]


def _session(raw: bytes) -> SessionToken | None:
    if not any(raw):
        return None
    return SessionToken.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii"))
