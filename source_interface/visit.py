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
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from keys.codename import Codename
from keys.derivation import site_key
from keys.errors import Malformed
from keys.session_seal import SessionToken

COOKIE_NAME = "visit"
_FORM_TOKEN_SIZE = 20
_SESSION_SIZE = 64
_COMMITMENT_SIZE = 16
# Codenames shown in several tabs of one visit; the oldest is forgotten.
_COMMITMENTS = 8
_NONCE_SIZE = 12
_MARKS_SIZE = 2
_PLAIN_SIZE = _FORM_TOKEN_SIZE + _SESSION_SIZE + _MARKS_SIZE + _COMMITMENTS * _COMMITMENT_SIZE
_AAD = b"candour v1 visit"
COOKIE_LENGTH = -(-(_NONCE_SIZE + _PLAIN_SIZE + 16) * 4 // 3)


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
    """Reads and writes visits with the keys of one site."""

    def __init__(self, pepper: bytes) -> None:
        self._cookie = ChaCha20Poly1305(site_key(pepper, "visit cookie"))
        self._commitment_key = site_key(pepper, "codename commitment")

    def start(self, *, left: bool = False) -> Visit:
        """Return a new visit: of a browser that brought no cookie of ours, or that has just left."""
        return Visit(secrets.token_hex(_FORM_TOKEN_SIZE), left=left)

    def read(self, untrusted_cookie: str) -> Visit:
        """Return the visit in a cookie. Raises Malformed if this site did not seal it."""
        if len(untrusted_cookie) != COOKIE_LENGTH or not untrusted_cookie.isascii():
            raise Malformed("a visit cookie has one length")
        try:
            raw = base64.b64decode(untrusted_cookie + "=" * (-COOKIE_LENGTH % 4), altchars=b"-_", validate=True)
            plain = self._cookie.decrypt(raw[:_NONCE_SIZE], raw[_NONCE_SIZE:], _AAD)
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
        nonce = secrets.token_bytes(_NONCE_SIZE)
        sealed = nonce + self._cookie.encrypt(nonce, plain.ljust(_PLAIN_SIZE, b"\x00"), _AAD)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def commit(self, visit: Visit, codename: Codename) -> None:
        """Remember in the visit that this codename was shown."""
        visit.commitments = (*visit.commitments, self._commitment(codename))[-_COMMITMENTS:]

    def was_shown(self, visit: Visit, codename: Codename) -> bool:
        """Tell whether this codename was shown in this visit."""
        wanted = self._commitment(codename)
        return any(hmac.compare_digest(wanted, commitment) for commitment in visit.commitments)

    def _commitment(self, codename: Codename) -> bytes:
        words = codename.reveal().encode("ascii")
        return hmac.digest(self._commitment_key, words, sha256)[:_COMMITMENT_SIZE]


def _session(raw: bytes) -> SessionToken | None:
    if not any(raw):
        return None
    return SessionToken.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii"))
