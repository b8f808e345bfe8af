"""Challenges that passkeys answer: random, each for one answer, for ten minutes, and for one purpose.

Nothing is kept of a challenge that was only shown: it carries its own proof, so that whoever loads the sign-in page a
million times pushes nobody's out. What is kept, until it would be over anyway, is which ones were answered.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable

from keys.errors import PasskeyRefused

SECONDS = 600
# For one purpose: whoever uses their own up leaves those of others. Every answer passes the throttle, which lets about
# one a second through: this is never reached by honest means.
MOST_USED = 1_000
SIGN_IN = b"sign-in"
_RANDOM = 16
_TIME = 8


class Challenges:
    """Draws challenges and takes each once. `clock` gives seconds. All end with the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, dict[bytes, int]] = {}  # by purpose
        self._lock = threading.Lock()

    def draw(self, purpose: bytes) -> bytes:
        """Return a new challenge, 56 bytes."""
        body = secrets.token_bytes(_RANDOM) + int(self._clock()).to_bytes(_TIME, "big")
        return body + self._proof(body, purpose)

    def use(self, untrusted: bytes, purpose: bytes) -> None:
        """Use a challenge up. Raises PasskeyRefused if it is not ours for this purpose, is over, or was used."""
        body = untrusted[: _RANDOM + _TIME]
        if not hmac.compare_digest(untrusted[_RANDOM + _TIME :], self._proof(body, purpose)):
            raise PasskeyRefused("this challenge is not one of ours")
        ends = int.from_bytes(body[_RANDOM:], "big") + SECONDS
        with self._lock:
            now = self._clock()
            if ends < now:
                raise PasskeyRefused("this challenge is over")
            self._forget_over(now)
            used = self._used.setdefault(purpose, {})
            if body in used or len(used) >= MOST_USED:
                raise PasskeyRefused("this challenge was answered before")
            used[body] = ends

    def _forget_over(self, now: float) -> None:
        left = {
            purpose: {each: end for each, end in used.items() if end >= now} for purpose, used in self._used.items()
        }
        self._used = {purpose: used for purpose, used in left.items() if used}

    def _proof(self, body: bytes, purpose: bytes) -> bytes:
        return hmac.digest(self._key, len(body).to_bytes(4, "big") + body + purpose, "sha256")
