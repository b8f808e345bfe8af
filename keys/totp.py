"""One-time codes (TOTP, RFC 6238): six digits, 30 seconds, SHA-1 as every authenticator has it; each code once.

One step back and one forward are taken, for clocks that differ. The caller stores the step that was used and hands it
back, so that a code read over a shoulder opens nothing a second time.
"""

import base64
import hmac

import pyotp

from keys.errors import SignInRefused

STEP_SECONDS = 30
DRIFT_STEPS = 1
ISSUER = "Candour desk"


def spoken_secret(totp_secret: bytes) -> str:
    """Return the secret in Base32, as authenticators take it."""
    return base64.b32encode(totp_secret).decode("ascii")


def enrolment_uri(totp_secret: bytes, username: str, issuer: str = ISSUER) -> str:
    """Return the otpauth:// address that an authenticator reads from a QR code; it shows `issuer` above the digits."""
    return pyotp.TOTP(spoken_secret(totp_secret)).provisioning_uri(name=username, issuer_name=issuer)


def check_code(totp_secret: bytes, code: str, now: float, last_step: int) -> int:
    """Return the step of a right code not used before. Raises SignInRefused otherwise. `now` is in Unix seconds."""
    typed = "".join(code.split()).encode("utf-8", "replace")
    generator = pyotp.TOTP(spoken_secret(totp_secret))
    current = int(now) // STEP_SECONDS
    matching = [
        step
        for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
        if hmac.compare_digest(generator.generate_otp(step).encode("ascii"), typed)
    ]
    unused = [step for step in matching if step > last_step]
    if not unused:
        raise SignInRefused("the one-time code is wrong or was used before")
    return unused[0]
