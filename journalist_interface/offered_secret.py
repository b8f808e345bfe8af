"""A TOTP secret that somebody is asked to enrol: drawn, shown as a QR code, and proved with one code before it counts.

Until then it travels in the form, sealed under the key that only the person's cookie or link carries: nothing is stored
of it, nobody else can read it or choose one, and a mistake shows the same QR code again.
"""

import base64
import secrets
import time
from dataclasses import dataclass, field

from journalist_interface.errors import SetUpRefused
from keys.errors import SealBroken, SignInRefused
from keys.reviewer_key import TOTP_SECRET_BYTES
from keys.session_seal import SessionToken
from keys.totp import check_code
from serving.language import gettext as _

_PURPOSE = b"new authenticator"
_LONGEST_FIELD = 128  # characters


@dataclass(frozen=True)
class OfferedSecret:
    """A TOTP secret that does not count yet, and how it travels in the form."""

    totp_secret: bytes = field(repr=False)
    sealed: str = field(repr=False)

    def check(self, untrusted_code: str) -> int:
        """Return the step of the code that the new authenticator shows. Raises SetUpRefused if it does not fit."""
        try:
            return check_code(self.totp_secret, untrusted_code, time.time(), last_step=0)
        except SignInRefused as reason:
            raise SetUpRefused(
                _(
                    "The code of the new authenticator does not fit. Nothing was changed, and the QR code is the same. "
                    "Look whether that device's clock is right, wait for its next code, then try again."
                )
            ) from reason


def offer_secret(token: SessionToken) -> OfferedSecret:
    """Return a new secret for whoever has the cookie or link."""
    totp_secret = secrets.token_bytes(TOTP_SECRET_BYTES)
    return OfferedSecret(totp_secret, base64.b64encode(token.seal(totp_secret, _PURPOSE)).decode("ascii"))


def offered_before(token: SessionToken, untrusted_sealed: str) -> OfferedSecret:
    """Return the secret that came back in the form. Raises SetUpRefused if it was not offered to this token."""
    try:
        if len(untrusted_sealed) > _LONGEST_FIELD:
            raise SealBroken("longer than any sealed secret")
        raw = base64.b64decode(untrusted_sealed.encode("utf-8", "replace"), validate=True)
        return OfferedSecret(token.open(raw, _PURPOSE), untrusted_sealed)
    except (SealBroken, ValueError) as reason:
        raise SetUpRefused(
            _("This page was too old to be used. Nothing was changed. Scan the new QR code.")
        ) from reason
